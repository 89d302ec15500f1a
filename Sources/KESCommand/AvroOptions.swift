// How Avro is read and written: options of all four tools.

public import ArgumentParser
public import KESCore

extension AvroCodec: ExpressibleByArgument {}

/// What the command line says of a run's records, known before anything is read or touched.
public struct RecordPlan {
  /// The output's format; nil for that of the first input.
  public let output: RecordFormat?
  /// How inputs are written.
  let forms: InputForms
  fileprivate let registry: (any SchemaRegistry)?
  fileprivate let inputRegistry: (any SchemaRegistry)?
  fileprivate let schema: AvroSchema?
  fileprivate let wantsDetails: Bool
  fileprivate let unknownEvents: UnknownEventPolicy
  fileprivate let followsRecords: Bool
  fileprivate let refusalOfLines: String?
  fileprivate let knowsInputs: Bool
  fileprivate let readsTopic: Bool
  fileprivate let sessions: SessionFields
  fileprivate let shape: RecordShape?
  fileprivate let adapt: (AvroSchema) -> AvroSchema

  /// The format of the messages of a topic that is read.
  public var messageFormat: RecordFormat {
    registry != nil && forms.forced != .json ? .avro : .json
  }

  /// The setup of a run that writes `format`.
  public func setup(writing format: RecordFormat) -> RecordSetup {
    let formats = RecordFormats(
      wantsDetails: wantsDetails, output: format, schema: schema, unknownEvents: unknownEvents,
      messageRegistry: inputRegistry, followsRecords: followsRecords,
      refusalOfLines: refusalOfLines, knowsInputs: knowsInputs, readsTopic: readsTopic,
      reader: AvroOptions.toolName, sessions: sessions, shape: shape, adapt: adapt)
    return RecordSetup(formats: formats, registry: registry, messageFormat: messageFormat)
  }
}

/// What decoders and encoders of a run share, and where the schemas of messages are.
public struct RecordSetup {
  public let formats: RecordFormats
  let registry: (any SchemaRegistry)?
  /// The format of the messages of a topic that is read.
  public let messageFormat: RecordFormat
}

