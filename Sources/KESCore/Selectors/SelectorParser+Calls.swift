// Functions in selectors, and what is said of what does not belong into one.

extension SelectorParser {
  /// The function that stands here, with what is in its parentheses.
  mutating func call(_ name: String) throws(Failure) -> SelectorCall {
    let start = token.range.lowerBound
    switch name {
    case "not": return try plain(.not)
    case "tostring": return try plain(.tostring)
    case "tonumber": return try plain(.tonumber)
    case "ascii_downcase": return try plain(.downcase)
    case "ascii_upcase": return try plain(.upcase)
    case "length": return try plain(.length)
    case "type": return try plain(.type)
    case "startswith": return .startsWith(try onlyString(of: name))
    case "endswith": return .endsWith(try onlyString(of: name))
    case "contains": return .contains(try onlyString(of: name))
    case "ltrimstr": return .removePrefix(try onlyString(of: name))
    case "rtrimstr": return .removeSuffix(try onlyString(of: name))
    case "has": return try has()
    case "IN": return .isOneOf(try list())
    case "test": return .test(try test())
    default: throw unknownName(name, at: start)
    }
  }

  private mutating func plain(_ call: SelectorCall) throws(Failure) -> SelectorCall {
    let name = source.excerpt(token.range)
    try advance()
    if isSymbol("(") {
      throw source.failure(
        "\"\(name)\" takes nothing in parentheses", at: token.range.lowerBound)
    }
    return call
  }

  private mutating func open(_ name: String, _ what: String) throws(Failure) {
    try advance()
    try expect("(", expected: "\"\(name)(\(what))\"")
  }

  /// The string that stands here, and where.
  private mutating func string(
    of name: String
  ) throws(Failure) -> (text: [UInt8], range: Range<Int>) {
    guard case .string(let text) = token.kind else { throw computed(name, "a string") }
    let range = token.range
    try advance()
    return (text, range)
  }

  private mutating func onlyString(of name: String) throws(Failure) -> [UInt8] {
    try open(name, "\"TEXT\"")
    let text = try string(of: name).text
    try close(name)
    return text
  }

  private mutating func close(_ name: String) throws(Failure) {
    if isSymbol(")") { return try advance() }
    if isSymbol(";") {
      throw source.failure("too much in the parentheses of \"\(name)\"", at: token.range.lowerBound)
    }
    throw unexpected("\")\"")
  }

  private mutating func has() throws(Failure) -> SelectorCall {
    try open("has", "\"NAME\"")
    if case .string(let name) = token.kind {
      try advance()
      try close("has")
      return .hasMember(name)
    }
    guard let number = try integer() else { throw computed("has", "a string or a number") }
    try close("has")
    return .hasElement(Int(number))
  }

  private mutating func list() throws(Failure) -> [SelectorLiteral] {
    try open("IN", "VALUE, …")
    var values: [SelectorLiteral] = []
    repeat {
      guard let value = try literal() else { throw computed("IN", "a literal") }
      values.append(value)
    } while try take(",")
    if isSymbol(";") { throw source.refusal("\"IN\" of two streams", at: token.range.lowerBound) }
    try close("IN")
    return values
  }

  private mutating func test() throws(Failure) -> Pattern {
    try open("test", "\"PATTERN\"")
    let pattern = try string(of: "test")
    var flags: (text: [UInt8], range: Range<Int>) = ([], 0..<0)
    if try take(";") { flags = try string(of: "test") }
    try close("test")
    do {
      return try Pattern(pattern.text, flags: flags.text)
    } catch {
      let range = error.isOfFlags ? flags.range : pattern.range
      throw source.failure(
        error.reason, at: place(of: error.offset, inString: range), remedy: error.remedy)
    }
  }

  /// Where the byte at `offset` of a string's text stands in the selector.
  private func place(of offset: Int, inString range: Range<Int>) -> Int {
    let bytes = source.bytes.span
    var index = range.lowerBound + 1
    var passed = 0
    while passed < offset && index < range.upperBound - 1 {
      if bytes[index] == UInt8(ascii: "\\") {
        var character = ByteBlock()
        JSONText.append(scalar: JSONText.escape(bytes, &index), to: &character)
        passed += character.count
      } else {
        (index, passed) = (index + 1, passed + 1)
      }
    }
    return index
  }

  // MARK: What does not belong here

  /// What stands in a function's parentheses is no literal.
  private func computed(_ name: String, _ expected: String) -> Failure {
    switch token.kind {
    case .end, .symbol(")"), .symbol(";"), .symbol("]"), .symbol("}"):
      return unexpected("\(expected) for \"\(name)\"")
    default:
      return source.refusal(
        "\"\(name)\" of what is computed (kes: of \(expected))", at: token.range.lowerBound)
    }
  }

  private func unknownName(_ name: String, at start: Int) -> Failure {
    if JqNames.keywords.contains(name) || JqNames.functions.contains(name) {
      return source.refusal(quoted(name), at: start)
    }
    return source.failure(
      "neither jq nor kes has a function \(quoted(name))", at: start,
      remedy: "a member is written with a dot, .\(name), and text in quotes, \"\(name)\"")
  }

  /// Something stands here that must not: refused by name where jq has it.
  func unexpected(_ expected: String) -> Failure {
    let start = token.range.lowerBound
    switch token.kind {
    case .symbol("?//"):
      return source.failure(
        "jq reads \"?//\" as one mark, which kes has not", at: start,
        remedy: "put a space between \"?\" and \"//\"")
    case .symbol(let symbol):
      if let what = SelectorParser.refused[symbol] { return source.refusal(what, at: start) }
    case .name(let name):
      if JqNames.keywords.contains(name), !["and", "or"].contains(name) {
        return source.refusal(quoted(name), at: start)
      }
    case .variable: return source.refusal("variables, \(quoted(found))", at: start)
    case .format: return source.refusal("formats, \(quoted(found))", at: start)
    case .end: return source.failure("expected \(expected), found the end", at: start)
    default: break
    }
    return source.failure("expected \(expected), found \(quoted(found))", at: start)
  }

  private var found: String { source.excerpt(token.range) }

  /// Operators and marks of jq's.
  private static let refused: [String: String] = [
    ",": "several values, \",\"", "..": "all values below one, \"..\"",
    "+": "arithmetic, \"+\"", "-": "arithmetic, \"-\"", "*": "arithmetic, \"*\"",
    "/": "arithmetic, \"/\"", "%": "arithmetic, \"%\"", "=": "assignments, \"=\" (\"==\" compares)",
    "|=": "assignments, \"|=\"", "+=": "assignments, \"+=\"", "-=": "assignments, \"-=\"",
    "*=": "assignments, \"*=\"", "/=": "assignments, \"/=\"", "%=": "assignments, \"%=\"",
    "//=": "assignments, \"//=\"",
    "[": "arrays that are made, \"[…]\"", "{": "objects that are made, \"{…}\"",
  ]
}
