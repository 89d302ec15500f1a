// What is wrong with a selector's text: said with the expression and a mark under the place.

extension SelectorSource {
  /// An expression that cannot be read: what is wrong, the expression with a mark under the byte at
  /// `place`, and what to do.
  func failure(_ reason: String, at place: Int, remedy: String? = nil) -> Failure {
    var lines = ["\(option): \(reason)"] + marked(place)
    if let remedy { lines.append("  \(remedy)") }
    return Failure.usage(lines.joined(separator: "\n"))
  }

  /// What jq has and kes has not: `what` in the user's words.
  func refusal(_ what: String, at place: Int) -> Failure {
    failure("jq has \(what), kes has not", at: place, remedy: wayThroughJq)
  }

  /// A member whose name is none for `.NAME`; `place` is behind the dot.
  func oddName(at place: Int) -> Failure {
    failure(
      "expected a name of letters, digits and _ right behind the dot", at: place,
      remedy: "any other name stands in quotes: .\"NAME\" or .[\"NAME\"]")
  }

  /// How jq puts what the expression gives into each record.
  private var wayThroughJq: String {
    let isShort = text.utf8.count <= 100 && !text.contains { $0.isNewline || $0 == "#" }
    let expression = isShort ? text.replacing("'", with: #"'\''"#) : "EXPR"
    return "let jq make a member of it: jq -c '.k = (\(expression))' | kes-segment --key .k"
  }

  /// The line of the expression that `place` is in, and a line with a mark below it.
  private func marked(_ place: Int) -> [String] {
    let lineFeed = UInt8(ascii: "\n")
    let start = bytes[..<place].lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
    let end = bytes[place...].firstIndex(of: lineFeed) ?? bytes.count
    let before = VisibleText.of(excerpt(start..<place))
    let after = VisibleText.of(excerpt(place..<end))
    let width = before.unicodeScalars.reduce(0) { $0 + CharacterWidth.of($1) }
    return ["  " + before + after, "  " + String(repeating: " ", count: width) + "^"]
  }
}

/// Text in quotes, with nothing in it that cannot be seen.
func quoted(_ text: String) -> String { "\"\(VisibleText.of(text))\"" }
