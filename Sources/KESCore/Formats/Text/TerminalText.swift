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

/// Widths as terminals and `wcwidth` have them: 0 for what is drawn upon the character before, 2 for
/// what is wide in East Asian text, 1 for all else. Control characters are not asked about.
enum CharacterWidth {
  /// First and last of the wide and fullwidth characters: Unicode 15, East Asian Width W and F, with
  /// the unassigned ones between them (UAX #11).
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0,
    0x23F3...0x23F3, 0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F...0x267F,
    0x2693...0x2693, 0x26A1...0x26A1, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5,
    0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA, 0x26F2...0x26F3, 0x26F5...0x26F5,
    0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B, 0x2728...0x2728,
    0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
    0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55,
    0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x16FE0...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E,
    0x1F191...0x1F19A, 0x1F1E6...0x1F202, 0x1F210...0x1F23B, 0x1F240...0x1F248, 0x1F250...0x1F251,
    0x1F260...0x1F265, 0x1F300...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C, 0x1F37E...0x1F393,
    0x1F3A0...0x1F3CA, 0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4, 0x1F3F8...0x1F43E,
    0x1F440...0x1F440, 0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E, 0x1F550...0x1F567,
    0x1F57A...0x1F57A, 0x1F595...0x1F596, 0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5,
    0x1F6CC...0x1F6CC, 0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6D7, 0x1F6DC...0x1F6DF, 0x1F6EB...0x1F6EC,
    0x1F6F4...0x1F6FC, 0x1F7E0...0x1F7EB, 0x1F7F0...0x1F7F0, 0x1F90C...0x1F93A, 0x1F93C...0x1F945,
    0x1F947...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x2FFFD, 0x30000...0x3FFFD,
  ]

  static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    if isDrawnUponOthers(scalar) { return 0 }
    return isWide(scalar.value) ? 2 : 1
  }

  /// Marks, joiners, and the vowels and final consonants that follow a Hangul initial.
  private static func isDrawnUponOthers(_ scalar: Unicode.Scalar) -> Bool {
    if (0x1160...0x11FF).contains(scalar.value) { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return true
    default: return false
    }
  }

  /// Cost: the logarithm of the table's length.
  private static func isWide(_ value: UInt32) -> Bool {
    var (low, high) = (0, wide.count)
    while low < high {
      let middle = (low + high) / 2
      if wide[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < wide.count && wide[low].contains(value)
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
