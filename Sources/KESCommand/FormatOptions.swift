// The format of what the record-writing tools write.

public import ArgumentParser
public import KESCore

/// The formats that records are written in.
public enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  case json, avro, text
}

/// `--format`, for the tools that write records; kes-read has more to choose from.
public struct FormatOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to write: json lines or avro for the next program, or text for people. (default: what the"
        + " name of --output says, else as the first input is written, or messages where they are"
        + " asked for; json to a terminal)"))
  public var format: OutputFormat?

  @OptionGroup public var avro: AvroOptions

  public init() {}

  /// What `--format` says, or else the name of the output; nil where neither does.
  private func asked(_ output: OutputOptions) -> OutputFormat? {
    format ?? output.namedFormat.map { $0 == .avro ? .avro : .json }
  }

  /// Throws what does not go together (see `TopicOptions.check`).
  ///
  /// - Parameter usual: the format where none is asked for; nil for that of the input.
  public func check(
    _ topics: TopicOptions, _ input: InputOptions, _ output: OutputOptions,
    usual: RecordFormat? = nil, isUsed: Bool = false, application: SegmentApplication? = nil
  ) throws {
    try requireFormat(of: output)
    if topics.to != nil && format == .text {
      throw ValidationError("--format text is for people: a topic takes json or avro")
    }
    let isAvroRefused = asked(output).map { $0 != .avro } ?? false
    try avro.requireUse(
      output: writtenFormat(topics, output, usual: usual),
      mayBeAvro: !isAvroRefused || isFramed, input, topics)
    try topics.check(
      input, output, avro, isAvroAsked: format == .avro, isUsed: isUsed, application: application)
  }

  /// Refuses an output whose name says CSV: records would be written to it in another format.
  private func requireFormat(of output: OutputOptions) throws {
    guard format == nil, !isFramed, output.nameExtension == "csv", let path = output.output else {
      return
    }
    throw ValidationError(
      "\(path) would be CSV by its name, which only kes-read writes: pipe into kes-read --output"
        + " \(ShellWord.quoted(path)), or say --format json, avro or text")
  }

  /// Whether an option asks for messages, whatever the output is called.
  private var isFramed: Bool { format == nil && avro.messages.outputFraming == .confluent }

  /// What records are written as; nil where the first input says. Text is made of JSON.
  private func writtenFormat(
    _ topics: TopicOptions, _ output: OutputOptions, usual: RecordFormat?
  ) -> RecordFormat? {
    switch isFramed ? .avro : asked(output) {
    case .avro: return .avro
    case .json, .text: return .json
    case nil:
      if output.goesToTerminal(topics) { return .json }
      return topics.messageFormat(avro.messages) ?? (avro.messages.writesMessages ? .avro : usual)
    }
  }

  /// What the run's decoders and encoders will share.
  ///
  /// - Parameters:
  ///   - usual: the format where none is asked for; nil for that of the input.
  ///   - topics: which ends are topics.
  ///   - sessions: how the fields of sessions are called.
  ///   - shape: that of records; nil for devices.
  ///   - knowsInputs: whether a state knows inputs by what they hold.
  ///   - adapt: what records of a schema are written as.
  public func makePlan(
    wantsDetails: Bool, usual: RecordFormat? = nil, input: InputOptions, output: OutputOptions,
    topics: TopicOptions, signals: Signals, messages: Messages, sessions: SessionFields,
    shape: RecordShape? = nil, knowsInputs: Bool = false,
    adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) throws(Failure) -> RecordPlan {
    let asksForAvro = format == .avro || avro.messages.outputFraming == .confluent
    if asksForAvro && output.goesToTerminal(topics) { throw .avroToTerminal }
    return try avro.makePlan(
      wantsDetails: wantsDetails, output: writtenFormat(topics, output, usual: usual),
      input: input, topics: topics, signals: signals, messages: messages, sessions: sessions,
      shape: shape, knowsInputs: knowsInputs, adapt: adapt)
  }

  /// Opens the output of records: the topic of `--to`, or what `opener` opens. Its format is what `plan`
  /// says, else that of what it holds, else what `find` finds, else JSON.
  public func openOutput(
    _ opener: OutputOpener, _ ends: TopicEnds?, _ plan: RecordPlan, color: ColorChoice,
    isFile: Bool, base: (AvroSchema) -> AvroSchema? = { $0 },
    form: (AvroSchema) -> AvroSchema? = { $0 },
    else find: () throws(Failure) -> RecordFormat? = { nil }
  ) throws(Failure) -> (output: FormatOutput, setup: RecordSetup) {
    // Of a topic the command line says it.
    let toTopic = plan.setup(writing: plan.output ?? .json)
    if let topic = try ends?.openOutput(toTopic, avro.messages) { return (topic, toTopic) }
    let stream = try opener.openOutput()
    var format = plan.output
    if format == nil { format = try WrittenForm(of: stream)?.format }
    if format == nil { format = try find() }
    let setup = plan.setup(writing: format ?? .json)
    let output = try makeOutput(
      stream, setup, color: color, isFile: isFile, base: base, form: form)
    return (output, setup)
  }

  /// Gives an output of records its form (see `AvroOptions.makeOutput`).
  private func makeOutput(
    _ stream: OutputStream, _ setup: RecordSetup, color: ColorChoice, isFile: Bool,
    base: (AvroSchema) -> AvroSchema?, form: (AvroSchema) -> AvroSchema?
  ) throws(Failure) -> FormatOutput {
    let isText = format == .text
    let output = try avro.makeOutput(
      stream, setup, isFile: isFile, isText: isText, base: base, form: form)
    if isText {
      stream.framing = TextRewriter(
        style: TextStyle(isColored: color.isColored(isFile: isFile)),
        sessions: setup.formats.sessions, shape: setup.formats.shape)
    }
    return output
  }
}

extension Failure {
  /// Avro would go to a terminal.
  public static var avroToTerminal: Failure {
    .usage("Avro is not for terminals: name an --output, or say --format json or text")
  }
}
