// From the left end of a timeline to its right end.

/// The time that a drawing shows.
struct TimelineSpan: Sendable {
  let first: EventTime
  let last: EventTime

  /// In milliseconds; at least 1.
  var length: UInt64 { max(1, first.elapsed(until: last)) }

  /// Where `time` is: 0 at the left end, 1 at the right, no more and no less.
  func share(of time: EventTime) -> Double {
    if time <= first { return 0 }
    return min(1, Double(first.elapsed(until: time)) / Double(length))
  }

  /// The one of `count` columns in which `time` is.
  func column(of time: EventTime, of count: Int) -> Int {
    min(count - 1, Int(share(of: time) * Double(count)))
  }

  func contains(_ time: EventTime) -> Bool { time >= first && time <= last }

  /// Whether some of the time from `start` to `end` is shown.
  func overlaps(_ start: EventTime, _ end: EventTime) -> Bool { end >= first && start <= last }
}
