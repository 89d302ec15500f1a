// Reads a regular expression and lets only through what jq's library and ours take alike.

/// Reads a pattern as Oniguruma 6.9.10 does with its syntax `Perl_NG`, which jq 1.8 uses, as far as PCRE2
/// can be made to do the same. All else is refused with its place.
///
/// Where PCRE2 has other characters in a class of Unicode or folds case otherwise, `PatternWriter` writes
/// what means the same there.
struct PatternParser {
  struct Flags {
    var isCaseless = false
    var isExtended = false
    var dotTakesLineFeed = false
  }

  /// How deep groups may nest. Our choice.
  static let greatestDepth = 100
  /// How often something may be repeated in numbers: PCRE2's bound.
  static let greatestCount = 65535

  /// Code points, and where each begins in the text, in bytes.
  let scalars: [UInt32]
  private let offsets: [Int]
  var index = 0
  var flags: Flags
  private var depth = 0
  /// The groups that are closed, in the order in which they were opened.
  private(set) var closedGroups: Set<Int> = []
  private(set) var groupCount = 0
  private(set) var groupNames: [String: Int] = [:]
  private var lookbehinds = 0

  static func parse(_ text: [UInt8], flags: Flags) throws(PatternError) -> PatternNode {
    var parser = PatternParser(text, flags: flags)
    let node = try parser.choice()
    if parser.index < parser.scalars.count {
      throw parser.error("a parenthesis closes no group", remedy: "write \"\\\\)\" for itself")
    }
    return node
  }

  private init(_ text: [UInt8], flags: Flags) {
    var scalars: [UInt32] = []
    var offsets: [Int] = []
    var offset = 0
    while let (value, length) = text.span.scalar(at: offset) {
      scalars.append(value)
      offsets.append(offset)
      offset += length
    }
    self.scalars = scalars
    self.offsets = offsets + [offset]
    self.flags = flags
  }

  // MARK: Characters

  func at(_ index: Int) -> Unicode.Scalar? {
    index < scalars.count ? Unicode.Scalar(scalars[index]) : nil
  }

  var current: Unicode.Scalar? { at(index) }

  func starts(with text: String) -> Bool {
    let wanted = text.unicodeScalars.map(\.value)
    return index + wanted.count <= scalars.count
      && scalars[index..<index + wanted.count].elementsEqual(wanted)
  }

  mutating func take(_ text: String) -> Bool {
    if !starts(with: text) { return false }
    index += text.unicodeScalars.count
    return true
  }

