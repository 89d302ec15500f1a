// kes-segment --dry-run.

import KESCommand
import KESCore

extension KESSegment {
  /// Shows on the standard output how the first `count` records are understood.
  func showRecords(
    _ count: Int64, _ signals: Signals, _ messages: Messages
  ) throws(ToolFailure) -> ToolEnding {
    let setup = try format.avro.makeSetup(
      wantsDetails: false, output: .json, input: input, topics: topics, signals: signals,
      messages: messages, sessions: fields)
    let greatestCount = min(count, input.count ?? .max)
    let onRejection: (BadRecord) -> Void = { messages.note("\($0); skipped") }
    let ends = try TopicEnds(topics, input, report, signals, messages)
    let output = OutputStream.standard()
    output.watchReader()
    var topic = try ends?.makeSource(
      setup, input, deadLetters: nil, greatestCount: greatestCount, output: output,
      onRejection: onRejection, ahead: clocks.watch(messages))
    if let source = topic.take() { return try show(source, output, signals, messages) }
    let intake = Intake(
      input: InputSequence(paths: input.files, signals: signals),
      decoder: setup.formats.makeDecoder(
        input: input.inputFormat, greatestRecord: input.maxRecord.bytes),
      policy: input.policy, greatestCount: greatestCount, signals: signals,
      onRejection: onRejection, ahead: clocks.watch(messages))
    return try show(intake, output, signals, messages)
  }

  private func show<Source: RecordSource & ~Copyable>(
    _ source: consuming Source, _ output: OutputStream, _ signals: Signals, _ messages: Messages
  ) throws(ToolFailure) -> ToolEnding {
    let style = TextStyle(isColored: report.color.isColored(isFile: false))
    var pipeline = ReadPipeline(
      source: source, filter: RecordFilter(), encoder: RecordTextEncoder(style: style),
      output: output, signals: signals,
      reporter: StatisticsPrinter(options: report, files: [], messages: messages))
    let ending = try piping { () throws(PipelineError) in try pipeline.run() }
    return ToolEnding(ending, skippedCount: pipeline.skippedCount)
  }
}
