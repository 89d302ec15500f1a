// What is written around a timeline, on a terminal as in a picture.

/// The words of a drawing.
enum TimelineCaption {
  static let noSessions = "no sessions: kes-segment gives events theirs"

  /// `2023-11-14 22:13:20.000 – 22:14:59.900 UTC`; the second date where it is another.
  static func range(_ start: EventTime, _ end: EventTime, to: String) -> String {
    let (first, last) = (time(start), time(end))
    let isOneDay = first.prefix(11) == last.prefix(11) && first.contains(" ")
    return first + to + (isOneDay ? String(last.dropFirst(11)) : last) + " UTC"
  }

  /// `2023-11-14 22:13:20.000`; the number of milliseconds where the year is not of four digits.
  static func time(_ time: EventTime) -> String {
    var text = ByteBlock(capacity: 32)
    text.append(internetTime: time.milliseconds)
    let all = text.withBytes { String(decodingBytes: $0) }
    return all.hasSuffix("Z") ? String(all.prefix(10) + " " + all.dropFirst(11).dropLast()) : all
  }

  /// `6.000s`.
  static func duration(_ milliseconds: UInt64) -> String {
    var text = ByteBlock(capacity: 32)
    text.append(duration: milliseconds)
    return text.withBytes { String(decodingBytes: $0) }
  }

  static func counts(_ layout: TimelineLayout, separator: String) -> String {
    [
      number(Int64(layout.deviceCount), "device"), number(Int64(layout.sessionCount), "session"),
      number(layout.eventCount, "event"),
    ].joined(separator: separator)
  }

  /// `1 session`, `12 sessions`.
  static func number(_ count: Int64, _ name: String) -> String {
    "\(count) \(name)" + (count == 1 ? "" : "s")
  }

  /// `451 others`.
  static func others(_ layout: TimelineLayout) -> String {
    "\(layout.otherCount) other" + (layout.otherCount == 1 ? "" : "s")
  }

  /// The statuses that occur, in their order, open sessions last.
  static func statuses(_ layout: TimelineLayout) -> [(status: SessionStatus?, count: Int)] {
    (SessionStatus.allCases + [nil]).compactMap { status in
      layout.statusCounts[status].map { (status, $0) }
    }
  }

  /// Nil where all was kept.
  static func leftOut(_ timeline: borrowing Timeline) -> String? {
    let parts = [(timeline.leftOutSessions, "session"), (timeline.leftOutEvents, "event")]
      .filter { $0.0 > 0 }.map { number(Int64($0.0), "earlier " + $0.1) }
    if parts.isEmpty { return nil }
    return parts.joined(separator: " and ") + " left out; --device, --since and --until choose"
  }
}
