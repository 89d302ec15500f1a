// From a selector's text to its tree (docs/cli.md, "Selectors"): a subset of jq's grammar
// (src/parser.y of jq 1.8).

/// Reads one selector.
///
///     pipe := alt { "|" alt }          or  := and { "or" and }
///     alt  := or [ "//" alt ]          and := cmp { "and" cmp }
///     cmp  := post [ OPERATOR post ]   post := term { step }
struct SelectorParser {
  /// How deep parentheses may nest. Our choice.
  static let greatestDepth = 100
  /// How long a selector may be, in bytes. Our choice.
  static let greatestLength = 1 << 16

  let source: SelectorSource
  /// What is read as jq reads it, and may not have been meant so.
  private(set) var warnings: [String] = []
  private var lexer: SelectorLexer
  var token: SelectorToken
  private var depth = 0
  /// Behind the token before.
  private var end = 0

  /// Throws a failure where the text is no selector.
  static func parse(
    _ source: SelectorSource
  ) throws(Failure) -> (expression: SelectorExpression, warnings: [String]) {
    if source.bytes.count > greatestLength {
      throw Failure.usage(
        "\(source.option): a selector of more than \(greatestLength) bytes is too long")
    }
    var parser = try SelectorParser(source)
    let expression = try parser.pipe()
    if parser.token.kind != .end { throw parser.unexpected("an operator or the end") }
    return (expression, parser.warnings)
  }

  private init(_ source: SelectorSource) throws(Failure) {
    self.source = source
    lexer = SelectorLexer(source)
    token = try lexer.next()
  }

  // MARK: Tokens

  mutating func advance() throws(Failure) {
    end = token.range.upperBound
    token = try lexer.next()
  }

  func isSymbol(_ text: String) -> Bool { token.kind == .symbol(text) }

  /// Goes behind the symbol, if it stands here.
  mutating func take(_ symbol: String) throws(Failure) -> Bool {
    if !isSymbol(symbol) { return false }
    try advance()
    return true
  }

  mutating func expect(_ symbol: String, expected: String) throws(Failure) {
    if try !take(symbol) { throw unexpected(expected) }
  }

  /// Whether the token stands right behind the one before.
  private var isAdjacent: Bool { token.range.lowerBound == end }

  // MARK: Operators

  mutating func pipe() throws(Failure) -> SelectorExpression {
    var items = [try alternative()]
    while try take("|") { items.append(try alternative()) }
    return chain(items) { .pipe($0) }
  }

  private mutating func alternative() throws(Failure) -> SelectorExpression {
    var items = [try or()]
    while try take("//") {
      let item = try or()
      warnAbout(item, behind: items)
      items.append(item)
    }
    return chain(items) { .alternative($0) }
  }

  private mutating func or() throws(Failure) -> SelectorExpression {
    var items = [try and()]
    while token.kind == .name("or") {
      try advance()
      items.append(try and())
    }
    return chain(items) { .or($0) }
  }

  private mutating func and() throws(Failure) -> SelectorExpression {
    var items = [try comparison()]
    while token.kind == .name("and") {
      try advance()
      items.append(try comparison())
    }
    return chain(items) { .and($0) }
  }

  private func chain(
    _ items: [SelectorExpression], _ form: ([SelectorExpression]) -> SelectorExpression.Form
  ) -> SelectorExpression {
    guard items.count > 1 else { return items[0] }
    let start = items[0].range.lowerBound
    return SelectorExpression(form: form(items), range: start..<end)
  }

  private mutating func comparison() throws(Failure) -> SelectorExpression {
    let left = try postfix()
    guard let comparison = comparisonOperator else { return left }
    try advance()
    let right = try postfix()
    if comparisonOperator != nil {
      throw source.failure(
        "comparisons do not chain, in jq neither", at: token.range.lowerBound,
        remedy: "put one of them in parentheses, or join them with \"and\"")
    }
    return SelectorExpression(
      form: .comparison(comparison, left, right),
      range: left.range.lowerBound..<right.range.upperBound)
  }

  private var comparisonOperator: ComparisonOperator? {
    if case .symbol(let text) = token.kind { ComparisonOperator(rawValue: text) } else { nil }
  }

  /// `A // B == C` is `A // (B == C)`.
  private mutating func warnAbout(_ item: SelectorExpression, behind items: [SelectorExpression]) {
    switch item.form {
    case .comparison, .and, .or: break
    default: return
    }
    let start = items[0].range.lowerBound
    let before = source.excerpt(start..<item.range.lowerBound)
    let written = source.excerpt(start..<item.range.upperBound)
    let meant = before + "(" + source.excerpt(item.range) + ")"
    warnings.append(
      "\(source.option): \(VisibleText.of(written)) is \(VisibleText.of(meant)), as in jq; what is "
        + "meant otherwise needs parentheses round the \"//\"")
  }

  // MARK: Terms

  private mutating func postfix() throws(Failure) -> SelectorExpression {
    let start = token.range.lowerBound
    var steps: [SelectorExpression.Step] = []
    let base = try term(&steps)
    while let step = try nextStep() { steps.append(step) }
    return SelectorExpression(form: .term(base, steps), range: start..<end)
  }

  private mutating func term(
    _ steps: inout [SelectorExpression.Step]
  ) throws(Failure) -> SelectorExpression.Base {
    switch token.kind {
    case .field:
      if let step = try nextStep() { steps.append(step) }
      return .current
    case .symbol("."): return try dot(&steps)
    case .symbol("("): return .group(try group())
    case .variable("message"):
      try advance()
      return .message
    case .name(let name):
      if !["null", "true", "false"].contains(name) { return .call(try call(name)) }
    default: break
    }
    guard let literal = try literal() else { throw unexpected("a value") }
    return .literal(literal)
  }

