// Text on a terminal: its colours, and the columns that it takes.

/// Escape sequences (ECMA-48, SGR), or nothing.
public struct TextStyle: Sendable {
  private let isColored: Bool

  public init(isColored: Bool) { self.isColored = isColored }

  /// What a run of text is.
  package enum Part: Equatable {
    case plain, name, heading, good, warning
    /// A session by why it closed; nil where it is open.
    case status(SessionStatus?)
  }

  @inline(__always)
  package func begin(_ part: Part, _ output: inout ByteBlock) {
    if isColored { output.append(TextStyle.sequence(part)) }
  }

  @inline(__always)
  package func end(_ part: Part, _ output: inout ByteBlock) {
    if isColored && part != .plain { output.append("\u{1B}[0m") }
  }

  private static func sequence(_ part: Part) -> StaticString {
    switch part {
    case .plain: ""
    case .name: "\u{1B}[2m"
    case .heading: "\u{1B}[1m"
    case .good: "\u{1B}[32m"
    case .warning: "\u{1B}[33m"
    case .status(let status): sequence(status)
    }
  }

  /// A colour a status, where several are told apart at a glance.
  private static func sequence(_ status: SessionStatus?) -> StaticString {
    switch status {
    case .completed: "\u{1B}[32m"
    case .timeout: "\u{1B}[33m"
    case .superseded: "\u{1B}[35m"
    case .limit: "\u{1B}[31m"
    case .flushed: "\u{1B}[36m"
    case .purged: "\u{1B}[90m"
    case nil: "\u{1B}[34m"
    }
  }

  /// Sessions that ended as they should are good; those that lost something are worth a look.
  @inline(__always)
  package static func part(of status: SessionStatus?) -> Part {
    switch status {
    case nil, .flushed, .purged: .plain
    case .completed: .good
    case .timeout, .superseded, .limit: .warning
    }
  }
}

/// Measures and cuts names that people read.
public enum TerminalText {
  /// How many columns `text` takes.
  package static func width(_ text: Span<UInt8>) -> Int {
    text.isASCII(0, text.count) ? text.count : width(String(decodingBytes: text))
  }

  /// How many columns `text`, which has no control characters, takes.
  public static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + CharacterWidth.of($1) }
  }

  /// `text` in at most `columns`: where it is wider, its beginning with `ending` behind it.
  public static func fitted(_ text: String, columns: Int, ending: String) -> String {
    if width(text) <= columns { return text }
    let room = columns - width(ending)
    if room < 0 { return "" }
    var beginning = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      used += CharacterWidth.of(scalar)
      if used > room { break }
      beginning.append(scalar)
    }
    return String(beginning) + ending
  }

  /// `text` in at most `columns`: where it is wider, its end with `beginning` before it.
  package static func fittedEnd(_ text: String, columns: Int, beginning: String) -> String {
    if width(text) <= columns { return text }
    var room = columns - width(beginning)
    if room < 0 { return "" }
    let end = text.unicodeScalars.reversed().prefix {
      room -= CharacterWidth.of($0)
      return room >= 0
    }
    return beginning + String(String.UnicodeScalarView(end.reversed()))
  }

  /// `text` in a column of so many, at its left or, as numbers are, at its right; what is wider stays
  /// as wide as it is.
  package static func padded(_ text: String, columns: Int, isNumber: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, columns - width(text)))
    return isNumber ? blanks + text : text + blanks
  }

  /// A name as it may be shown (`VisibleText`); without `isUTF8`, with `?` for
  /// every character beyond ASCII.
  package static func shown(_ name: Span<UInt8>, isUTF8: Bool) -> String {
    let text = ByteBlock.text { VisibleText.append(name, to: &$0) }
    if isUTF8 { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
  }
}

/// What the reader's terminal shows: all of Unicode, or ASCII alone.
public enum TerminalCharacters: Sendable {
  case unicode, ascii

  /// What stands for the end of a text that was cut.
  public var ellipsis: String { self == .unicode ? "…" : "~" }
}

/// Columns and rows of characters.
public struct ChartArea: Equatable, Sendable {
  public var columns: Int
  /// Nil where a drawing may be of any height.
  public var rows: Int?

  public init(columns: Int, rows: Int?) {
    self.columns = columns
    self.rows = rows
  }
}
