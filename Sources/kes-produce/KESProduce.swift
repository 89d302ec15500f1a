// kes-produce: events from simulated devices, or from a recording.

import ArgumentParser
import KESCommand
import KESCore

@main
struct KESProduce: Tool {
  static let toolName = "kes-produce"

  static let configuration = CommandConfiguration(
    commandName: toolName,
    abstract: "Drive the other tools: simulate devices, or send recorded events again.",
    discussion: """
      Simulated devices wake up, send data about once a second and fall asleep, until stopped or \
      until --events, --sessions or --for says so:

        kes-produce --devices 100 --rate 50 --for 1m | kes-segment | kes-read

      --full-speed writes as fast as the reader takes it, with the same event times. Events can be \
      lost, repeated and delayed on their way:

        kes-produce --full-speed --events 100000 --loss 0.01 --delay 0.1:2s > lossy.jsonl

      --format avro writes an Avro container file instead of JSON lines.

      A seed and a start time fix the output byte for byte. What devices send does not depend on \
      the faults.

      --replay sends events or session events as they were recorded, at the pace of their times:

        kes-produce --replay --speed 10x --shift-to now events.jsonl

      --to writes to a topic, and --replay --from sends again what is in one:

        kes-produce -b localhost:9092 --to events
        kes-produce --replay --speed max -b localhost:9092 --from events --exit --to copies
      """,
    version: version)

  @OptionGroup(title: "Simulation") var simulation: SimulationOptions
  @OptionGroup(title: "Faults") var faults: FaultOptions
  @OptionGroup(title: "Replay") var replay: ReplayOptions
  @OptionGroup(title: "Input of --replay") var input: InputOptions
  @OptionGroup(title: "Input of --replay") var sessionFields: SessionFieldOptions
  @OptionGroup(title: "Kafka") var topics: TopicOptions
  @OptionGroup(title: "Output") var format: FormatOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Reports") var report: ReportOptions

  static let example = "kes-produce --replay --speed 10x events.jsonl | kes-segment"
  var readsUnasked: Bool { replay.replay && input.files.isEmpty && topics.from == nil }

  var times: [TimeArgument?] { [simulation.startTime, replay.shiftTo?.time] }

  static func main() { start() }

  mutating func validate() throws {
    try format.check(topics, input, output, usual: usualFormat)
    if replay.replay {
      if simulation.fullSpeed {
        throw ValidationError("--replay takes --speed max instead of --full-speed")
      }
      if let option = (simulation.given + faults.given).first {
        throw ValidationError("\(option) is for simulated devices, so not for --replay")
      }
    } else if simulation.fullSpeed && replay.speed != nil {
      throw ValidationError("--speed is for --replay; --full-speed says it all")
    } else if let option = (replay.given + givenInput).first {
      throw ValidationError("\(option) is for --replay, which is not given")
    }
  }

  /// What is written where nothing says it; nil for what is read.
  private var usualFormat: RecordFormat? { replay.replay ? nil : .json }

  /// What was given that only input needs.
  private var givenInput: [String] {
    input.files
      + [
        ("--input-format", input.inputFormat != nil), ("--on-error", input.onError != nil),
        ("--dead-letter", input.deadLetter != nil), ("--from", topics.from != nil),
        ("--unknown-events", input.unknownEvents != nil),
        ("--schema", format.avro.schema != nil),
      ].filter(\.1).map(\.0) + sessionFields.given
  }

  func work(_ messages: Messages) throws(Failure) -> ToolEnding {
    let signals = Signals()
    let opener = try OutputOpener(
      output: output.output, others: [input.deadLetterPath], topics: topics,
      apartFrom: replay.replay ? input.names : [])
    let isFile = output.output != nil
    let isShifted = replay.shiftTo != nil
    let plan = try format.makePlan(
      wantsDetails: true, usual: usualFormat, input: input, output: output, topics: topics,
      signals: signals, messages: messages, sessions: sessionFields.fields()
    ) { isShifted ? $0.withLongTimes() : $0 }
    let ends = try TopicEnds(topics, input, report, signals, messages)
    let reporter = StatisticsPrinter(
      options: report, files: replay.replay ? input.files : [],
      writesToTerminal: replay.replay && output.goesToTerminal(topics), messages: messages)
    var inputs = InputSequence(paths: input.files, signals: signals)
    let deadLetters = try opener.openDeadLetters(input, ends)
    let (destination, setup) = try format.openOutput(
      opener, ends, plan, color: report.color, isFile: isFile,
      else: { () throws(Failure) in
        try input.firstFormat(of: &inputs, plan, ends, signals: signals, reporter: reporter)
      })
    if replay.replay {
      return try replay(
        inputs, to: destination, setup, ends, deadLetters, signals, reporter, messages)
    }
    let records = destination.records
    if let avro = destination.avro {
      return try simulate(
        to: destination, AvroEventEncoder(avro, records: records), signals, reporter, messages)
    }
    return try simulate(
      to: destination, JSONLinesEventEncoder(records: records), signals, reporter, messages)
  }

  private func simulate(
    to destination: FormatOutput, _ encoder: some EventEncoder, _ signals: Signals,
    _ reporter: StatisticsPrinter, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let seed = simulation.seed ?? .random(in: .min ... .max)
    let start = simulation.startTime?.milliseconds ?? Clock.real.wall()
    if report.verbose { messages.note("--seed \(seed) --start-time \(start) give this run again") }
    let source = SimulationSource(
      simulation.settings, faults: faults.faults, seed: seed,
      start: EventTime(milliseconds: start), greatestCount: input.count ?? .max)
    let run = SimulationRun(
      source: source, encoder: encoder, output: destination.stream,
      options: SendingOptions(isPaced: !simulation.fullSpeed, isUnbuffered: output.unbuffered),
      signals: signals, pace: Pace(signals: signals), reporter: reporter)
    return ToolEnding(try run.run())
  }

  private func replay(
    _ inputs: consuming InputSequence, to destination: FormatOutput, _ setup: RecordSetup,
    _ ends: TopicEnds?, _ deadLetters: (any DeadLetters)?, _ signals: Signals,
    _ reporter: StatisticsPrinter, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let onRejection: ((BadRecord) -> Void)? =
      report.verbose ? { messages.note("\($0); skipped") } : nil
    let source = try input.makeSource(
      inputs, ends, setup, deadLetters: deadLetters, greatestCount: input.count ?? .max,
      output: destination.stream, signals: signals, onRejection: onRejection)
    let run = ReplayRun(
      source: source, output: destination, settings: replay.settings,
      isUnbuffered: output.unbuffered, signals: signals, pace: Pace(signals: signals),
      reporter: reporter)
    let ending = try run.run()
    return ToolEnding(ending, skippedCount: source.skippedCount)
  }
}
