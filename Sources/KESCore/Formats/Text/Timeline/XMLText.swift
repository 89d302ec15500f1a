// Text as XML and HTML hold it.

/// Escapes for contents of elements and for attributes in double quotes.
enum XMLText {
  /// `text` with references for what has a meaning in markup, and U+FFFD for what XML 1.0 (section
  /// 2.2) has no place for: control characters but tab and line feed, and noncharacters.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      default: result.append(isCharacter(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return String(result)
  }

  private static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\t" || scalar == "\n" { return true }
    if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) { return false }
    return !scalar.properties.isNoncharacterCodePoint
  }
}
