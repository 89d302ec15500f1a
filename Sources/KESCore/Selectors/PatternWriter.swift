// Writes a pattern for PCRE2 so that it means there what it means in jq.

/// Writes patterns from their trees: all that PCRE2 could understand otherwise, in this version or the
/// next, is spelt out.
struct PatternWriter {
  /// What the text to be searched is known to be. In ASCII both libraries agree on the classes and on
  /// case, so that the pattern may stay simple, and fast.
  enum Subject {
    case ascii, unicode
  }

  let subject: Subject
  /// Whether PCRE2 knows binary properties, and a script's own characters (10.40 or later).
  let knowsProperties: Bool
  private(set) var text: [UInt8] = []
  /// Whether there are characters beyond ASCII in it.
  private(set) var hasUnicode = false

  /// nil where too many spellings of letters would have to be named.
  static func write(
    _ node: PatternNode, for subject: Subject, knowsProperties: Bool
  ) -> PatternWriter? {
    var writer = PatternWriter(subject: subject, knowsProperties: knowsProperties)
    return writer.append(node) ? writer : nil
  }

  private init(subject: Subject, knowsProperties: Bool) {
    self.subject = subject
    self.knowsProperties = knowsProperties
  }

  mutating func append(raw part: String) { text += Array(part.utf8) }

  private mutating func append(_ node: PatternNode) -> Bool {
    switch node {
    case .character(let value, let isCaseless):
      append(character: value, isCaseless: isCaseless)
    case .any(let withLineFeed): append(raw: withLineFeed ? "(?s:.)" : ".")
    case .set(let set): append(set)
    case .anchor(let anchor): append(anchor)
    case .lineEnd: append(raw: "\\R")
    case .grapheme: append(raw: "\\X")
    case .reference(let number): append(raw: "\\g{\(number)}")
    case .group(let kind, let inside):
      append(raw: kind.rawValue)
      guard append(inside) else { return false }
      append(raw: ")")
    case .sequence(let nodes): return append(nodes)
    case .choice(let branches):
      for (number, branch) in branches.enumerated() {
        if number > 0 { append(raw: "|") }
        guard append(branch) else { return false }
      }
    case .repetition(let inside, let repetition):
      guard append(inside) else { return false }
      append(repetition)
    }
    return true
  }

  private mutating func append(_ repetition: PatternRepetition) {
    switch (repetition.least, repetition.most) {
    case (0, nil): append(raw: "*")
    case (1, nil): append(raw: "+")
    case (0, 1): append(raw: "?")
    case (let least, nil): append(raw: "{\(least),}")
    case (let least, let most?): append(raw: least == most ? "{\(least)}" : "{\(least),\(most)}")
    }
    append(raw: repetition.manner.rawValue)
  }

  private mutating func append(_ anchor: PatternAnchor) {
    switch (anchor, subject) {
    case (.start, _): append(raw: "\\A")
    case (.endOrLineFeed, _): append(raw: "\\Z")
    case (.end, _): append(raw: "\\z")
    case (.searchStart, _): append(raw: "\\G")
    case (.wordBoundary, .ascii): append(raw: "\\b")
    case (.noWordBoundary, .ascii): append(raw: "\\B")
    case (.wordBoundary, .unicode):
      let word = "[\(PatternWriter.word)]"
      append(raw: "(?:(?<=\(word))(?!\(word))|(?<!\(word))(?=\(word)))")
    case (.noWordBoundary, .unicode):
      let word = "[\(PatternWriter.word)]"
      append(raw: "(?:(?<=\(word))(?=\(word))|(?<!\(word))(?!\(word)))")
    }
  }

  // MARK: Characters

  private mutating func append(character value: UInt32, isCaseless: Bool) {
    if isCaseless { append(raw: "(?i:") }
    append(literal: value)
    if isCaseless { append(raw: ")") }
  }

  mutating func append(literal value: UInt32) {
    if value >= 0x80 { hasUnicode = true }
    guard let byte = UInt8(exactly: value), byte < 0x80, byte > 0x1F, byte != 0x7F else {
      return append(raw: "\\x{\(String(value, radix: 16))}")
    }
    let isWord =
      (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: " ")
    if !isWord { text.append(UInt8(ascii: "\\")) }
    text.append(byte)
  }

  /// One behind the other; letters without case together, as one character may stand for several.
  private mutating func append(_ nodes: [PatternNode]) -> Bool {
    let nodes = flattened(nodes)
    var index = 0
    while index < nodes.count {
      var letters: [UInt32] = []
      while index + letters.count < nodes.count,
        case .character(let value, isCaseless: true) = nodes[index + letters.count]
      {
        letters.append(value)
      }
      if letters.isEmpty {
        guard append(nodes[index]) else { return false }
        index += 1
      } else {
        append(raw: "(?i:")
        guard append(letters: letters[...]) else { return false }
        append(raw: ")")
        index += letters.count
      }
    }
    return true
  }

  /// Groups that only hold together are none.
  private func flattened(_ nodes: [PatternNode]) -> [PatternNode] {
    nodes.flatMap { node -> [PatternNode] in
      switch node {
      case .sequence(let inside): flattened(inside)
      case .group(.plain, .sequence(let inside)): flattened(inside)
      case .group(.plain, .character(let value, let isCaseless)):
        [.character(value, isCaseless: isCaseless)]
      default: [node]
      }
    }
  }

  /// Letters without case, with all that jq takes for some of them.
  private mutating func append(letters: ArraySlice<UInt32>) -> Bool {
    var rest = letters
    while !rest.isEmpty {
      let length = subject == .unicode ? clusterLength(rest) : 1
      if length == 1 {
        append(literal: rest.removeFirst())
        continue
      }
      let spellings = spellings(of: rest.prefix(length))
      if spellings.count > PatternWriter.greatestSpellings { return false }
      append(raw: "(?:")
      for (number, spelling) in spellings.enumerated() {
        if number > 0 { append(raw: "|") }
        for value in spelling { append(literal: value) }
      }
      append(raw: ")")
      rest = rest.dropFirst(length)
    }
    return true
  }

  /// How many ways to write a run of letters are named at most. Our choice.
  private static let greatestSpellings = 64

  /// How many letters belong together, as characters for several of them overlap.
  private func clusterLength(_ letters: ArraySlice<UInt32>) -> Int {
    var length = 1
    var place = 0
    while place < length {
      for found in CaseFolding.characters(for: letters.dropFirst(place)) {
        length = max(length, place + found.count)
      }
      place += 1
    }
    return length
  }

  private func spellings(of letters: ArraySlice<UInt32>) -> [[UInt32]] {
    guard let first = letters.first else { return [[]] }
    var all = spellings(of: letters.dropFirst()).map { [first] + $0 }
    for found in CaseFolding.characters(for: letters) {
      if all.count > PatternWriter.greatestSpellings { break }
      let rest = spellings(of: letters.dropFirst(found.count))
      for character in found.characters { all += rest.map { [character] + $0 } }
    }
    return all
  }
}
