// The records of a batch with their times moved.

/// Moves the times in records of every format, and changes nothing else: the digits, or the longs,
/// of the timestamp, and of `start` and `end` in a `SessionClosed`, which tell times of the same
/// clock. A time of Avro keeps its unit, and what it has besides whole milliseconds.
public struct BatchTimeShift: Sendable {
  private let shift: TimeShift

  public init(_ shift: TimeShift) { self.shift = shift }

  /// Replaces what `shifted` holds by the records of `batch`, which must have their details. It has
  /// what is needed to write them: of the details only the sessions.
  public func apply(to batch: borrowing Batch, into shifted: inout Batch) {
    shifted.removeAll()
    var headers = RecordHeaders.Cursor()
    for index in 0..<batch.records.count {
      var record = batch.records[index]
      let found = headers.find(record, in: batch.headers)
      let start = shifted.bytes.count
      append(index, of: batch, to: &shifted.bytes)
      record.offset = UInt32(truncatingIfNeeded: start)
      record.length = UInt32(truncatingIfNeeded: shifted.bytes.count - start)
      record.key = BatchTimeShift.copy(record.key, of: batch, to: &shifted.unescaped)
      record.time = shift.moved(record.time)
      shifted.records.append(record)
      var detail = batch.details[index]
      if detail.hasSession {
        detail.session = BatchTimeShift.copy(detail.session, of: batch, to: &shifted.unescaped)
      }
      shifted.details.append(detail)
      if let found {
        batch.headers.withBytes(found) { shifted.headers.append($0, ofRecordAt: record.offset) }
      }
    }
  }

  private static func copy(
    _ text: TextRange, of batch: borrowing Batch, to output: inout ByteBlock
  ) -> TextRange {
    let offset = output.count
    batch.withText(text) { output.append($0) }
    return TextRange(offset: offset, length: text.length, isUnescaped: true)
  }

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
