// The characters of a timeline on a terminal.

/// What stands for what in a row.
struct TimelineGlyphs {
  let bar, start, data, end, several, outside: String
  /// At the end of a session that did not complete, by why it closed.
  let timeout, superseded, limit, flushed, purged, open: String
  /// For more and more sessions at once, up to the most.
  let shades: [String]
  let axis, tick, corner: String
  let ellipsis, separator, to: String

  static let unicode = TimelineGlyphs(
    bar: "━", start: "┣", data: "┷", end: "┫", several: "■", outside: "·", timeout: "╳",
    superseded: "»", limit: "┃", flushed: "╸", purged: "╌", open: "▶",
    shades: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"], axis: "─", tick: "┬", corner: "└",
    ellipsis: "…",
    separator: " · ", to: " – ")

  static let ascii = TimelineGlyphs(
    bar: "-", start: "[", data: "+", end: "]", several: "#", outside: ".", timeout: "x",
    superseded: "%", limit: "|", flushed: "~", purged: "=", open: ">",
    shades: [".", ":", "-", "=", "+", "*", "#", "@"], axis: "-", tick: "+", corner: "+",
    ellipsis: "~",
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
