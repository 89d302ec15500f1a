// Text that is safe to show: what would steer a terminal is written as an escape.

/// Writes names into text that people read.
enum TerminalText {
  /// Appends `text`, UTF-8, with control characters (Unicode's category Cc) as JSON writes them:
  /// `\n`, `\t`, `\u001b`. All else stands as it is, also a backslash.
  @inline(__always)
  static func append(_ text: Span<UInt8>, to output: inout ByteBlock) {
    for index in 0..<text.count where isSuspect(text[index]) {
      return appendEscaping(text, from: index, to: &output)
    }
    output.append(text)
  }

  /// Whether a byte may be (part of) a control character: below space, or from DEL on.
  @inline(__always)
  private static func isSuspect(_ byte: UInt8) -> Bool { byte &- 0x20 >= 0x5F }

  /// Appends `text`, whose first `start` bytes need no escape.
  @inline(never)
  private static func appendEscaping(
    _ text: Span<UInt8>, from start: Int, to output: inout ByteBlock
  ) {
    output.append(text.extracting(0..<start))
    var index = start
    while index < text.count {
      let byte = text[index]
      if byte < 0x20 || byte == 0x7F {
        appendEscape(byte, to: &output)
      } else if byte == 0xC2 && index + 1 < text.count && text[index + 1] < 0xA0 {
        // U+0080 to U+009F: some terminals take them for the beginning of a command.
        index += 1
        appendEscape(text[index], to: &output)
      } else {
        output.append(byte)
      }
      index += 1
    }
  }

  private static func appendEscape(_ code: UInt8, to output: inout ByteBlock) {
    switch code {
    case 0x08: output.append("\\b")
    case 0x09: output.append("\\t")
    case 0x0A: output.append("\\n")
    case 0x0C: output.append("\\f")
    case 0x0D: output.append("\\r")
    default:
      output.append("\\u00")
      output.append(hexadecimal: code >> 4)
      output.append(hexadecimal: code & 15)
    }
  }

  /// How many columns `text` takes.
  static func width(_ text: Span<UInt8>) -> Int {
    text.isASCII(0, text.count) ? text.count : width(String(decodingBytes: text))
  }

  /// How many columns `text`, which has no control characters, takes.
  static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + CharacterWidth.of($1) }
  }

  /// `text` in at most `columns`: where it is wider, its beginning with `ending` behind it.
  static func fitted(_ text: String, columns: Int, ending: String) -> String {
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

  /// A name as it may be shown, with escapes for control characters; without `isUTF8`, with `?` for
  /// every character beyond ASCII.
  static func shown(_ name: Span<UInt8>, isUTF8: Bool) -> String {
    var escaped = ByteBlock(capacity: name.count + 16)
    append(name, to: &escaped)
    let text = escaped.withBytes { String(decodingBytes: $0) }
    if isUTF8 { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
  }
}

extension ByteBlock {
  /// Appends one lower-case digit; `digit` must be less than 16.
  fileprivate mutating func append(hexadecimal digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }
}
