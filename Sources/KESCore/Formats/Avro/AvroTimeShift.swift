// A datum with its times moved, and nothing else changed.

/// Writes data whose times are moved: the longs of the timestamp, and of `start` and `end` in a
/// `SessionClosed`.
public struct AvroTimeShift: Sendable {
  private let shift: TimeShift

  public init(_ shift: TimeShift) { self.shift = shift }

  /// Appends the datum of record `index`. The batch must have `details`.
  func encode(_ index: Int, of batch: borrowing Batch, to output: inout ByteBlock) {
    let record = batch.records[index]
    var place = Int(record.offset)
    for (text, time) in batch.details[index].times(of: record) {
      output.append(batch.bytes, place, text.bounds.lowerBound - place)
      output.append(avro: shift.moved(time).milliseconds)
      place = text.bounds.upperBound
    }
    output.append(batch.bytes, place, Int(record.offset) + Int(record.length) - place)
  }
}
