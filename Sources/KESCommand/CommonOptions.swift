// The options that all four tools share: one name and one meaning in each (cli.md, section 3).

public import ArgumentParser
public import KESCore

/// When to use colours.
public enum ColorChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, always, never
}

extension RecordFormat: ExpressibleByArgument {}
extension BadRecordPolicy: ExpressibleByArgument {}
extension UnknownEventPolicy: ExpressibleByArgument {}
extension DuplicatePolicy: ExpressibleByArgument {}
extension Emission: ExpressibleByArgument {}
extension ProcessingGuarantee: ExpressibleByArgument {}

/// Reading: files, or the standard input.
public struct InputOptions: ParsableArguments {
  @Argument(
    help: "Files to read, one after another; - is the standard input, and so is no file.",
    completion: .file())
  public var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "How the input is written: json lines, or avro (container files, or as --framing says). Found"
        + " from the first bytes of each where not given."))
  public var inputFormat: RecordFormat?

  @Option(
    name: [.customShort("c", allowingJoined: true), .long],
    help: ArgumentHelp("Stop after so many records.", valueName: "n"))
  public var count: Int64?

  @Option(
    help: ArgumentHelp(
      "What to do with a record that cannot be decoded: end with status 65, or skip it."
        + " (default: fail; skip with --dead-letter)"))
  public var onError: BadRecordPolicy?

  @Option(
    help: ArgumentHelp(
      "Write records that cannot be decoded to this file, a line each: position, reason and the"
        + " record's bytes, with tabs between them; those of Avro records in hexadecimal. Or send"
        + " them to topic:NAME, byte for byte, with reason and position in headers.",
      valueName: "path|topic:name"),
    completion: .file())
  public var deadLetter: String?

  @Option(
    help: ArgumentHelp(
      "What to do with an event that is none of ours, as of another branch of the union: take it as"
        + " a record that cannot be decoded, or pass over it, counted as filtered."
        + " (default: reject)"))
  public var unknownEvents: UnknownEventPolicy?

  @Option(help: ArgumentHelp("The longest record that is read.", valueName: "size"))
  public var maxRecord = SizeArgument(bytes: 16 << 20)

  public init() {}

  public mutating func validate() throws {
    if deadLetterTopic == "" { throw ValidationError("--dead-letter topic: needs a name") }
    if let count, count < 1 { throw ValidationError("--count must be at least 1") }
    if maxRecord.bytes < 1 || maxRecord.bytes > 1 << 30 {
      throw ValidationError("--max-record must be between 1 and 1GiB")
    }
  }

  /// What `--dead-letter` names, where that is a file, and where it is a topic.
  public var deadLetterPath: String? { deadLetterTopic == nil ? deadLetter : nil }
  public var deadLetterTopic: String? {
    guard let deadLetter, deadLetter.hasPrefix(InputOptions.topicPrefix) else { return nil }
    return String(deadLetter.dropFirst(InputOptions.topicPrefix.count))
  }
  private static let topicPrefix = "topic:"

  /// The inputs: `-` for the standard input where no file is named.
  public var names: [String] { files.isEmpty ? ["-"] : files }

  /// What is done with a bad record.
  public var policy: BadRecordPolicy { onError ?? (deadLetter == nil ? .fail : .skip) }
}

/// Devices whose clocks are wrong.
public struct ClockOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Reject events that are further ahead of the wall clock than this, as records that cannot be"
        + " decoded are: they do not move stream time. (default: none; the first that is more than a"
        + " day ahead is told of)",
      valueName: "duration"))
  public var maxAhead: DurationArgument?

  public init() {}

  /// What watches a run's events.
  public func watch(_ messages: Messages) -> AheadWatch {
    AheadWatch(greatest: maxAhead.map { UInt64($0.milliseconds) }) { messages.note($0) }
  }
}

/// Telling how a run goes.
public struct ReportOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  public var quiet = false

  @Flag(name: [.short, .long], help: "Say more on the standard error.")
  public var verbose = false

  @Option(
    help: ArgumentHelp(
      "Write figures to the standard error as one JSON object a line, every so many seconds"
        + " (--stats alone: 5) and at the end.", valueName: "seconds"))
  public var stats: Double?

  @Flag(
    help: ArgumentHelp(
      "Show a progress bar. Shown anyway where the standard error is a terminal and the input a"
        + " file."))
  public var progress = false

  @Option(help: "Use colours.")
  public var color: ColorChoice = .auto

  public init() {}

  public mutating func validate() throws {
    if let stats, !(stats > 0 && stats < 1e9) {
      throw ValidationError("--stats takes a number of seconds greater than 0")
    }
  }
}

/// Writing records.
public struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write to this file instead of the standard output. Its name says how, unless --format does:"
        + " *.avro, *.json or *.jsonl.", valueName: "path"),
    completion: .file())
  public var output: String?

  @Flag(
    name: [.short, .long],
    help: "Write after every batch. Rarely needed: what is written never waits for input.")
  public var unbuffered = false

  public init() {}

  /// What stands behind the last dot of the output's name, in lower case; nil where there is none.
  public var nameExtension: String? {
    guard let name = output?.split(separator: "/").last, let dot = name.lastIndex(of: ".") else {
      return nil
    }
    return name[dot...].dropFirst().lowercased()
  }

  /// The format that the output's name says.
  public var namedFormat: RecordFormat? {
    switch nameExtension {
    case "avro": .avro
    case "json", "jsonl": .json
    default: nil
    }
  }

  /// Whether records are shown on a terminal.
  public func goesToTerminal(_ topics: TopicOptions) -> Bool {
    output == nil && topics.to == nil && isStandardOutputTerminal
  }
}

extension InputOptions {
  /// The format of what is read first: of the topic's messages, or of the first file or pipe that holds
  /// anything (see `FirstLook`). Nil where nothing says it.
  public func firstFormat(
    of inputs: inout InputSequence, _ plan: RecordPlan, _ ends: TopicEnds?, signals: Signals,
    reporter: any StatisticsReporter, waitsForRest: Bool = false, patience: Int64? = nil,
    statistics: () throws(Failure) -> Statistics = { Statistics() }
  ) throws(Failure) -> RecordFormat? {
    if ends?.isSource ?? false { return plan.messageFormat }
    if let inputFormat { return inputFormat }
    return try FirstLook(plan.forms, signals: signals, reporter: reporter).format(
      of: &inputs, waitsForRest: waitsForRest, patience: patience, statistics: statistics)
  }

  /// The source of a run that keeps no state.
  ///
  /// - Parameters:
  ///   - inputs: the files and pipes, where no topic is read.
  ///   - ends: which ends are topics; nil where none is.
  ///   - greatestCount: how many records to read at most.
  ///   - output: what must be written before a topic's offsets are committed.
  public func makeSource(
    _ inputs: consuming InputSequence, _ ends: TopicEnds?, _ setup: RecordSetup,
    deadLetters: (any DeadLetters)? = nil, greatestCount: Int64 = .max, output: OutputStream,
    signals: Signals, onRejection: ((BadRecord) -> Void)?, ahead: AheadWatch? = nil
  ) throws(Failure) -> any RecordSource {
    let topic = try ends?.makeSource(
      setup, self, deadLetters: deadLetters, greatestCount: greatestCount, output: output,
      onRejection: onRejection, ahead: ahead)
    if let topic { return topic }
    return Intake(
      input: inputs,
      decoder: setup.formats.makeDecoder(input: inputFormat, greatestRecord: maxRecord.bytes),
      policy: policy, deadLetters: deadLetters, greatestCount: greatestCount, signals: signals,
      onRejection: onRejection, ahead: ahead)
  }
}
