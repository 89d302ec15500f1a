// Records as JSON-lines: the input's lines, unchanged.

/// Writes every record and a line feed: lines as they are, records of other formats converted.
public struct JSONLinesRecordEncoder: ~Copyable, RecordEncoder {
  private var foreign: ForeignRecords

  /// - Parameter converter: turns records that are not JSON-lines into JSON objects.
  public init(converter: (any RecordConverter)? = nil) {
    foreign = ForeignRecords(converter: converter)
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    beginBatch()
    for index in 0..<batch.records.count { append(index, of: batch, to: &output) }
  }

  /// To be called before the first `append` of a batch.
  public mutating func beginBatch() { foreign.beginBatch() }

  @inline(__always)
  public mutating func append(
    _ index: Int, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let record = batch.records[index]
    if record.schema == 0 {
      output.append(batch.bytes, Int(record.offset), Int(record.length))
    } else {
      foreign.append(index, of: batch, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
  }
}
