// A selector's text cut into tokens, exactly as jq 1.8 cuts it (src/lexer.l).

/// The text of a selector and the option that it was given to.
struct SelectorSource: Sendable {
  let text: String
  let option: String
  let bytes: [UInt8]

  init(_ text: String, option: String) {
    self.text = text
    self.option = option
    bytes = Array(text.utf8)
  }

  /// What stands at `range`.
  func excerpt(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}

/// One token and where it stands, in bytes.
struct SelectorToken {
  enum Kind: Equatable {
    /// `.name`, in one piece.
    case field([UInt8])
    /// A word, also one that jq keeps for itself.
    case name(String)
    /// `$name`.
    case variable(String)
    /// As it is written.
    case number
    /// Unescaped.
    case string([UInt8])
    /// `@name`.
    case format
    /// An operator or a mark.
    case symbol(String)
    case end
  }

  let kind: Kind
  let range: Range<Int>
}

/// Reads tokens one by one.
struct SelectorLexer {
  let source: SelectorSource
  private var index = 0

  init(_ source: SelectorSource) { self.source = source }

  private func byte(at index: Int) -> UInt8 {
    index < source.bytes.count ? source.bytes[index] : 0
  }

  /// The next token, behind white space and comments.
  mutating func next() throws(Failure) -> SelectorToken {
    skipSpace()
    let start = index
    guard start < source.bytes.count else { return token(.end, from: start) }
    switch source.bytes[start] {
    case UInt8(ascii: "\""): return try string()
    case let byte where isDigit(byte): return number()
    case UInt8(ascii: "."):
      if isDigit(byte(at: start + 1)) { return number() }
      if isNameStart(byte(at: start + 1)) { return field() }
    case let byte where isNameStart(byte):
      let word = word(from: start)
      return token(.name(word), from: start)
    case UInt8(ascii: "$"):
      if isNameStart(byte(at: start + 1)) {
        let word = word(from: start + 1)
        return token(.variable(word), from: start)
      }
    case UInt8(ascii: "@"):
      if isNamePart(byte(at: start + 1)) {
        _ = word(from: start + 1)
        return token(.format, from: start)
      }
    default: break
    }
    return try symbol()
  }

  private func token(_ kind: SelectorToken.Kind, from start: Int) -> SelectorToken {
    SelectorToken(kind: kind, range: start..<index)
  }

  /// Space, tab, carriage return and line feed, and comments, which a backslash before the end of a line
  /// carries on.
  private mutating func skipSpace() {
    while index < source.bytes.count {
      switch source.bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
        index += 1
      case UInt8(ascii: "#"): skipComment()
      default: return
      }
    }
  }

  private mutating func skipComment() {
    while index < source.bytes.count, source.bytes[index] != UInt8(ascii: "\n") {
      if source.bytes[index] == UInt8(ascii: "\\") {
        if byte(at: index + 1) == UInt8(ascii: "\r") && byte(at: index + 2) == UInt8(ascii: "\n") {
          index += 1
        }
        if [UInt8(ascii: "\\"), UInt8(ascii: "\r"), UInt8(ascii: "\n")].contains(
          byte(at: index + 1))
        {
          index += 1
        }
      }
      index += 1
    }
  }

  // MARK: Words and numbers

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private func isNameStart(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
  }

