// Where records that could not be decoded go, with their reason and position.

/// A file of dead letters: one line each, three columns with tabs between them: the position
/// (`events.jsonl:1204`), the reason, and the record's bytes as they were. So `cut -f 3-` gives the
/// records back.
public final class DeadLetters {
  private let output: OutputStream
  /// Whether the record written last goes on.
  private var isInsideRecord = false

  public init(output: OutputStream) { self.output = output }

  /// Appends a rejected record of `batch`, or a part of one.
  public func append(
    _ rejection: Rejection, of batch: borrowing Batch, position: String, reason: String
  ) {
    if rejection.part == .whole || rejection.part == .first {
      endRecord()
      output.buffer.append(text: DeadLetters.withoutTabs(position))
      output.buffer.append(UInt8(ascii: "\t"))
      output.buffer.append(text: DeadLetters.withoutTabs(reason))
      output.buffer.append(UInt8(ascii: "\t"))
    }
    output.buffer.append(batch.bytes, Int(rejection.offset), Int(rejection.length))
    isInsideRecord = true
    if rejection.part == .whole || rejection.part == .last { endRecord() }
  }

  private static func withoutTabs(_ text: String) -> String {
    String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
  }

  private func endRecord() {
    if isInsideRecord { output.buffer.append(UInt8(ascii: "\n")) }
    isInsideRecord = false
  }

  public func flushIfFull() throws(StreamError) { try output.flushIfFull() }

  public func flush() throws(StreamError) { try output.flush() }

  /// Writes all out and waits until the disk has it.
  public func sync() throws(StreamError) { try output.sync() }

  /// Ends the last record and writes all out.
  public func finish() throws(StreamError) {
    endRecord()
    try output.flush()
  }

  public var name: String { output.name }
  public var length: Int64 { output.length }
  public var path: String? { output.path }
}
