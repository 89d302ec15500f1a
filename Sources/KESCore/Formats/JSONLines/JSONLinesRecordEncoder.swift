// Records as JSON-lines: the input's lines, unchanged.

/// Writes every record's own bytes and a line feed. The batch must have been read as JSON-lines.
public struct JSONLinesRecordEncoder: RecordEncoder, Sendable {
  public init() {}

  public func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    for index in 0..<batch.records.count {
      let record = batch.records[index]
      output.append(batch.bytes, Int(record.offset), Int(record.length))
      output.append(UInt8(ascii: "\n"))
    }
  }
}
