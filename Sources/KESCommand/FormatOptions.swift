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
      "How to write: json lines or avro for the next program, or text for people. (default: as the"
        + " first input is written, or messages where they are asked for; json to a terminal)"))
  public var format: OutputFormat?

  @OptionGroup public var avro: AvroOptions

  public init() {}

  public mutating func validate() throws {
    try avro.requireAvro(format == nil || format == .avro)
  }

  /// Throws what does not go together (see `TopicOptions.check`).
  public func check(
    _ topics: TopicOptions, _ input: InputOptions, _ output: OutputOptions, isUsed: Bool = false,
    application: SegmentApplication? = nil
  ) throws {
    if topics.to != nil && format == .text {
      throw ValidationError("--format text is for people: a topic takes json or avro")
    }
    try topics.check(
      input, output, avro, isAvroAsked: format == .avro, isUsed: isUsed, application: application)
  }

  /// What the run's decoders and encoders share.
  ///
  /// - Parameters:
  ///   - usual: the format where none is asked for; nil for that of the input.
  ///   - isFile: whether the output goes to a named file.
  ///   - topics: which ends are topics.
  ///   - sessions: how the fields of sessions are called.
  ///   - adapt: what records of a schema are written as.
  public func makeSetup(
    wantsDetails: Bool, usual: RecordFormat? = nil, isFile: Bool, input: InputOptions,
    topics: TopicOptions, signals: Signals, messages: Messages, sessions: SessionFields,
    adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) throws(ToolFailure) -> RecordSetup {
    let isTerminal = !isFile && topics.to == nil && isStandardOutputTerminal
    let asksForAvro = format == .avro || avro.messages.outputFraming == .confluent
    if asksForAvro && isTerminal { throw .avroToTerminal }
    let output: RecordFormat? =
      switch format {
      case .avro: .avro
      case .json, .text: .json
      case nil:
        isTerminal
          ? .json
          : topics.messageFormat(avro.messages) ?? (avro.messages.writesMessages ? .avro : usual)
      }
    return try avro.makeSetup(
      wantsDetails: wantsDetails, output: output, input: input, topics: topics,
      signals: signals, messages: messages, sessions: sessions, adapt: adapt)
  }

  /// Opens the output of records: the topic of `--to`, or what `opener` opens.
  public func openOutput(
    _ opener: OutputOpener, _ ends: TopicEnds?, _ setup: RecordSetup, color: ColorChoice,
    isFile: Bool, base: (AvroSchema) -> AvroSchema? = { $0 },
    form: (AvroSchema) -> AvroSchema? = { $0 }
  ) throws(ToolFailure) -> FormatOutput {
    if let topic = try ends?.openOutput(setup, avro.messages) { return topic }
    return try makeOutput(
      try opener.openOutput(), setup, color: color, isFile: isFile, base: base, form: form)
  }

  /// Gives an output of records its format (see `AvroOptions.makeOutput`).
  public func makeOutput(
    _ stream: OutputStream, _ setup: RecordSetup, color: ColorChoice, isFile: Bool,
    base: (AvroSchema) -> AvroSchema? = { $0 }, form: (AvroSchema) -> AvroSchema? = { $0 }
  ) throws(ToolFailure) -> FormatOutput {
    let isText = format == .text
    let output = try avro.makeOutput(
      stream, setup, isFile: isFile, isText: isText, base: base, form: form)
    if isText {
      stream.framing = TextRewriter(
        style: TextStyle(isColored: color.isColored(isFile: isFile)),
        sessions: setup.formats.sessions)
    }
    return output
  }
}

extension ToolFailure {
  /// Avro would go to a terminal.
  public static var avroToTerminal: ToolFailure {
    .usage("Avro is not for terminals: name an --output, or say --format json or text")
  }
}
