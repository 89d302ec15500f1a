// A timeline for a terminal.

package import KESCore

/// Draws a row a device: sessions as bars in the colours of their statuses, events as marks on them,
/// below them an axis of time and what the marks mean.
///
/// No line is wider than the area, which is asked for at every drawing; where its rows are few, so
/// are the devices with rows of their own.
package struct TimelineTextEncoder: TimelineEncoder {
  /// What stands around the rows besides the legend: two lines above, two of the axis, one below.
  private static let otherLines = 5
  private static let leastPlot = 10

  private let style: TextStyle
  private let characters: TerminalCharacters
  private let glyphs: TimelineGlyphs
  private let window: TimelineWindow
  private let area: @Sendable () -> ChartArea

  /// - Parameter area: the room there is at the moment.
  package init(
    style: TextStyle, characters: TerminalCharacters, window: TimelineWindow = TimelineWindow(),
    area: @escaping @Sendable () -> ChartArea
  ) {
    self.style = style
    self.characters = characters
    self.window = window
    self.area = area
    glyphs = .of(characters)
  }

  package func encode(_ timeline: borrowing Timeline, to output: inout ByteBlock) {
    let area = area()
    guard let rows = area.rows else {
      draw(timeline, area, window.rows ?? TimelineLayout.usualRows, legendLines: .max, &output)
      return
    }
    let room = rows - TimelineTextEncoder.otherLines
    // The rows matter more than what is said of them.
    let most = max(1, room / 3)
    var drawing = ByteBlock(capacity: 1 << 14)
    var legendLines = 1
    while true {
      drawing.truncate(to: 0)
      let count = max(1, room - legendLines)
      let wanted = draw(
        timeline, area, min(window.rows ?? count, count), legendLines: legendLines, &drawing)
      if wanted <= legendLines || legendLines == most { break }
      legendLines = min(wanted, most)
    }
    TimelineTextEncoder.append(drawing, lines: rows, &output)
  }

  /// Appends at most so many lines of `drawing`: less than all where an area is lower than what
  /// stands around the rows.
  private static func append(
    _ drawing: borrowing ByteBlock, lines: Int, _ output: inout ByteBlock
  ) {
    var (start, left) = (0, lines)
    drawing.withBytes { bytes in
      while left > 0, let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start) {
        output.append(bytes.extracting(start..<end + 1))
        (start, left) = (end + 1, left - 1)
      }
    }
  }

  /// Returns how many lines all of the legend takes, of which it draws no more than the last
  /// `legendLines`.
  @discardableResult
  private func draw(
    _ timeline: borrowing Timeline, _ area: ChartArea, _ rows: Int, legendLines: Int,
    _ output: inout ByteBlock
  ) -> Int {
    guard let layout = TimelineLayout(timeline, window: window, greatestCount: rows) else {
      output.append("nothing to show\n")
      return 0
    }
    let labels = labels(layout, timeline, columns: area.columns)
    let gutter = labels.map { TerminalText.width($0) }.max() ?? 0
    let plot = max(TimelineTextEncoder.leastPlot, area.columns - gutter - 1)
    let range = TimelineCaption.range(layout.span.first, layout.span.last, to: glyphs.to)
    appendLine(range, .heading, area, &output)
    appendLine(TimelineCaption.counts(layout, separator: glyphs.separator), .plain, area, &output)
    var used: Set<String> = []
    for (row, label) in zip(layout.rows, labels) {
      append(label: label, gutter, &output)
      let cells = cells(of: row, layout, timeline, plot)
      used.formUnion(cells.map(\.glyph))
      append(cells, &output)
    }
    if layout.others != nil {
      append(label: labels.last ?? "", gutter, &output)
      append(cellsOfOthers(layout, timeline, plot), &output)
    }
    appendAxis(layout.span, gutter, plot, &output)
    let legend = legend(layout, used, columns: area.columns)
    for line in legend.suffix(legendLines) { append(line, &output) }
    if let note = TimelineCaption.leftOut(timeline) { appendLine(note, .name, area, &output) }
    return legend.count
  }

  // MARK: Rows

  /// The rows' names, that of the others last, none wider than a third of the area.
  private func labels(
    _ layout: TimelineLayout, _ timeline: borrowing Timeline, columns: Int
  ) -> [String] {
    var labels: [String] = []
    for row in layout.rows {
      labels.append(
        timeline.withDevice(row.device ?? 0) {
          TerminalText.shown($0, isUTF8: characters == .unicode)
        })
    }
    if layout.others != nil { labels.append(TimelineCaption.others(layout)) }
    return labels.map {
      TerminalText.fitted($0, columns: max(6, columns / 3), ending: characters.ellipsis)
    }
  }

  private func cells(
    of row: TimelineRow, _ layout: TimelineLayout, _ timeline: borrowing Timeline, _ plot: Int
  ) -> [TimelineCells.Cell] {
    var cells = TimelineCells(columns: plot, span: layout.span, glyphs: glyphs)
    for session in row.sessions { cells.draw(timeline.sessions[session]) }
    for mark in row.marks { cells.draw(timeline.marks[mark]) }
    return cells.cells
  }

  private func cellsOfOthers(
    _ layout: TimelineLayout, _ timeline: borrowing Timeline, _ plot: Int
  ) -> [TimelineCells.Cell] {
    var cells = TimelineCells(columns: plot, span: layout.span, glyphs: glyphs)
    for mark in layout.others?.marks ?? [] where timeline.marks[mark].session < 0 {
      cells.draw(timeline.marks[mark])
    }
    cells.draw(atOnce: layout.othersAtOnce(timeline, columns: plot))
    return cells.cells
  }

  private func append(label: String, _ gutter: Int, _ output: inout ByteBlock) {
    output.append(text: TerminalText.padded(label, columns: gutter + 1))
  }

  /// A row's characters, without the blanks at its end; a colour is named where it changes.
  private func append(_ cells: [TimelineCells.Cell], _ output: inout ByteBlock) {
    var part = TextStyle.Part.plain
    let used = cells.lastIndex { $0.glyph != " " }.map { $0 + 1 } ?? 0
    for cell in cells.prefix(used) {
      if cell.part != part {
        style.end(part, &output)
        style.begin(cell.part, &output)
        part = cell.part
      }
      output.append(text: cell.glyph)
    }
    style.end(part, &output)
    output.append(UInt8(ascii: "\n"))
  }

  // MARK: Lines around them

  private func appendLine(
    _ text: String, _ part: TextStyle.Part, _ area: ChartArea, _ output: inout ByteBlock
  ) {
    style.begin(part, &output)
    output.append(
      text: TerminalText.fitted(text, columns: area.columns, ending: characters.ellipsis))
    style.end(part, &output)
    output.append(UInt8(ascii: "\n"))
  }

  /// The line with the marks, and below them their times, each beginning at its mark; one that would
  /// reach over the end is left out.
  private func appendAxis(
    _ span: TimelineSpan, _ gutter: Int, _ plot: Int, _ output: inout ByteBlock
  ) {
    var line = [String](repeating: glyphs.axis, count: plot)
    var labels = ""
    for tick in TimeTicks(span, columns: plot).ticks {
      let column = span.column(of: tick.time, of: plot)
      line[column] = glyphs.tick
      if column < labels.count || column + tick.label.count > plot { continue }
      labels += String(repeating: " ", count: column - labels.count) + tick.label
    }
    let indent = String(repeating: " ", count: gutter)
    style.begin(.name, &output)
    output.append(text: indent + glyphs.corner + line.joined() + "\n")
    output.append(text: indent + (labels.isEmpty ? "" : " " + labels) + "\n")
    style.end(.name, &output)
  }

  // MARK: Legend

  /// What a mark means.
  private struct LegendItem {
    let glyph: String
    var part = TextStyle.Part.plain
    let text: String

    var width: Int { TerminalText.width(glyph) + (glyph.isEmpty ? 0 : 1) + text.count }
  }

  private static let legendGap = 3

  /// First the marks that are there, then, last to be seen, which end means which status, and how
  /// often it came.
  private func legend(
    _ layout: TimelineLayout, _ used: Set<String>, columns: Int
  ) -> [[LegendItem]] {
    var marks = [
      (glyphs.start, "start"), (glyphs.data, "event"), (glyphs.several, "several in a column"),
      (glyphs.outside, "event of no session"),
    ].filter { used.contains($0.0) }
    if layout.others != nil { marks.append((glyphs.shades.joined(), "few to many at once")) }
    let statuses = TimelineCaption.statuses(layout).map { status, count in
      LegendItem(
        glyph: glyphs.bar + glyphs.ending(status), part: .status(status),
        text: "\(status.text) \(count)")
    }
    let none = TerminalText.fitted(
      TimelineCaption.noSessions, columns: columns, ending: characters.ellipsis)
    return wrapped(marks.map { LegendItem(glyph: $0.0, text: $0.1) }, columns)
      + wrapped(
        statuses.isEmpty ? [LegendItem(glyph: "", part: .warning, text: none)] : statuses, columns)
  }

  /// As lines that fit; what is wider than any is left out.
  private func wrapped(_ items: [LegendItem], _ columns: Int) -> [[LegendItem]] {
    var lines: [[LegendItem]] = []
    var used = 0
    for item in items where item.width <= columns {
      let end = used + TimelineTextEncoder.legendGap + item.width
      if lines.isEmpty || end > columns {
        lines.append([item])
        used = item.width
      } else {
        lines[lines.count - 1].append(item)
        used = end
      }
    }
    return lines
  }

  private func append(_ line: [LegendItem], _ output: inout ByteBlock) {
    for (index, item) in line.enumerated() {
      if index > 0 {
        output.append(text: String(repeating: " ", count: TimelineTextEncoder.legendGap))
      }
      let isWarning = item.glyph.isEmpty
      style.begin(item.part, &output)
      output.append(text: isWarning ? item.text : item.glyph)
      style.end(item.part, &output)
      if !isWarning { output.append(text: " " + item.text) }
    }
    output.append(UInt8(ascii: "\n"))
  }
}

