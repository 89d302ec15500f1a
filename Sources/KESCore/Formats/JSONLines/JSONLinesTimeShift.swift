// A line with its times moved, and nothing else changed.

/// Writes lines whose times are moved. Only the digits of the timestamp are replaced, and those of
/// `start` and `end` in a `SessionClosed`, which tell times of the same clock.
public struct JSONLinesTimeShift: Sendable {
  private let shift: TimeShift

  public init(_ shift: TimeShift) { self.shift = shift }

  /// Appends the line of record `index`, without a line feed. The batch must have `details`.
  public func encode(_ index: Int, of batch: borrowing Batch, to output: inout ByteBlock) {
    let record = batch.records[index]
    var place = Int(record.offset)
    for (text, time) in batch.details[index].times(of: record) {
      output.append(batch.bytes, place, text.bounds.lowerBound - place)
      output.append(decimal: shift.moved(time).milliseconds)
      place = text.bounds.upperBound
    }
    output.append(batch.bytes, place, Int(record.offset) + Int(record.length) - place)
  }
}
