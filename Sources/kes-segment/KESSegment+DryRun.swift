// kes-segment --dry-run.

import KESCommand
import KESCore

extension KESSegment {
  /// Shows on the standard output how the first `count` records are understood.
  func showRecords(
    _ count: Int64, _ signals: Signals, _ messages: Messages
  ) throws(ToolFailure) -> ToolEnding {
    let setup = try format.avro.makeSetup(wantsDetails: false, output: .json, signals: signals)
    let greatestCount = min(count, input.count ?? .max)
    let intake = Intake(
      input: InputSequence(paths: input.files, signals: signals),
      decoder: setup.formats.makeDecoder(
        input: input.inputFormat, greatestRecord: input.maxRecord.bytes),
      policy: input.policy, greatestCount: greatestCount, signals: signals,
      onRejection: { messages.note("\($0); skipped") })
    let style = TextStyle(isColored: report.color.isColored(isFile: false))
    var pipeline = ReadPipeline(
      intake: intake, filter: RecordFilter(), encoder: RecordTextEncoder(style: style),
      output: .standard(), signals: signals,
      reporter: StatisticsPrinter(options: report, files: [], messages: messages))
    let ending = try piping { () throws(PipelineError) in try pipeline.run() }
    return ToolEnding(ending, skippedCount: pipeline.skippedCount)
  }
}