/// The columns of one row; where several things meet in a column, the strongest is shown.
struct TimelineCells {
  struct Cell: Equatable {
    var glyph = " "
    var part = TextStyle.Part.plain
    /// Of two things the one with the greater strength stays.
    fileprivate var strength = 0
  }

  private enum Strength {
    static let outside = 1
    static let bar = 2
    static let data = 3
    static let start = 4
    static let ending = 5
    static let several = 6
  }

  private(set) var cells: [Cell]
  private let span: TimelineSpan
  private let glyphs: TimelineGlyphs

  init(columns: Int, span: TimelineSpan, glyphs: TimelineGlyphs) {
    cells = [Cell](repeating: Cell(), count: columns)
    self.span = span
    self.glyphs = glyphs
  }

  private func column(_ time: EventTime) -> Int { span.column(of: time, of: cells.count) }

  private mutating func put(
    _ glyph: String, _ strength: Int, _ part: TextStyle.Part, at column: Int
  ) {
    if strength < cells[column].strength { return }
    cells[column] = Cell(glyph: glyph, part: part, strength: strength)
  }

  /// Draws a session; one within a single column, and what meets it there, is a block.
  mutating func draw(_ session: TimelineSession) {
    let (first, last) = (column(session.start), column(session.end))
    let part = TextStyle.Part.status(session.status)
    if first == last && session.events > 1 || cells[first].strength == Strength.several {
      put(glyphs.several, Strength.several, part, at: first)
    }
    for column in first...last { put(glyphs.bar, Strength.bar, part, at: column) }
    let hasStart = !session.isPartial && span.contains(session.start)
    if hasStart { put(glyphs.start, Strength.start, part, at: first) }
    if span.contains(session.end) {
      put(glyphs.ending(session.status), Strength.ending, part, at: last)
    }
  }

