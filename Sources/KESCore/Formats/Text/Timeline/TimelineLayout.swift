// Which rows a timeline has, and what is in them.

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
    var places = [Int](repeating: -1, count: timeline.deviceCount)
    for (place, device) in busiest.prefix(ownCount).enumerated() { places[device] = place }
    fill(timeline, places, window)
    for device in busiest.prefix(ownCount) { rows[places[device]].events = events[device] }
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

  /// Puts sessions and events into their rows; `places` has the row of each device, -1 for others.
  private mutating func fill(
    _ timeline: borrowing Timeline, _ places: [Int], _ window: TimelineWindow
  ) {
    for index in 0..<timeline.sessions.count {
      let session = timeline.sessions[index]
      if !span.overlaps(session.start, session.end) || !window.shows(session) { continue }
      statusCounts[session.status, default: 0] += 1
      let place = places[Int(session.device)]
      if place >= 0 { rows[place].sessions.append(index) } else { others?.sessions.append(index) }
    }
    for place in rows.indices {
      rows[place].sessions.sort { timeline.sessions[$0].start < timeline.sessions[$1].start }
    }
    for index in 0..<timeline.marks.count where span.contains(timeline.marks[index].time) {
      if !window.shows(timeline.marks[index], of: timeline) { continue }
      let place = places[Int(timeline.marks[index].device)]
      if place >= 0 { rows[place].marks.append(index) } else { others?.marks.append(index) }
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
