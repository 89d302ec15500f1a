// What of a timeline is to be shown.

/// The part of time and the number of rows that were asked for.
public struct TimelineWindow: Sendable {
  /// Nothing before this is shown.
  public var since: EventTime?
  /// Nothing from this time on.
  public var until: EventTime?
  /// At most so much of time, in milliseconds, up to the latest.
  public var latest: UInt64?
  /// How many rows there may be; nil for as many as fit.
  public var rows: Int?
  /// Only sessions of these, nil among them for open ones, and their events; nil for all.
  public var statuses: [SessionStatus?]?

  public init(
    since: EventTime? = nil, until: EventTime? = nil, latest: UInt64? = nil, rows: Int? = nil
  ) {
    self.since = since
    self.until = until
    self.latest = latest
    self.rows = rows
  }

  /// From the first session or event to the last, as far as they are asked for; nil where there is
  /// none.
  func span(of timeline: borrowing Timeline) -> TimelineSpan? {
    var first = EventTime(milliseconds: .max)
    var last = EventTime.beforeAll
    for index in 0..<timeline.sessions.count where shows(timeline.sessions[index]) {
      first = min(first, timeline.sessions[index].start)
      last = max(last, timeline.sessions[index].end)
    }
    for index in 0..<timeline.marks.count where shows(timeline.marks[index], of: timeline) {
      first = min(first, timeline.marks[index].time)
      last = max(last, timeline.marks[index].time)
    }
    if first > last { return nil }
    if let until { last = min(last, until.retreated(by: 1)) }
    if let latest { first = max(first, last.retreated(by: latest)) }
    if let since { first = max(first, since) }
    return first > last ? nil : TimelineSpan(first: first, last: last)
  }

  func shows(_ session: TimelineSession) -> Bool { statuses?.contains(session.status) ?? true }

  /// An event is shown with its session; one without a session where all are.
  func shows(_ mark: TimelineMark, of timeline: borrowing Timeline) -> Bool {
    if statuses == nil { return true }
    return mark.session >= 0 && shows(timeline.sessions[Int(mark.session)])
  }
}
