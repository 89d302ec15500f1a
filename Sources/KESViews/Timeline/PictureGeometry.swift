// Where things are in a picture of a timeline, and how its markup writes them.

internal import KESCore

/// Positions and sizes in pixels.
struct PictureGeometry {
  static let width = 1200.0
  static let margin = 24.0
  /// The top of the rows, below title, legend and the times.
  static let top = 134.0
  /// How wide a column of small text is, about.
  static let columnWidth = 6.9
  /// The longest name that is shown in full, in columns.
  static let labelColumns = 30

  let span: TimelineSpan
  /// Left and right end of time.
  let left: Double
  let right: Double
  let rowHeight: Double
  let barHeight: Double
  let rowCount: Int
  let othersHeight: Double

  /// - Parameter labelColumns: how wide the widest name is.
  init(_ layout: TimelineLayout, labelColumns: Int) {
    span = layout.span
    left = PictureGeometry.margin + max(60, Double(labelColumns) * PictureGeometry.columnWidth) + 16
    right = PictureGeometry.width - 164
    rowCount = layout.rows.count
    rowHeight = rowCount <= 12 ? 32 : rowCount <= 25 ? 26 : 22
    barHeight = rowCount <= 12 ? 16 : rowCount <= 25 ? 13 : 11
    othersHeight = layout.others == nil ? 0 : 56
  }

  var width: Double { right - left }
  var bottom: Double { PictureGeometry.top + Double(rowCount) * rowHeight + othersHeight }
  var height: Double { bottom + 56 }

  func x(_ time: EventTime) -> Double { left + span.share(of: time) * width }

  /// The top of a row.
  func y(_ row: Int) -> Double { PictureGeometry.top + Double(row) * rowHeight }
}

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
    return SessionStatus?.all.first { statusCounts[$0] == most } ?? nil
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

/// What the parts of a picture write alike.
enum PictureText {
  /// So many pixels, to a tenth.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, tenth) = abs(tenths).quotientAndRemainder(dividingBy: 10)
    return tenth == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(tenth)"
  }

  /// A name as it is shown, not yet escaped for markup: without what nobody sees.
  static func name(_ bytes: Span<UInt8>) -> String { TerminalText.shown(bytes, isUTF8: true) }

  /// The class of a status in the style sheet.
  static func style(_ status: SessionStatus?) -> String { "\(status.text)" }
}

/// Escapes for contents of elements and for attributes in double quotes.
enum XMLText {
  /// `text` with references for what has a meaning in markup, and U+FFFD for what XML 1.0 (section
  /// 2.2) has no place for: control characters but tab and line feed, and noncharacters.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      default: result.append(isCharacter(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return String(result)
  }

  private static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\t" || scalar == "\n" { return true }
    if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) { return false }
    return !scalar.properties.isNoncharacterCodePoint
  }
}
