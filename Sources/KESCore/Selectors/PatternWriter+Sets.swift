// Sets of characters for PCRE2, with the characters that they have in jq.

extension PatternWriter {
  /// A set, as one character.
  mutating func append(_ set: PatternSet) {
    // What is in none of PCRE2's classes is said of a character by itself.
    let inside = set.items.filter { !isApart($0) }
    let apart = set.items.filter(isApart)
    let flag = set.isCaseless ? "(?i:" : "(?-i:"
    append(raw: flag)
    if apart.isEmpty {
      append(inside, isNegated: set.isNegated)
    } else {
      append(raw: set.isNegated ? "(?!" : "(?:")
      if !inside.isEmpty {
        append(inside, isNegated: false)
        append(raw: "|")
      }
      for (number, item) in apart.enumerated() {
        guard case .named(let known, _) = item else { continue }
        if number > 0 { append(raw: "|") }
        append(raw: "[^\(members(of: known))]")
      }
      append(raw: set.isNegated ? ")(?s:.)" : ")")
    }
    append(raw: ")")
  }

  private func isApart(_ item: PatternSet.Item) -> Bool {
    if case .named(let known, isNegated: true) = item { return complement(of: known) == nil }
    return false
  }

  private mutating func append(_ items: [PatternSet.Item], isNegated: Bool) {
    append(raw: isNegated ? "[^" : "[")
    for item in items {
      switch item {
      case .range(let range):
        append(literal: range.lowerBound)
        if range.count > 1 {
          append(raw: "-")
          append(literal: range.upperBound)
        }
      case .named(let known, isNegated: false): append(raw: members(of: known))
      case .named(let known, isNegated: true): append(raw: complement(of: known) ?? "")
      }
    }
    append(raw: "]")
  }

  /// All but marks of Unicode's Other_Alphabetic: letters in circles and squares.
  private static let circledLetters =
    "\\x{24B6}-\\x{24E9}\\x{1F130}-\\x{1F149}\\x{1F150}-\\x{1F169}\\x{1F170}-\\x{1F189}"

  /// What Oniguruma's `\w` holds; superscripts and fractions of Latin-1, too.
  static let word =
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}" + circledLetters

  private static let spaces = "\\x09-\\x0d\\x20\\x{85}\\p{Z}"

  /// The members of a class, as they stand in brackets.
  private func members(of known: PatternClass) -> String {
    switch (known, subject) {
    case (.digit, .ascii): "0-9"
    case (.digit, .unicode): "\\p{Nd}"
    case (.space, .ascii): "\\x09-\\x0d\\x20"
    case (.space, .unicode): PatternWriter.spaces
    case (.word, .ascii): "0-9A-Z_a-z"
    case (.word, .unicode): PatternWriter.word
    case (.alpha, .ascii): "A-Za-z"
    case (.alpha, .unicode): alphabetic
    case (.alnum, .ascii): "0-9A-Za-z"
    case (.alnum, .unicode): alphabetic + "\\p{Nd}"
    case (.upper, .ascii): "A-Z"
    case (.upper, .unicode): knowsProperties ? "\\p{Uppercase}" : "\\p{Lu}"
    case (.lower, .ascii): "a-z"
    case (.lower, .unicode): knowsProperties ? "\\p{Lowercase}" : "\\p{Ll}"
    case (.blank, .ascii): "\\x09\\x20"
    case (.blank, .unicode): "\\x09\\p{Zs}"
    case (.cntrl, .ascii): "\\x00-\\x1f\\x7f"
    case (.cntrl, .unicode): "\\p{Cc}"
    case (.xdigit, _): "0-9A-Fa-f"
    case (.ascii, _): "\\x00-\\x7f"
    case (.category(let name), _): "\\p{\(name)}"
    case (.script(let name), _): "\\p{\(knowsProperties ? "sc:" : "")\(name)}"
    }
  }

  private var alphabetic: String {
    knowsProperties ? "\\p{Alphabetic}" : "\\p{L}\\p{Nl}" + PatternWriter.circledLetters
  }

  /// All that is not in a class, as it stands in brackets; nil where that cannot be said there.
  private func complement(of known: PatternClass) -> String? {
    switch known {
    case .digit: "\\P{Nd}"
    case .cntrl: "\\P{Cc}"
    case .category(let name): "\\P{\(name)}"
    case .script(let name): "\\P{\(knowsProperties ? "sc:" : "")\(name)}"
    default: nil
    }
  }
}
