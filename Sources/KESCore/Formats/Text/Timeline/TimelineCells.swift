// A row of a timeline as characters.

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
