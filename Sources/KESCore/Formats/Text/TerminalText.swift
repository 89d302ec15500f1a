// Text in the columns of a terminal.

/// Measures and cuts names that people read.
public enum TerminalText {
  /// How many columns `text` takes.
  static func width(_ text: Span<UInt8>) -> Int {
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

  /// A name as it may be shown (`VisibleText`); without `isUTF8`, with `?` for
  /// every character beyond ASCII.
  static func shown(_ name: Span<UInt8>, isUTF8: Bool) -> String {
    var escaped = ByteBlock(capacity: name.count + 16)
    VisibleText.append(name, to: &escaped)
    let text = escaped.withBytes { String(decodingBytes: $0) }
    if isUTF8 { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
  }
}
