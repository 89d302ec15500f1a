// JSON strings to text and back.

/// Escapes of JSON strings (RFC 8259, section 7).
package enum JSONText {
  /// The value of four hexadecimal digits at `start`, or nil where they are not.
  static func hexadecimal(_ bytes: Span<UInt8>, _ start: Int) -> UInt32? {
    var value: UInt32 = 0
    for index in start..<start + 4 {
      guard index < bytes.count else { return nil }
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"):
        value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"):
        value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }

  /// Appends the text of a string's contents to `output`. The string must have passed the scanner.
  static func unescape(_ contents: Span<UInt8>, to output: inout ByteBlock) {
    var index = 0
    while index < contents.count {
      let byte = contents[index]
      if byte != UInt8(ascii: "\\") {
        output.append(byte)
        index += 1
        continue
      }
      append(scalar: escape(contents, &index), to: &output)
    }
  }

  /// The character of the escape at `index`, which goes behind it; a surrogate pair is one. The string
  /// must have passed the scanner.
  static func escape(_ contents: Span<UInt8>, _ index: inout Int) -> UInt32 {
    let letter = contents[index + 1]
    index += 2
    if letter != UInt8(ascii: "u") { return UInt32(unescaped(letter)) }
    let scalar = hexadecimal(contents, index) ?? 0xFFFD
    index += 4
    guard scalar & 0xFC00 == 0xD800 else { return scalar }
    let low = hexadecimal(contents, index + 2) ?? 0xDC00
    index += 6
    return 0x10000 + (scalar & 0x3FF) << 10 + low & 0x3FF
  }

  private static func unescaped(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: letter
    }
  }

  static func append(scalar: UInt32, to output: inout ByteBlock) {
    switch scalar {
    case ..<0x80:
      output.append(UInt8(scalar))
    case ..<0x800:
      output.append(UInt8(0xC0 | scalar >> 6))
      output.append(UInt8(0x80 | scalar & 0x3F))
    case ..<0x10000:
      output.append(UInt8(0xE0 | scalar >> 12))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    default:
      output.append(UInt8(0xF0 | scalar >> 18))
      output.append(UInt8(0x80 | scalar >> 12 & 0x3F))
      output.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      output.append(UInt8(0x80 | scalar & 0x3F))
    }
  }

  /// Appends `text` as a JSON string, quotes included; escapes only what must be escaped.
  @inline(__always)
  package static func appendString(_ text: Span<UInt8>, to output: inout ByteBlock) {
    output.append(UInt8(ascii: "\""))
    var start = 0
    for index in 0..<text.count {
      let byte = text[index]
      if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
      output.append(text.extracting(start..<index))
      appendEscape(byte, to: &output)
      start = index + 1
    }
    output.append(text.extracting(start..<text.count))
    output.append(UInt8(ascii: "\""))
  }

  static func appendEscape(_ byte: UInt8, to output: inout ByteBlock) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
    case 0x08: output.append(UInt8(ascii: "b"))
    case 0x09: output.append(UInt8(ascii: "t"))
    case 0x0A: output.append(UInt8(ascii: "n"))
    case 0x0C: output.append(UInt8(ascii: "f"))
    case 0x0D: output.append(UInt8(ascii: "r"))
    default:
      let digits: StaticString = "0123456789abcdef"
      output.append("u00")
      for digit in [byte >> 4, byte & 15] {
        output.append(unsafe digits.utf8Start[Int(digit)])
      }
    }
  }
}