  /// Draws an event: upon its session's bar, or by itself.
  mutating func draw(_ mark: TimelineMark) {
    let column = column(mark.time)
    if mark.session >= 0 {
      if cells[column].strength != Strength.bar { return }
      put(glyphs.data, Strength.data, cells[column].part, at: column)
    } else {
      put(glyphs.outside, Strength.outside, .plain, at: column)
    }
  }

  /// Draws how many go on at once, as shades up to the darkest for the most.
  mutating func draw(atOnce counts: [Int]) {
    let most = max(1, counts.max() ?? 1)
    for (column, count) in counts.enumerated() where count > 0 {
      let shade = (count * glyphs.shades.count + most - 1) / most - 1
      put(glyphs.shades[shade], Strength.bar, .name, at: column)
    }
  }
}

/// What stands for what in a row.
struct TimelineGlyphs {
  let bar, start, data, end, several, outside: String
  /// At the end of a session that did not complete, by why it closed.
  let timeout, superseded, limit, flushed, purged, open: String
  /// For more and more sessions at once, up to the most.
  let shades: [String]
  let axis, tick, corner: String
  let separator, to: String

  static let unicode = TimelineGlyphs(
    bar: "━", start: "┣", data: "┷", end: "┫", several: "■", outside: "·", timeout: "╳",
    superseded: "»", limit: "┃", flushed: "╸", purged: "╌", open: "▶",
    shades: BarText(.unicode).steps, axis: "─", tick: "┬", corner: "└",
    separator: " · ", to: " – ")

  static let ascii = TimelineGlyphs(
    bar: "-", start: "[", data: "+", end: "]", several: "#", outside: ".", timeout: "x",
    superseded: "%", limit: "|", flushed: "~", purged: "=", open: ">",
    shades: BarText(.ascii).steps, axis: "-", tick: "+", corner: "+",
    separator: ", ", to: " to ")

  static func of(_ characters: TerminalCharacters) -> TimelineGlyphs {
    characters == .unicode ? unicode : ascii
  }

  /// What ends a session.
  func ending(_ status: SessionStatus?) -> String {
    switch status {
    case .completed: end
    case .timeout: timeout
    case .superseded: superseded
    case .limit: limit
    case .flushed: flushed
    case .purged: purged
    case nil: open
    }
  }
}