  func excerpt(_ range: Range<Int>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[range].compactMap { Unicode.Scalar($0) })
    return String(text)
  }

  func error(_ reason: String, at place: Int? = nil, remedy: String? = nil) -> PatternError {
    PatternError(reason: reason, offset: offsets[place ?? index], remedy: remedy)
  }

  /// What both libraries know and take differently, or one of them alone.
  func refusal(_ part: String, at place: Int? = nil, remedy: String? = nil) -> PatternError {
    error(
      "\(quoted(part)) in a pattern is not the same everywhere, and kes has it not", at: place,
      remedy: remedy)
  }

  // MARK: Structure

  mutating func choice() throws(PatternError) -> PatternNode {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(PatternError) -> PatternNode {
    var nodes: [PatternNode] = []
    while true {
      skipExtended()
      guard let scalar = current, scalar != "|", scalar != ")" else { break }
      if let node = try repeated() { nodes.append(node) }
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  /// With the flag `x`: white space, and comments to the end of the line.
  private mutating func skipExtended() {
    guard flags.isExtended else { return }
    while let scalar = current {
      if scalar == "#" {
        while current != nil, current != "\n" { index += 1 }
      } else if !" \t\n\r\u{0C}".unicodeScalars.contains(scalar) {
        return
      } else {
        index += 1
      }
    }
  }

  /// An atom with what says how often; nil where only flags are set, or for a comment.
  private mutating func repeated() throws(PatternError) -> PatternNode? {
    let start = index
    let atom = try atom()
    skipExtended()
    let place = index
    guard let repetition = try quantifier() else {
      if case .set(let set) = atom, set.mayTakeTwo { throw twoForOne(start) }
      return atom
    }
    guard let atom, isRepeatable(atom, start) else {
      throw error("there is nothing before it to be repeated", at: place)
    }
    if case .set(let set) = atom, set.mayTakeTwo, repetition.most != nil || repetition.least > 1 {
      throw twoForOne(start)
    }
    skipExtended()
    let second = index
    if try quantifier() != nil {
      throw error("two repetitions one behind the other", at: second, remedy: "use a group")
    }
    return .repetition(atom, repetition)
  }

  private func twoForOne(_ place: Int) -> PatternError {
    refusal(
      "[…] of letters by name with the flag i", at: place,
      remedy: "repeat it with + or *, or name the letters: [a-z0-9_]")
  }

  private func isRepeatable(_ node: PatternNode, _ start: Int) -> Bool {
    switch node {
    case .anchor: return false
    case .group(let kind, _): return kind == .plain || kind == .capture || kind == .atomic
    // Only \Q…\E makes one of several.
    case .sequence: return false
    default: return true
    }
  }

  private mutating func quantifier() throws(PatternError) -> PatternRepetition? {
    let bounds: (Int, Int?)
    switch current {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{":
      guard let interval = try interval() else { return nil }
      bounds = interval
    default: return nil
    }
    index += 1
    var manner = PatternRepetition.Manner.greedy
    if take("?") { manner = .lazy } else if take("+") { manner = .possessive }
    return PatternRepetition(least: bounds.0, most: bounds.1, manner: manner)
  }

  /// `{2}`, `{2,}` or `{2,5}`, up to its last character; nil where the brace stands for itself.
  private mutating func interval() throws(PatternError) -> (Int, Int?)? {
    let start = index
    var place = index + 1
    guard let least = number(&place) else { return nil }
    var most: Int? = least
    if at(place) == "," {
      place += 1
      most = number(&place)
    }
    guard at(place) == "}" else { return nil }
    if max(least, most ?? 0) > PatternParser.greatestCount {
      throw error("repeated more than \(PatternParser.greatestCount) times", at: start)
    }
    if let most, most < least { throw error("at least more than at most", at: start) }
    index = place
    return (least, most)
  }

  private func number(_ place: inout Int) -> Int? {
    let start = place
    var value = 0
    while let digit = at(place), ("0"..."9").contains(digit) {
      value = min(value * 10 + Int(digit.value - 48), 1 << 30)
      place += 1
    }
    return place == start ? nil : value
  }

  /// nil where only flags are set, or for a comment.
  private mutating func atom() throws(PatternError) -> PatternNode? {
    let start = index
    guard let scalar = current else { return nil }
    switch scalar {
    case "(": return try group()
    case "[":
      index += 1
      return .set(try bracket())
    case "\\": return try escape()
    case "*", "+", "?": throw error("there is nothing before it to be repeated")
    case "{":
      if try interval() != nil {
        throw error("there is nothing before it to be repeated", at: start)
      }
    case ".":
      index += 1
      return .any(withLineFeed: flags.dotTakesLineFeed)
    case "^":
      index += 1
      return .anchor(.start)
    case "$":
      index += 1
      return .anchor(.endOrLineFeed)
    default: break
    }
    index += 1
    return try character(scalar.value, at: start)
  }

  /// A character for itself.
  func character(_ value: UInt32, at place: Int) throws(PatternError) -> PatternNode {
    if flags.isCaseless && CaseFolding.takesSeveral(value) {
      throw refusal(
        "\(excerpt(place..<place + 1)) with the flag i", at: place,
        remedy: "jq takes several letters for it; name them: (?-i:…)")
    }
    return .character(value, isCaseless: flags.isCaseless)
  }

  // MARK: Groups

  private mutating func group() throws(PatternError) -> PatternNode? {
    let start = index
    index += 1
    if starts(with: "*") { throw refusal("(*", at: start) }
    guard take("?") else { return try capture(named: nil, from: start) }
    if take(":") { return try inside(.plain, start) }
    if take(">") { return try inside(.atomic, start) }
    if take("=") { return try inside(.lookahead, start) }
    if take("!") { return try inside(.negativeLookahead, start) }
    if take("<=") { return try lookbehind(.lookbehind, start) }
    if take("<!") { return try lookbehind(.negativeLookbehind, start) }
    if take("<") { return try capture(named: try name(start), from: start) }
    if take("#") { return try comment(start) }
    return try flagGroup(start)
  }

  /// The rest of a group behind what says its kind; flags that are set in it end with it.
  private mutating func inside(
    _ kind: PatternNode.Kind, _ start: Int
  ) throws(PatternError) -> PatternNode {
    if depth == PatternParser.greatestDepth {
      throw error("groups nest more than \(PatternParser.greatestDepth) deep", at: start)
    }
    depth += 1
    let outer = flags
    let node = try choice()
    flags = outer
    depth -= 1
    if !take(")") { throw error("a group that is not closed", at: start) }
    return .group(kind, node)
  }

  private mutating func capture(
    named name: String?, from start: Int
  ) throws(PatternError) -> PatternNode {
    if lookbehinds > 0 { throw refusal("a group in (?<=…)", at: start, remedy: "write (?:…)") }
    groupCount += 1
    let number = groupCount
    if let name {
      if groupNames[name] != nil { throw refusal("a second group named \(name)", at: start) }
      groupNames[name] = number
    }
    let node = try inside(.capture, start)
    closedGroups.insert(number)
    return node
  }

  private mutating func name(_ start: Int) throws(PatternError) -> String {
    let first = index
    while current != nil, current != ">" { index += 1 }
    let name = excerpt(first..<index)
    let isName =
      !name.isEmpty
      && name.utf8.enumerated().allSatisfy { place, byte in
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
          || (place > 0 && byte &- UInt8(ascii: "0") < 10)
      }
    guard take(">"), isName else {
      throw error("expected a name of letters, digits and _ between < and >", at: start)
    }
    return name
  }

  private mutating func comment(_ start: Int) throws(PatternError) -> PatternNode? {
    while let scalar = current, scalar != ")" {
      if scalar == "\\" { throw refusal("a backslash in (?#…)") }
      index += 1
    }
    if !take(")") { throw error("a comment that is not closed", at: start) }
    return nil
  }

  private mutating func lookbehind(
    _ kind: PatternNode.Kind, _ start: Int
  ) throws(PatternError) -> PatternNode {
    lookbehinds += 1
    defer { lookbehinds -= 1 }
    let node = try inside(kind, start)
    if case .group(_, let inside) = node, PatternWidth.of(inside) == nil {
      throw refusal(
        "\(kind.rawValue)…) of what is not always as long", at: start,
        remedy: "it may hold characters and sets, and branches of them that are equally long")
    }
    return node
  }

  /// `(?i)`, `(?i:…)`, `(?-i)`.
  private mutating func flagGroup(_ start: Int) throws(PatternError) -> PatternNode? {
    var isOn = true
    var flags = flags
    var count = 0
    while let scalar = current {
      switch scalar {
      case "i": flags.isCaseless = isOn
      case "x": flags.isExtended = isOn
      case "s": flags.dotTakesLineFeed = isOn
      case "-" where isOn: isOn = false
      case ")" where count > 0, ":" where count > 0:
        index += 1
        let outer = self.flags
        self.flags = flags
        if scalar == ")" { return nil }
        let node = try inside(.plain, start)
        self.flags = outer
        return node
      default: throw unknownGroup(start)
      }
      if scalar != "-" { count += 1 }
      index += 1
    }
    throw error("a group that is not closed", at: start)
  }

  private func unknownGroup(_ start: Int) -> PatternError {
    let end = min(scalars.count, index + 1)
    let remedy: String? =
      switch at(start + 2) {
      case "P": "a named group is (?<NAME>…), and \\k<NAME> takes it up"
      case "m": "\".\" takes line feeds, too, with (?s)"
      default: nil
      }
    return refusal(excerpt(start..<end), at: start, remedy: remedy)
  }
}

/// How many characters a part of a pattern takes; nil where that is not always the same, or not alike in
/// both libraries.
enum PatternWidth {
  static func of(_ node: PatternNode) -> Int? {
    switch node {
    case .character, .any: return 1
    case .set(let set): return set.mayTakeTwo ? nil : 1
    case .anchor: return 0
    case .group(.plain, let inside): return of(inside)
    case .sequence(let nodes):
      var width = 0
      for node in nodes {
        guard let next = of(node) else { return nil }
        width += next
      }
      return CaseFolding.takesOne(nodes) ? nil : width
    case .choice(let branches):
      let widths = branches.map(of)
      return widths.allSatisfy { $0 == widths[0] } ? widths[0] : nil
    case .repetition(let inside, let repetition):
      guard repetition.least == repetition.most, repetition.manner == .greedy else { return nil }
      return of(inside).map { $0 * repetition.least }
    case .lineEnd, .grapheme, .reference, .group: return nil
    }
  }
}
