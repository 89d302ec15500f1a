// kes-segment --dry-run.

import KESCommand
import KESCore

extension KESSegment {
  /// Shows on the standard output how the first `count` records are understood.
  func showRecords(
    _ count: Int64, _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> ToolEnding {
    let setup = try format.avro.makePlan(
      wantsDetails: false, output: .json, input: input, topics: topics, signals: signals,
      messages: messages, sessions: fields, shape: try recordShape(messages)
    ).setup(writing: .json)
    let greatestCount = min(count, input.count ?? .max)
    let onRejection: (BadRecord) -> Void = { messages.note("\($0); skipped") }
    let ends = try TopicEnds(topics, input, report, signals, messages)
    let output = OutputStream.standard()
    output.watchReader()
    let source = try input.makeSource(
      InputSequence(paths: input.files, signals: signals), ends, setup,
      greatestCount: greatestCount, output: output, signals: signals,
      onRejection: onRejection, ahead: clocks.watch(messages))
    let style = TextStyle(isColored: report.color.isColored(isFile: false))
    let reporter = StatisticsPrinter(options: report, files: [], messages: messages)
    let pipeline = ReadPipeline(
      RunLoop(source: source, signals: signals, reporter: reporter), filter: RecordFilter(),
      encoder: RecordTextEncoder(style: style), output: output, signals: signals)
    let ending = try pipeline.run()
    return ToolEnding(ending, skippedCount: pipeline.skippedCount)
  }
}

/// Writes a heading and a row a record: its position, key, time and role, as the segmenter sees them.
private struct RecordTextEncoder: RecordEncoder {
  private enum Width {
    static let position = 10
    static let key = 24
    static let time = 26
  }

  private let style: TextStyle

  init(style: TextStyle) { self.style = style }

  mutating func begin(_ output: inout ByteBlock) {
    style.begin(.heading, &output)
    append("POSITION", Width.position, &output)
    append("KEY", Width.key, &output)
    append("TIME", Width.time, &output)
    output.append("ROLE")
    style.end(.heading, &output)
    output.append(UInt8(ascii: "\n"))
  }

  mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    for index in 0..<batch.records.count {
      let record = batch.records[index]
      append("\(record.position)", Width.position, &output)
      let key = batch.withKeyText(record) { TerminalText.shown($0, isUTF8: true) }
      append(key, Width.key, &output)
      append(record.time.internetText, Width.time, &output)
      output.append(record.role.name)
      output.append(UInt8(ascii: "\n"))
    }
  }

  /// A value at the left of its column; what is wider pushes the rest to the right.
  private func append(_ text: String, _ width: Int, _ output: inout ByteBlock) {
    output.append(text: TerminalText.padded(text, columns: width - 1) + " ")
  }
}
