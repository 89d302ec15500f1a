// Times moved by one offset.

/// Moves times; one that would leave 64 bits is held at the last that fits.
public struct TimeShift: Sendable {
  private let isBack: Bool
  private let duration: UInt64

  /// The offset that moves `first` to `target`.
  public init(moving first: EventTime, to target: EventTime) {
    isBack = target < first
    duration = isBack ? target.elapsed(until: first) : first.elapsed(until: target)
  }

  /// `time`, moved.
  public func moved(_ time: EventTime) -> EventTime {
    EventTime(milliseconds: moved(time.milliseconds, in: .milliseconds))
  }

  /// `value`, which counts `unit`, moved.
  func moved(_ value: Int64, in unit: TimeUnit) -> Int64 {
    let (product, overflow) = duration.multipliedReportingOverflow(
      by: UInt64(unit.perMillisecond))
    let distance = overflow ? .max : product
    let time = EventTime(milliseconds: value)
    return (isBack ? time.retreated(by: distance) : time.advanced(by: distance)).milliseconds
  }
}

extension EventDetail {
  /// Where the times of the record stand in its bytes, what they are, and in which unit they stand
  /// there, in the order in which they do.
  func times(of record: Record) -> [(text: TextRange, time: EventTime, unit: TimeUnit)] {
    if kind != .sessionClosed { return [(timeText, record.time, timeUnit)] }
    let times = [
      (timeText, record.time, timeUnit), (startText, start, startUnit), (endText, end, endUnit),
    ]
    return times.sorted { $0.0.offset < $1.0.offset }
  }
}