public struct AvroOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How the blocks of Avro output are compressed. (default: null to a pipe, deflate to a file)"))
  public var codec: AvroCodec?

  @Option(
    help: ArgumentHelp(
      "How large the blocks of Avro output become. (default: 64KiB)", valueName: "size"))
  public var blockSize: SizeArgument?

  @Option(
    help: ArgumentHelp(
      "Read Avro records as this schema, a file in JSON: aliases, defaults and promotions as of the"
        + " Avro specification; Avro output then holds its fields alone.", valueName: "path"),
    completion: .file(extensions: ["avsc"]))
  public var schema: String?

  @OptionGroup public var messages: RegistryOptions

  public init() {}

  private var blockBytes: Int { blockSize?.bytes ?? 64 << 10 }

  public mutating func validate() throws {
    if !(1...(64 << 20)).contains(blockBytes) {
      throw ValidationError("--block-size must be between 1 and 64MiB")
    }
  }

  /// The first option that only the output of container files needs.
  private var ofContainers: String? {
    codec != nil ? "--codec" : blockSize != nil ? "--block-size" : nil
  }

  /// Throws what is wrong where an option is given that only Avro needs, or only output of it, of
  /// messages, or of containers.
  ///
  /// - Parameters:
  ///   - output: the output's format; nil where the first input says.
  ///   - mayBeAvro: whether nothing says that the output is not Avro.
  public func requireUse(
    output: RecordFormat?, mayBeAvro: Bool, _ input: InputOptions, _ topics: TopicOptions
  ) throws {
    let isTopicOfLines = topics.from != nil && messages.registry == nil
    let readsLines = input.inputFormat == .json || isTopicOfLines
    let isAvro = output != .json && !(output == nil && readsLines)
    try messages.requireOutput(isAvro: mayBeAvro)
    // Of a topic the schema is looked at before.
    if schema != nil && input.inputFormat == .json && topics.from == nil && !isAvro {
      throw ValidationError(
        "--schema is for Avro, and what is read and written is JSON lines: leave it out")
    }
    guard let option = ofContainers, topics.to == nil else { return }
    if !isAvro { throw ValidationError("\(option) is for Avro output: say --format avro") }
    if messages.writesMessages {
      throw ValidationError("\(option) is for container files: messages are not compressed")
    }
  }

  /// What to say where the input turns out to be JSON lines, and an option of Avro has nothing to do.
  private func refusalOfLines(output: RecordFormat?, _ input: InputOptions) -> String? {
    if let option = ofContainers, output == nil {
      return "\(option) is for Avro output, and that of JSON lines is JSON lines: say --format avro"
    }
    if schema != nil && output != .avro && !mayBeAvro(oneOf: input.files) {
      return "--schema is for Avro, and what is read and written is JSON lines: leave it out"
    }
    return nil
  }

  /// Whether one of several inputs may be Avro where another is JSON lines.
  private func mayBeAvro(oneOf files: [String]) -> Bool {
    let forms = InputForms(forced: nil, hasRegistry: messages.readsMessages)
    return files.count > 1 && files.contains { forms.mayBeAvro($0) }
  }

  /// What the run's decoders and encoders will share.
  ///
  /// - Parameters:
  ///   - output: the format of the output; nil for that of the first input.
  ///   - topics: which ends are topics.
  ///   - sessions: how the fields of sessions are called.
  ///   - shape: that of records; nil for devices.
  ///   - knowsInputs: whether a state knows inputs by what they hold.
  ///   - adapt: what records of a schema are written as.
  /// To be called before anything is read or touched: a schema that holds no events ends the run.
  public func makePlan(
    wantsDetails: Bool, output: RecordFormat?, input: InputOptions, topics: TopicOptions,
    signals: Signals, messages notes: Messages, sessions: SessionFields = .usual,
    shape: RecordShape? = nil, knowsInputs: Bool = false,
    adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) throws(Failure) -> RecordPlan {
    if output == .avro && !sessions.isAvroName {
      throw .usage(
        "--session-field \(sessions.session): a name in Avro has letters, digits and _ alone, no digit"
          + " first; say --format json")
    }
    if shape != nil && (output == .avro || schema != nil || messages.readsMessages) {
      throw .usage("selectors are for records in JSON, and this run is one of Avro")
    }
    let schema = try readSchema(wantsDetails: wantsDetails, sessions)
    if let schema, !wantsDetails { try requireRoom(for: sessions, in: schema) }
    let registry = try messages.open(signals, notes)
    let inputRegistry = messages.readsMessages || topics.from != nil ? registry : nil
    return RecordPlan(
      output: sessions.isAvroName ? output : .json,
      forms: InputForms(forced: input.inputFormat, hasRegistry: inputRegistry != nil),
      registry: registry, inputRegistry: inputRegistry, schema: schema, wantsDetails: wantsDetails,
      unknownEvents: input.unknownEvents ?? .reject,
      followsRecords: messages.writesMessages || topics.to != nil,
      refusalOfLines: refusalOfLines(output: output, input), knowsInputs: knowsInputs,
      readsTopic: topics.from != nil, sessions: sessions, shape: shape, adapt: adapt)
  }

  /// This tool as the user called it, without the way to it.
  fileprivate static var toolName: String {
    let path = CommandLine.arguments.first ?? ""
    return String(path.split(separator: "/").last ?? "")
  }

  /// Reads the schema that is forced, if one is.
  private func readSchema(
    wantsDetails: Bool, _ sessions: SessionFields
  ) throws(Failure) -> AvroSchema? {
    guard let path = schema else { return nil }
    let length = Int64(AvroContainerHeader.greatestLength)
    let bytes = try fileHead(path, length: length)
    let schema: AvroSchema
    do throws(AvroSchemaError) {
      let text = bytes.dropFirst(ByteOrderMark.length(in: bytes.span))
      schema = try AvroSchema(
        parsing: String(decoding: text, as: UTF8.self), names: .specification)
    } catch {
      throw Failure(.badData, .input, place: Place(path), error.description, cause: .schema)
    }
    if let reason = schema.reasonAgainstEvents(wantsDetails: wantsDetails, sessions) {
      throw Failure(
        .badData, .input, place: Place(path), "the schema holds no events, at \(reason)",
        cause: .schema)
    }
    return schema
  }

  /// Refuses a schema whose events cannot get sessions.
  private func requireRoom(
    for sessions: SessionFields, in schema: AvroSchema
  ) throws(Failure) {
    guard let refusal = sessions.refusal(of: schema) else { return }
    throw Failure(.badData, .input, place: Place(self.schema ?? ""), refusal, cause: .schema)
  }

  // MARK: Outputs

  /// Gives an output its form; where an earlier run wrote to it, that of what it holds.
  ///
  /// - Parameters:
  ///   - isFile: whether a file is named for it.
  ///   - isText: whether what is written becomes text for people.
  ///   - isMain: whether `--subject` speaks of it.
  ///   - base: the schema of the records of which the output's schema was made; nil where it cannot
  ///     have been written by this command.
  ///   - form: the schema of session events over that of the records: records of schemas of which
  ///     it makes the same are the same.
  public func makeOutput(
    _ stream: OutputStream, _ setup: RecordSetup, isFile: Bool, isText: Bool = false,
    isMain: Bool = true, base: (AvroSchema) -> AvroSchema? = { $0 },
    form: (AvroSchema) -> AvroSchema? = { $0 }
  ) throws(Failure) -> FormatOutput {
    let written = try WrittenForm(of: stream)
    let formats = setup.formats
    if let written { try require(written, stream, formats, isText: isText) }
    if formats.output == .json { return FormatOutput(stream, formats: formats) }
    let writer: any AvroWriter
    if writesMessages(formats), let registry = setup.registry {
      writer = try makeFrames(written, registry, formats, isMain: isMain, base, form)
    } else {
      writer = try makeContainer(written, stream, formats, isFile: isFile, base, form)
    }
    return FormatOutput(stream, formats: formats, writer: writer)
  }

  private func writesMessages(_ formats: RecordFormats) -> Bool {
    messages.writesMessages && formats.output == .avro
  }

  /// Refuses to write on in another form.
  private func require(
    _ written: WrittenForm, _ stream: OutputStream, _ formats: RecordFormats, isText: Bool
  ) throws(Failure) {
    let fits =
      switch written {
      case .text: isText
      case .json: !isText && formats.output != .avro
      case .container: formats.output != .json && !writesMessages(formats)
      case .messages: writesMessages(formats)
      }
    if !fits {
      throw .usage(
        "\(stream.name) holds \(written.name), written by an earlier run; name another output, or"
          + " say \(written.options(asksForMessages: writesMessages(formats)))")
    }
  }

  private func makeContainer(
    _ written: WrittenForm?, _ stream: OutputStream, _ formats: RecordFormats, isFile: Bool,
    _ base: (AvroSchema) -> AvroSchema?, _ form: (AvroSchema) -> AvroSchema?
  ) throws(Failure) -> AvroContainerWriter {
    guard case .container(let header) = written else {
      return AvroContainerWriter(
        codec: codec ?? (isFile ? .deflate : .null), blockSize: blockBytes)
    }
    let schema = try? AvroSchema(parsing: header.schemaText)
    let target = formats.outputTarget(isContainer: true)
    guard let schema, AvroOptions.goesOn(with: schema, target, base, form) else {
      throw .outputChanged(
        name: stream.name,
        explanation: "was written by an earlier run with another schema or other options; name"
          + " another output")
    }
    let writer = AvroContainerWriter(
      codec: AvroCodec(rawValue: header.codecName) ?? codec ?? .null, blockSize: blockBytes)
    writer.resume(header, schema)
    return writer
  }

  /// Every message names its schema: where those of the run are others, that does no harm.
  private func makeFrames(
    _ written: WrittenForm?, _ registry: any SchemaRegistry, _ formats: RecordFormats,
    isMain: Bool, _ base: (AvroSchema) -> AvroSchema?, _ form: (AvroSchema) -> AvroSchema?
  ) throws(Failure) -> ConfluentFrameWriter {
    let writer = messages.makeWriter(registry, formats, isMain: isMain)
    guard case .messages(let identifier) = written else { return writer }
    let text = try registry.schema(identifier)
    guard let schema = try? AvroSchema(parsing: text) else { return writer }
    let target = formats.target
    let goesOn =
      target.followsRecords
      ? base(schema) != nil : AvroOptions.goesOn(with: schema, target, base, form)
    if goesOn { writer.resume(identifier, schema) }
    return writer
  }

  /// Makes `schema`, of an output that an earlier run wrote, this run's; false where that cannot be.
  private static func goesOn(
    with schema: AvroSchema, _ target: AvroTarget, _ base: (AvroSchema) -> AvroSchema?,
    _ form: (AvroSchema) -> AvroSchema?
  ) -> Bool {
    guard let records = base(schema) else { return false }
    target.fix(records)
    guard let target = target.schema, let own = form(target), let other = form(records)
    else { return false }
    return own.isSame(as: other)
  }
}
