// The records of a batch with their times moved.

/// Moves the times in records of every format, and changes nothing else: the digits, or the longs,
/// of the timestamp, and of `start` and `end` in a `SessionClosed`, which tell times of the same
/// clock. A time of Avro keeps its unit, and what it has besides whole milliseconds.
public struct BatchTimeShift: Sendable {
  private let shift: TimeShift

  public init(_ shift: TimeShift) { self.shift = shift }

  /// Replaces what `shifted` holds by the records of `batch`, which must have their details. Of the
  /// records only their bytes and schemas are told: enough to write them.
  public func apply(to batch: borrowing Batch, into shifted: inout Batch) {
    shifted.removeAll()
    for index in 0..<batch.records.count {
      let start = shifted.bytes.count
      append(index, of: batch, to: &shifted.bytes)
      var record = batch.records[index]
      record.offset = UInt32(truncatingIfNeeded: start)
      record.length = UInt32(truncatingIfNeeded: shifted.bytes.count - start)
      shifted.records.append(record)
    }
  }

  /// What the time of a record becomes.
  public func moved(_ time: EventTime) -> EventTime { shift.moved(time) }

  private func append(_ index: Int, of batch: borrowing Batch, to output: inout ByteBlock) {
    let record = batch.records[index]
    var place = Int(record.offset)
    for (text, time, unit) in batch.details[index].times(of: record) {
      output.append(batch.bytes, place, text.bounds.lowerBound - place)
      if record.schema == 0 {
        output.append(decimal: shift.moved(time).milliseconds)
      } else {
        var reader = AvroReader()
        _ = batch.bytes.withBytes { reader.long($0, text.bounds.lowerBound) }
        output.append(avro: shift.moved(reader.value, in: unit))
      }
      place = text.bounds.upperBound
    }
    output.append(batch.bytes, place, Int(record.offset) + Int(record.length) - place)
  }
}
