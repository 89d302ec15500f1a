// Where records that could not be decoded go, with their reason and position.

/// A file of dead letters: one line each, three columns with tabs between them: the position
/// (`events.jsonl:1204`), the reason, and the record's bytes: of a text line as they were, so that
/// `cut -f 3-` gives the lines back; of a binary record two hexadecimal digits a byte (our choice:
/// any byte may be a line feed), so that `cut -f 3 | xxd -r -p` gives the bytes back.
public final class DeadLetters {
  private let output: OutputStream
  /// Whether the record written last goes on.
  private var isInsideRecord = false

  public init(output: OutputStream) { self.output = output }

  /// Appends a rejected record of `batch`, or a part of one.
  public func append(
    _ rejection: Rejection, of batch: borrowing Batch, isBinary: Bool = false, position: String,
    reason: String
  ) {
    if rejection.part == .whole || rejection.part == .first {
      endRecord()
      output.buffer.append(text: DeadLetters.withoutTabs(position))
      output.buffer.append(UInt8(ascii: "\t"))
      output.buffer.append(text: DeadLetters.withoutTabs(reason))
      output.buffer.append(UInt8(ascii: "\t"))
    }
    let (offset, length) = (Int(rejection.offset), Int(rejection.length))
    if isBinary {
      batch.bytes.withBytes(offset, length) { appendHexadecimal($0) }
    } else {
      output.buffer.append(batch.bytes, offset, length)
    }
    isInsideRecord = true
    if rejection.part == .whole || rejection.part == .last { endRecord() }
  }

  private func appendHexadecimal(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      for digit in [bytes[index] >> 4, bytes[index] & 15] {
        let first: UInt8 = digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10
        output.buffer.append(first + digit)
      }
    }
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
