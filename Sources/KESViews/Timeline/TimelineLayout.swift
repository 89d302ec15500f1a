// Which part of time a timeline shows, which rows it has, and what is in them.

package import KESCore

/// The rows of a drawing: the devices with the most events first, those of as many by their names;
/// where there are more than fit, the rest together in one row.
///
/// Cost: n log n for the sessions, n for the events.
struct TimelineLayout {
  /// How many rows there are at most where nothing else is asked for.
  static let usualRows = 40

  let span: TimelineSpan
  var rows: [TimelineRow] = []
  /// All that have no row of their own; nil where all have.
  var others: TimelineRow?
  /// How many devices those are.
  private(set) var otherCount = 0
  /// How many sessions are shown, by status.
  private(set) var statusCounts: [SessionStatus?: Int] = [:]
  private(set) var deviceCount = 0
  private(set) var eventCount: Int64 = 0

  var sessionCount: Int { statusCounts.values.reduce(0, +) }

  /// Nil where there is nothing to show.
  ///
  /// - Parameter greatestCount: how many rows there may be.
  init?(_ timeline: borrowing Timeline, window: TimelineWindow, greatestCount: Int) {
    guard let span = window.span(of: timeline) else { return nil }
    self.span = span
    let events = TimelineLayout.events(of: timeline, in: span, window)
    let busiest = TimelineLayout.busiestFirst(events, timeline)
    deviceCount = busiest.count
    let ownCount = deviceCount > greatestCount ? max(0, greatestCount - 1) : deviceCount
    rows = busiest.prefix(ownCount).map { TimelineRow(device: $0) }
    if ownCount < deviceCount { others = TimelineRow(device: nil) }
    otherCount = deviceCount - ownCount
    var rowNumbers = [Int](repeating: -1, count: timeline.deviceCount)
    for (row, device) in busiest.prefix(ownCount).enumerated() { rowNumbers[device] = row }
    fill(timeline, rowNumbers, window)
    for device in busiest.prefix(ownCount) { rows[rowNumbers[device]].events = events[device] }
    others?.events = busiest.dropFirst(ownCount).reduce(0) { $0.addingSaturated(events[$1]) }
    eventCount = events.reduce(0) { $0.addingSaturated(max(0, $1)) }
  }

  /// How many events each device had; -1 where nothing of it is shown.
  private static func events(
    of timeline: borrowing Timeline, in span: TimelineSpan, _ window: TimelineWindow
  ) -> [Int64] {
    var events = [Int64](repeating: -1, count: timeline.deviceCount)
    for index in 0..<timeline.sessions.count {
      let session = timeline.sessions[index]
      if !span.overlaps(session.start, session.end) || !window.shows(session) { continue }
      let before = max(0, events[Int(session.device)])
      events[Int(session.device)] = before.addingSaturated(session.events)
    }
    for index in 0..<timeline.marks.count {
      let mark = timeline.marks[index]
      if mark.session >= 0 || !span.contains(mark.time) || !window.shows(mark, of: timeline) {
        continue
      }
      events[Int(mark.device)] = max(0, events[Int(mark.device)]).addingSaturated(1)
    }
    return events
  }

  private static func busiestFirst(
    _ events: [Int64], _ timeline: borrowing Timeline
  ) -> [Int] {
    let names = (0..<events.count).map { number in
      timeline.withDevice(number) { String(decodingBytes: $0) }
    }
    return (0..<events.count).filter { events[$0] >= 0 }.sorted {
      events[$0] == events[$1] ? names[$0] < names[$1] : events[$0] > events[$1]
    }
  }

  /// Puts sessions and events into their rows; `rowNumbers` has that of each device, -1 for others.
  private mutating func fill(
    _ timeline: borrowing Timeline, _ rowNumbers: [Int], _ window: TimelineWindow
  ) {
    for index in 0..<timeline.sessions.count {
      let session = timeline.sessions[index]
      if !span.overlaps(session.start, session.end) || !window.shows(session) { continue }
      statusCounts[session.status, default: 0] += 1
      let row = rowNumbers[Int(session.device)]
      if row >= 0 { rows[row].sessions.append(index) } else { others?.sessions.append(index) }
    }
    for row in rows.indices {
      rows[row].sessions.sort { timeline.sessions[$0].start < timeline.sessions[$1].start }
    }
    for index in 0..<timeline.marks.count where span.contains(timeline.marks[index].time) {
      if !window.shows(timeline.marks[index], of: timeline) { continue }
      let row = rowNumbers[Int(timeline.marks[index].device)]
      if row >= 0 { rows[row].marks.append(index) } else { others?.marks.append(index) }
    }
  }

  /// How many sessions of the other devices go on at once in each of `count` columns of time.
  func othersAtOnce(_ timeline: borrowing Timeline, columns count: Int) -> [Int] {
    var changes = [Int](repeating: 0, count: count + 1)
    for index in others?.sessions ?? [] {
      let session = timeline.sessions[index]
      changes[span.column(of: session.start, of: count)] += 1
      changes[span.column(of: session.end, of: count) + 1] -= 1
    }
    var sum = 0
    return changes.dropLast().map { change in
      sum += change
      return sum
    }
  }
}

struct TimelineRow {
  /// The number of the device; nil in the row of the others.
  let device: Int?
  /// The numbers of its sessions, by their starts.
  var sessions: [Int] = []
  /// The numbers of its events.
  var marks: [Int] = []
  /// How many events its sessions had, and how many it had outside of sessions.
  var events: Int64 = 0
}

/// The part of time and the number of rows that were asked for.
package struct TimelineWindow: Sendable {
  /// Nothing before this is shown.
  package var since: EventTime?
  /// Nothing from this time on.
  package var until: EventTime?
  /// At most so much of time, in milliseconds, up to the latest.
  package var latest: UInt64?
  /// How many rows there may be; nil for as many as fit.
  package var rows: Int?
  /// Only sessions of these, nil among them for open ones, and their events; nil for all.
  package var statuses: [SessionStatus?]?

  package init(
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
