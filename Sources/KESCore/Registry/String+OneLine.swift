// What others say, as part of a message of ours.

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
