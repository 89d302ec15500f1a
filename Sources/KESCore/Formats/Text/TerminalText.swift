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

  /// How many columns `text` takes: its characters, but for those that combine or are wide.
  static func width(_ text: Span<UInt8>) -> Int {
    var width = 0
    for index in 0..<text.count where text[index] & 0xC0 != 0x80 { width += 1 }
    return width
  }
}

extension ByteBlock {
  /// Appends one lower-case digit; `digit` must be less than 16.
  fileprivate mutating func append(hexadecimal digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }
}
