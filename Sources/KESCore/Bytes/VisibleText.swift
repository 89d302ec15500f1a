// Text of which all can be seen: what has no looks, steers a terminal or turns text round is written
// as an escape.

/// Writes text of others into what people read: messages, lines, tables, drawings. One table for all.
///
/// Escapes are those of JSON: `\n`, `\u001b`, `\u202e`, and two of them beyond U+FFFF. All else stands
/// as it is, also a backslash; bytes that are not UTF-8 become U+FFFD.
public enum VisibleText {
  /// First and last of what nobody sees: the categories Cc, Zl, Zp, and Zs but the space; what is
  /// ignorable by default (Unicode 15, `Default_Ignorable_Code_Point`: zero width, joiners,
  /// bidirectional controls, the byte order mark, variation selectors, tags); marks of annotations; and
  /// the Braille pattern without dots.
  private static let unseen: [ClosedRange<UInt32>] = [
    0x00...0x1F, 0x7F...0xA0, 0xAD...0xAD, 0x34F...0x34F, 0x61C...0x61C, 0x115F...0x1160,
    0x1680...0x1680, 0x17B4...0x17B5, 0x180B...0x180F, 0x2000...0x200F, 0x2028...0x202F,
    0x205F...0x206F, 0x2800...0x2800, 0x3000...0x3000, 0x3164...0x3164, 0xFE00...0xFE0F,
    0xFEFF...0xFEFF, 0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A,
    0xE0000...0xE0FFF,
  ]

  private static let joiner: UInt32 = 0x200D
  private static let emojiSelector: UInt32 = 0xFE0F
  private static let keycap: UInt32 = 0x20E3
  /// What stands for an emoji before it, whichever it was.
  private static let someEmoji: UInt32 = 0x1F600

  /// Appends `text`, UTF-8. Cost: of ASCII one look at each byte.
  @inline(__always)
  package static func append(_ text: Span<UInt8>, to output: inout ByteBlock) {
    for index in 0..<text.count where isSuspect(text[index]) {
      return appendEscaping(text, from: index, to: &output)
    }
    output.append(text)
  }

  /// The same of a string. Not for the record path.
  public static func of(_ text: String) -> String {
    ByteBlock.text { visible in withUTF8Bytes(of: text) { append($0, to: &visible) } }
  }

  /// Whether a byte may be (part of) what needs an escape: below space, or from DEL on.
  @inline(__always)
  private static func isSuspect(_ byte: UInt8) -> Bool { byte &- 0x20 >= 0x5F }

  /// Appends `text`, whose first `start` bytes need no escape.
  @inline(never)
  private static func appendEscaping(
    _ text: Span<UInt8>, from start: Int, to output: inout ByteBlock
  ) {
    output.append(text.extracting(0..<start))
    var previous = start > 0 ? UInt32(text[start - 1]) : 0
    var index = start
    while index < text.count {
      guard let (scalar, length) = text.scalar(at: index) else {
        output.append("\u{FFFD}")
        (previous, index) = (0, index + 1)
        continue
      }
      let end = index + length
      if !isUnseen(scalar) {
        output.append(text.extracting(index..<end))
        previous = scalar
      } else if isOfEmoji(scalar, behind: previous, before: text.scalar(at: end)?.value ?? 0) {
        output.append(text.extracting(index..<end))
        previous = someEmoji
      } else {
        appendEscape(scalar, to: &output)
        previous = 0
      }
      index = end
    }
  }

  /// Cost: the logarithm of the table's length.
  private static func isUnseen(_ scalar: UInt32) -> Bool {
    var (low, high) = (0, unseen.count)
    while low < high {
      let middle = (low + high) / 2
      if unseen[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < unseen.count && unseen[low].contains(scalar)
  }

  /// Whether it shows in what it makes of its neighbours (UTS #51): a joiner between two emoji, the
  /// selector behind a character that is none without it, or in a keycap. Our choice: tags stand as
  /// escapes also behind a flag, as they can hold any text, and so do joiners between letters.
  private static func isOfEmoji(
    _ scalar: UInt32, behind previous: UInt32, before next: UInt32
  ) -> Bool {
    switch scalar {
    case joiner: return isEmoji(previous) && isEmoji(next)
    case emojiSelector where previous < 0x80: return next == keycap && previous > 0
    case emojiSelector: return isEmoji(previous) && !hasEmojiPresentation(previous)
    default: return false
    }
  }

  private static func isEmoji(_ scalar: UInt32) -> Bool {
    scalar > 0x7F && Unicode.Scalar(scalar)?.properties.isEmoji ?? false
  }

  private static func hasEmojiPresentation(_ scalar: UInt32) -> Bool {
    Unicode.Scalar(scalar)?.properties.isEmojiPresentation ?? false
  }

  private static func appendEscape(_ scalar: UInt32, to output: inout ByteBlock) {
    switch scalar {
    case 0x08: output.append("\\b")
    case 0x09: output.append("\\t")
    case 0x0A: output.append("\\n")
    case 0x0C: output.append("\\f")
    case 0x0D: output.append("\\r")
    case 0x10000...:
      let beyond = scalar - 0x10000
      appendEscape(0xD800 + beyond >> 10, to: &output)
      appendEscape(0xDC00 + beyond & 0x3FF, to: &output)
    default:
      output.append("\\u")
      for shift: UInt32 in [12, 8, 4, 0] {
        let digit = UInt8(scalar >> shift & 15)
        output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }
}

public enum ShellWord {
  /// A path as a shell takes it for one word, and a command for a path.
  public static func quoted(_ path: String) -> String {
    let plain = { (byte: UInt8) in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || Array("_./+:,@%=-".utf8).contains(byte)
    }
    let path = path.hasPrefix("-") ? "./" + path : path
    if !path.isEmpty && path.utf8.allSatisfy(plain) { return path }
    return "'" + path.replacing("'", with: #"'\''"#) + "'"
  }
}

extension String {
  /// The text as a part of one line: control characters as spaces, and no more than 400 characters.
  func asOneLine() -> String {
    var line = String.UnicodeScalarView()
    for scalar in unicodeScalars.prefix(400) {
      let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      line.append(isControl ? " " : scalar)
    }
    return String(line) + (unicodeScalars.count > 400 ? "…" : "")
  }
}
