// A regular expression of `test`: without an engine where it is text, else with PCRE2.

/// What is wrong with a pattern, and where, in bytes.
struct PatternError: Error {
  let reason: String
  let offset: Int
  var remedy: String?
  /// Whether it is about the flags.
  var isOfFlags = false
}

/// A pattern of `test`, which finds the same as jq 1.8 does with Oniguruma.
enum Pattern: Sendable {
  /// Texts that need no engine.
  case texts([PatternText])
  /// For text of ASCII, and for all other. Letters, digits and case are simple in the first.
  case expression(ascii: PCRE2Pattern, unicode: PCRE2Pattern)

  init(_ text: [UInt8], flags: [UInt8]) throws(PatternError) {
    let node = try PatternParser.parse(text, flags: try Pattern.flags(flags))
    if let texts = PatternText.all(of: node) {
      self = .texts(texts)
      return
    }
    self = .expression(
      ascii: try Pattern.compile(node, for: .ascii),
      unicode: try Pattern.compile(node, for: .unicode))
  }

  private static func flags(_ text: [UInt8]) throws(PatternError) -> PatternParser.Flags {
    var flags = PatternParser.Flags()
    for (offset, letter) in text.enumerated() {
      switch letter {
      case UInt8(ascii: "i"): flags.isCaseless = true
      case UInt8(ascii: "x"): flags.isExtended = true
      case let letter where "gnpsl".utf8.contains(letter):
        throw PatternError(
          reason: "jq has the flag \"\(Character(Unicode.Scalar(letter)))\", kes only i and x",
          offset: offset, remedy: remedy(letter), isOfFlags: true)
      default:
        throw PatternError(
          reason: "expected the flags i and x, found another", offset: offset, isOfFlags: true)
      }
    }
    return flags
  }

  private static func remedy(_ flag: UInt8) -> String? {
    switch flag {
    case UInt8(ascii: "g"): "it changes nothing for \"test\""
    case UInt8(ascii: "s"): "\".\" takes line feeds, too, with (?s) in the pattern"
    default: nil
    }
  }

  private static func compile(
    _ node: PatternNode, for subject: PatternWriter.Subject
  ) throws(PatternError) -> PCRE2Pattern {
    let writer = PatternWriter.write(
      node, for: subject, knowsProperties: PCRE2Pattern.knowsProperties)
    guard let writer else {
      throw PatternError(
        reason: "too many letters that jq takes one character for, with the flag i", offset: 0)
    }
    let isUnicode = subject == .unicode
    do {
      return try PCRE2Pattern(
        writer.text, isUTF: isUnicode || writer.hasUnicode, usesProperties: isUnicode)
    } catch {
      throw PatternError(reason: "PCRE2 does not take the pattern: \(error.reason)", offset: 0)
    }
  }

  /// Whether it is found in `text`; nil where finding out takes too many steps.
  @inline(__always)
  func isFound(in text: Span<UInt8>, _ matcher: borrowing PatternMatcher) -> Bool? {
    switch self {
    case .texts(let texts):
      for index in texts.indices where texts[index].isFound(in: text) { return true }
      return false
    case .expression(let ascii, let unicode):
      let pattern = text.isASCII(0, text.count) ? ascii : unicode
      return pattern.isFound(in: text, matcher)
    }
  }
}

/// A text that is to be found anywhere, or at one end or both.
struct PatternText: Hashable, Sendable {
  enum End: Hashable, Sendable {
    case anywhere, end
    /// At the end, or before a line feed there.
    case endOrLineFeed
  }

  var text: [UInt8] = []
  var isAtStart = false
  var end = End.anywhere

  func isFound(in subject: Span<UInt8>) -> Bool {
    let text = text.span
    if end == .endOrLineFeed, subject.count > 0, subject[subject.count - 1] == UInt8(ascii: "\n"),
      isFound(text, in: subject.extracting(0..<subject.count - 1))
    {
      return true
    }
    return isFound(text, in: subject)
  }

  @inline(__always)
  private func isFound(_ text: Span<UInt8>, in subject: Span<UInt8>) -> Bool {
    switch (isAtStart, end != .anywhere) {
    case (false, false): SelectorText.contains(subject, text)
    case (true, false): SelectorText.hasPrefix(subject, text)
    case (false, true): SelectorText.hasSuffix(subject, text)
    case (true, true): subject.hasSameBytes(as: text)
    }
  }
}

extension PatternText {
  /// How many texts a pattern may be. Our choice.
  private static let greatestCount = 32

  /// The texts that a pattern stands for; nil where it is something else.
  static func all(of node: PatternNode) -> [PatternText]? {
    var writer = [PatternText()]
    return extend(&writer, node) ? writer : nil
  }

  /// Puts `node` behind each of the texts; false where it is no text, or there would be too many.
  private static func extend(_ texts: inout [PatternText], _ node: PatternNode) -> Bool {
    switch node {
    case .character(let value, isCaseless: false):
      return append(value, to: &texts)
    case .anchor(let anchor): return append(anchor, to: &texts)
    case .group(.plain, let inside), .group(.capture, let inside): return extend(&texts, inside)
    case .sequence(let nodes): return nodes.allSatisfy { extend(&texts, $0) }
    case .choice(let branches):
      var all: [PatternText] = []
      for branch in branches {
        var some = texts
        guard extend(&some, branch), all.count + some.count <= greatestCount else { return false }
        all += some
      }
      texts = all
      return true
    default: return false
    }
  }

  private static func append(_ value: UInt32, to texts: inout [PatternText]) -> Bool {
    var character = ByteBlock()
    JSONText.append(scalar: value, to: &character)
    for index in texts.indices {
      guard texts[index].end == .anywhere else { return false }
      character.withBytes { bytes in
        for place in 0..<bytes.count { texts[index].text.append(bytes[place]) }
      }
    }
    return true
  }

  private static func append(_ anchor: PatternAnchor, to texts: inout [PatternText]) -> Bool {
    for index in texts.indices {
      switch anchor {
      case .start where texts[index].text.isEmpty && texts[index].end == .anywhere:
        texts[index].isAtStart = true
      case .end where texts[index].end == .anywhere: texts[index].end = .end
      case .endOrLineFeed where texts[index].end == .anywhere: texts[index].end = .endOrLineFeed
      default: return false
      }
    }
    return true
  }
}
