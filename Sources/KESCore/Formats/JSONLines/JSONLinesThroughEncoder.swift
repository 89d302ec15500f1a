// Session events as JSON-lines: the input's lines as they are, and the closings among them.

/// Writes a batch of JSON-lines that have their sessions already.
public struct JSONLinesThroughEncoder: SessionEventEncoder {
  public init() {}

  /// Every record's bytes and a line feed, whatever its line ended with; closings at their places.
  public var wantsClosings: Bool { true }

  public func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    var index = 0
    for closed in 0..<outcome.closings.count {
      let closing = outcome.closings[closed]
      while index < Int(closing.place) {
        append(batch.records[index], of: batch, to: &output)
        index &+= 1
      }
      JSONLinesSessionClosed.append(closing, of: outcome, to: &output)
    }
    while index < batch.records.count {
      append(batch.records[index], of: batch, to: &output)
      index &+= 1
    }
  }

  @inline(__always)
  private func append(
    _ record: Record, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    output.append(batch.bytes, Int(record.offset), Int(record.length))
    output.append(UInt8(ascii: "\n"))
  }
}