  private func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }

  private mutating func field() -> SelectorToken {
    let start = index
    index += 1
    while isNamePart(byte(at: index)) { index += 1 }
    return token(.field(Array(source.bytes[start + 1..<index])), from: start)
  }

  /// The name at `start`, with those of modules before it; goes behind it.
  private mutating func word(from start: Int) -> String {
    index = start
    while true {
      while isNamePart(byte(at: index)) { index += 1 }
      let isQualified =
        byte(at: index) == UInt8(ascii: ":") && byte(at: index + 1) == UInt8(ascii: ":")
        && isNameStart(byte(at: index + 2))
      if !isQualified { return source.excerpt(start..<index) }
      index += 2
    }
  }

  private mutating func number() -> SelectorToken {
    let start = index
    while isDigit(byte(at: index)) { index += 1 }
    if byte(at: index) == UInt8(ascii: ".") { index += 1 }
    while isDigit(byte(at: index)) { index += 1 }
    if byte(at: index) | 0x20 == UInt8(ascii: "e") {
      let isSigned = [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte(at: index + 1))
      let digits = index + (isSigned ? 2 : 1)
      if isDigit(byte(at: digits)) {
        index = digits
        while isDigit(byte(at: index)) { index += 1 }
      }
    }
    return token(.number, from: start)
  }

  // MARK: Symbols

  /// Longest first.
  private static let symbols = [
    "?//", "//=", "!=", "==", "//", "|=", "+=", "-=", "*=", "/=", "%=", "<=", ">=", "..", ".", "?",
    "=", ";", ",", ":", "|", "+", "-", "*", "/", "%", "$", "<", ">", "(", ")", "[", "]", "{", "}",
  ]

  private mutating func symbol() throws(Failure) -> SelectorToken {
    let start = index
    let rest = source.bytes[start...]
    guard let found = SelectorLexer.symbols.first(where: { rest.starts(with: $0.utf8) }) else {
      throw unknownCharacter(at: start)
    }
    index += found.utf8.count
    return token(.symbol(found), from: start)
  }

  private func unknownCharacter(at start: Int) -> Failure {
    let length = source.bytes.span.scalar(at: start)?.length ?? 1
    let character = source.excerpt(start..<start + length)
    if character == "'" {
      return source.failure(
        "strings stand in double quotes, as in jq", at: start,
        remedy: "write \"…\", and put single quotes round the whole selector for the shell")
    }
    if start > 0 && source.bytes[start - 1] == UInt8(ascii: ".") {
      return source.oddName(at: start)
    }
    return source.failure("a selector has no character \(quoted(character))", at: start)
  }

  // MARK: Strings

  private mutating func string() throws(Failure) -> SelectorToken {
    let start = index
    index += 1
    var contents = ByteBlock()
    while true {
      guard index < source.bytes.count else {
        throw source.failure("a string without its closing quote", at: start)
      }
      switch source.bytes[index] {
      case UInt8(ascii: "\""):
        index += 1
        return token(.string(contents.withBytes { copy($0) }), from: start)
      case UInt8(ascii: "\\"): try escape(&contents)
      case let byte:
        contents.append(byte)
        index += 1
      }
    }
  }

  private func copy(_ bytes: Span<UInt8>) -> [UInt8] {
    var all: [UInt8] = []
    for index in 0..<bytes.count { all.append(bytes[index]) }
    return all
  }

  private mutating func escape(_ contents: inout ByteBlock) throws(Failure) {
    let start = index
    switch byte(at: start + 1) {
    case UInt8(ascii: "("):
      throw source.refusal("text with values in it, \"\\(…)\"", at: start)
    case UInt8(ascii: "u"): try checkUnicodeEscape(at: start)
    case let letter where "\"\\/bfnrt".utf8.contains(letter): break
    default:
      throw source.failure(
        "an escape that JSON does not have", at: start,
        remedy: "a backslash is written \"\\\\\", in patterns, too: test(\"\\\\d+\")")
    }
    var next = index
    JSONText.append(scalar: JSONText.escape(source.bytes.span, &next), to: &contents)
    index = next
  }

  private func checkUnicodeEscape(at start: Int) throws(Failure) {
    let bytes = source.bytes.span
    guard let unit = JSONText.hexadecimal(bytes, start + 2) else {
      throw source.failure("expected four hexadecimal digits behind \"\\u\"", at: start)
    }
    if unit & 0xF800 != 0xD800 { return }
    let hasPair =
      unit < 0xDC00 && byte(at: start + 6) == UInt8(ascii: "\\")
      && byte(at: start + 7) == UInt8(ascii: "u")
      && (JSONText.hexadecimal(bytes, start + 8) ?? 0) & 0xFC00 == 0xDC00
    if !hasPair { throw source.failure("half of a surrogate pair", at: start) }
  }
}
