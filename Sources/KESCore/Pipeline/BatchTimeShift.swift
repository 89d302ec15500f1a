// The records of a batch with their times moved.

/// Moves the times in records of every format, and changes nothing else.
public struct BatchTimeShift: Sendable {
  private let lines: JSONLinesTimeShift
  private let data: AvroTimeShift

  public init(_ shift: TimeShift) {
    lines = JSONLinesTimeShift(shift)
    data = AvroTimeShift(shift)
  }

  /// Replaces what `shifted` holds by the records of `batch`, which must have their details. Of the
  /// records only their bytes and schemas are told: enough to write them.
  public func apply(to batch: borrowing Batch, into shifted: inout Batch) {
    shifted.removeAll()
    for index in 0..<batch.records.count {
      let start = shifted.bytes.count
      var record = batch.records[index]
      if record.schema == 0 {
        lines.encode(index, of: batch, to: &shifted.bytes)
      } else {
        data.encode(index, of: batch, to: &shifted.bytes)
      }
      record.offset = UInt32(truncatingIfNeeded: start)
      record.length = UInt32(truncatingIfNeeded: shifted.bytes.count - start)
      shifted.records.append(record)
    }
  }
}
