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
    isBack ? time.retreated(by: duration) : time.advanced(by: duration)
  }
}

extension EventDetail {
  /// Where the times of the record stand in its bytes, and what they are, in the order in which they
  /// stand there.
  func times(of record: Record) -> [(text: TextRange, time: EventTime)] {
    if kind != .sessionClosed { return [(timeText, record.time)] }
    let times = [(timeText, record.time), (startText, start), (endText, end)]
    return times.sorted { $0.0.offset < $1.0.offset }
  }
}