  private mutating func dot(
    _ steps: inout [SelectorExpression.Step]
  ) throws(Failure) -> SelectorExpression.Base {
    let start = token.range.lowerBound
    try advance()
    switch token.kind {
    case .string(let name): steps.append(try member(name, from: start))
    case .name("and"), .name("or"): break
    case .name: throw source.oddName(at: start + 1)
    case .format, .variable, .number:
      if isAdjacent { throw source.oddName(at: end) }
    default: break
    }
    return .current
  }

  private mutating func group() throws(Failure) -> SelectorExpression {
    if depth == SelectorParser.greatestDepth {
      throw source.failure(
        "parentheses nest more than \(SelectorParser.greatestDepth) deep",
        at: token.range.lowerBound)
    }
    depth += 1
    defer { depth -= 1 }
    try advance()
    let inside = try pipe()
    try expect(")", expected: "an operator or \")\"")
    return inside
  }

  // MARK: Steps

  /// The step into a value, or the `?`, that stands here; nil without one.
  private mutating func nextStep() throws(Failure) -> SelectorExpression.Step? {
    let start = token.range.lowerBound
    switch token.kind {
    case .field(let name): return try member(name, from: start)
    case .symbol("["):
      try advance()
      return try bracket(from: start)
    case .symbol("?"):
      try advance()
      return SelectorExpression.Step(kind: .attempt, range: start..<end)
    case .symbol("."):
      try advance()
      if case .string(let name) = token.kind { return try member(name, from: start) }
      if isSymbol("[") {
        throw source.failure("expected \"[\" without a dot before it", at: start)
      }
      throw source.oddName(at: start + 1)
    default: return nil
    }
  }

  /// The token here is the step's last.
  private mutating func member(
    _ name: [UInt8], from start: Int
  ) throws(Failure) -> SelectorExpression.Step {
    try advance()
    return try step(.member(name), from: start)
  }

  /// A step that ends here, and a `?` that belongs to it.
  private mutating func step(
    _ kind: SelectorExpression.Step.Kind, from start: Int
  ) throws(Failure) -> SelectorExpression.Step {
    let range = start..<end
    let isOptional = try take("?")
    return SelectorExpression.Step(kind: kind, isOptional: isOptional, range: range)
  }

  private mutating func bracket(from start: Int) throws(Failure) -> SelectorExpression.Step {
    if isSymbol("]") { throw source.refusal("all elements of a value, \"[]\"", at: start) }
    if case .string(let name) = token.kind {
      try advance()
      try expectBracketEnd()
      return try step(.member(name), from: start)
    }
    let first = try integer()
    if try take(":") { return try slice(first, from: start) }
    guard let first else {
      throw source.refusal("names and places that are computed, \"[…]\"", at: start)
    }
    try expectBracketEnd()
    return try step(.element(Int(first)), from: start)
  }

  private mutating func slice(
    _ first: Int32?, from start: Int
  ) throws(Failure) -> SelectorExpression.Step {
    let last = try integer()
    if first == nil && last == nil {
      throw source.failure(
        "a slice needs a number on one side of the colon", at: token.range.lowerBound)
    }
    try expectBracketEnd()
    return try step(.slice(Slice(start: first, end: last)), from: start)
  }

  private mutating func expectBracketEnd() throws(Failure) {
    if isSymbol("]") { return try advance() }
    if isSymbol(":") {
      throw source.failure("a slice counts from numbers", at: token.range.lowerBound)
    }
    throw unexpected("\"]\"")
  }

  // MARK: Literals

  /// The literal that stands here; nil without one.
  mutating func literal() throws(Failure) -> SelectorLiteral? {
    let literal: SelectorLiteral
    switch token.kind {
    case .name("null"): literal = .null
    case .name("true"): literal = .true
    case .name("false"): literal = .false
    case .string(let text): literal = .string(text)
    case .number: literal = .number(number(token.range, isNegative: false))
    case .symbol("-"):
      let start = token.range.lowerBound
      try advance()
      guard token.kind == .number else { throw source.refusal("arithmetic, \"-\"", at: start) }
      literal = .number(number(token.range, isNegative: true))
    default: return nil
    }
    try advance()
    return literal
  }

  /// As jq writes it; -0 is 0 there.
  private func number(_ range: Range<Int>, isNegative: Bool) -> [UInt8] {
    let text = source.bytes.span.extracting(range)
    let sign = isNegative && !DecimalNumber(text).isZero ? "-" : ""
    return Array((sign + ByteBlock.text { DecimalNumber.appendCanonical(text, to: &$0) }).utf8)
  }

  /// The whole number that stands here, held within 32 bits as in jq; nil without one.
  mutating func integer() throws(Failure) -> Int32? {
    let start = token.range.lowerBound
    let isNegative = isSymbol("-")
    if isNegative { try advance() }
    guard token.kind == .number else {
      if isNegative { throw source.refusal("arithmetic, \"-\"", at: start) }
      return nil
    }
    var value: Int64 = 0
    for byte in source.bytes[token.range] {
      guard byte &- UInt8(ascii: "0") < 10 else {
        throw source.refusal("places with a fraction or an exponent", at: start)
      }
      value = min(value * 10 + Int64(byte &- UInt8(ascii: "0")), 1 << 40)
    }
    try advance()
    return Int32(clamping: isNegative ? -value : value)
  }
}
