// What is drawn as one bar: a session, or several that are too short to be told apart.

struct PictureBar {
  private(set) var left: Double
  private(set) var right: Double
  /// The number of the first session.
  let first: Int
  private(set) var count = 1
  private(set) var events: Int64
  private(set) var start: EventTime
  private(set) var end: EventTime
  private(set) var isPartial: Bool
  private var statusCounts: [SessionStatus?: Int]

  /// What is shorter is drawn so long, and may be joined with its neighbours.
  static let least = 3.0

  init(_ session: TimelineSession, number: Int, _ geometry: PictureGeometry) {
    left = geometry.x(session.start)
    right = max(geometry.x(session.end), left + PictureBar.least)
    // At the right end, too, there is room for the shortest.
    let over = max(0, right - geometry.right)
    left -= over
    right -= over
    first = number
    events = session.events
    start = session.start
    end = session.end
    isPartial = session.isPartial
    statusCounts = [session.status: 1]
  }

  private var isShort: Bool { right - left <= PictureBar.least }

  /// The most frequent status; of as many the first in the order of statuses, open last.
  var status: SessionStatus? {
    let most = statusCounts.values.max()
    return (SessionStatus.allCases + [nil]).first { statusCounts[$0] == most } ?? nil
  }

  /// Takes `next`, which does not start earlier, into this bar where both are short and meet.
  mutating func join(_ next: PictureBar) -> Bool {
    guard isShort || count > 1, next.isShort, next.left < left + PictureBar.least else {
      return false
    }
    right = max(right, next.right)
    count += next.count
    events = events.addingSaturated(next.events)
    end = max(end, next.end)
    isPartial = isPartial && next.isPartial
    statusCounts.merge(next.statusCounts) { $0 + $1 }
    return true
  }

  /// The bars of a row, by their starts.
  static func bars(
    of row: TimelineRow, _ timeline: borrowing Timeline, _ geometry: PictureGeometry
  ) -> [PictureBar] {
    var bars: [PictureBar] = []
    for number in row.sessions {
      let bar = PictureBar(timeline.sessions[number], number: number, geometry)
      if let last = bars.indices.last, bars[last].join(bar) { continue }
      bars.append(bar)
    }
    return bars
  }
}
