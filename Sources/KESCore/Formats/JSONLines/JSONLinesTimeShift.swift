// A line with its times moved, and nothing else changed.

/// Writes lines whose times are moved by one offset; a time that would leave 64 bits is held at the
/// last that fits.
///
/// Only the digits of the timestamp are replaced, and those of `start` and `end` in a
/// `SessionClosed`, which tell times of the same clock.
public struct JSONLinesTimeShift: Sendable {
  private let isBack: Bool
  private let duration: UInt64

  /// The offset that moves `first` to `target`.
  public init(moving first: EventTime, to target: EventTime) {
    isBack = target < first
    duration = isBack ? target.elapsed(until: first) : first.elapsed(until: target)
  }

  /// `time`, moved.
  public func moved(_ time: EventTime) -> EventTime {
    isBack ? time.retreated(by: duration) : time.advanced(by: duration)
  }

  /// Appends the line of record `index` with a line feed. The batch must have `details`.
  public func encode(_ index: Int, of batch: borrowing Batch, to output: inout ByteBlock) {
    let record = batch.records[index]
    let detail = batch.details[index]
    var place = Int(record.offset)
    if detail.kind == .sessionClosed {
      let times = [
        (detail.timeText, record.time), (detail.startText, detail.start),
        (detail.endText, detail.end),
      ]
      for (text, time) in times.sorted(by: { $0.0.offset < $1.0.offset }) {
        replace(text, by: time, of: batch, from: &place, to: &output)
      }
    } else {
      replace(detail.timeText, by: record.time, of: batch, from: &place, to: &output)
    }
    output.append(batch.bytes, place, Int(record.offset) + Int(record.length) - place)
    output.append(UInt8(ascii: "\n"))
  }

  /// Appends the bytes from `place` to `text`, then `time` moved instead of `text`.
  @inline(__always)
  private func replace(
    _ text: TextRange, by time: EventTime, of batch: borrowing Batch, from place: inout Int,
    to output: inout ByteBlock
  ) {
    output.append(batch.bytes, place, text.bounds.lowerBound - place)
    output.append(decimal: moved(time).milliseconds)
    place = text.bounds.upperBound
  }
}
