// Escapes and sets of characters in regular expressions.

extension PatternParser {
  // MARK: Escapes

  /// A backslash outside of brackets.
  mutating func escape() throws(PatternError) -> PatternNode {
    let start = index
    index += 1
    guard let letter = current else {
      throw error("a backslash at the end", at: start, remedy: "write \"\\\\\\\\\" for itself")
    }
    if let item = try namedClass(start) { return .set(PatternSet(items: [item])) }
    if let value = try escapedCharacter(start) { return try character(value, at: start) }
    index += 1
    switch letter {
    case "A": return .anchor(.start)
    case "Z": return .anchor(.endOrLineFeed)
    case "z": return .anchor(.end)
    case "b": return .anchor(.wordBoundary)
    case "B": return .anchor(.noWordBoundary)
    case "G": return .anchor(.searchStart)
    case "N": return .any(withLineFeed: false)
    case "R": return .lineEnd
    case "X": return .grapheme
    // What was found is kept from here on; whether something is found is the same.
    case "K": return .group(.lookahead, .sequence([]))
    case "Q": return try quotation(start)
    case "k": return try namedReference(start)
    case "1"..."9": return try reference(start)
    default: throw refusal(excerpt(start..<index), at: start, remedy: remedy(letter))
    }
  }

  private func remedy(_ letter: Unicode.Scalar) -> String? {
    switch letter {
    case "u", "x", "o", "0": "a character by its number is \"\\\\x{e9}\""
    case "h": "a hexadecimal digit is [0-9A-Fa-f], a space or tab [ \\t]"
    case "v": "a vertical tab is \"\\\\x0b\""
    case "p", "P": "a property stands in braces: \"\\\\p{L}\""
    default: nil
    }
  }

  /// `\d`, `\p{L}` and the like; nil where it is something else.
  private mutating func namedClass(_ start: Int) throws(PatternError) -> PatternSet.Item? {
    let item: PatternSet.Item
    switch current {
    case "d": item = .named(.digit, isNegated: false)
    case "D": item = .named(.digit, isNegated: true)
    case "s": item = .named(.space, isNegated: false)
    case "S": item = .named(.space, isNegated: true)
    case "w": item = .named(.word, isNegated: false)
    case "W": item = .named(.word, isNegated: true)
    case "p", "P":
      guard at(index + 1) == "{" else { return nil }
      return try property(start)
    default: return nil
    }
    index += 1
    return item
  }

  /// The character that an escape stands for; nil where it stands for something else.
  private mutating func escapedCharacter(_ start: Int) throws(PatternError) -> UInt32? {
    guard let letter = current else { return nil }
    let controls: [Unicode.Scalar: UInt32] = ["t": 9, "n": 10, "r": 13, "f": 12, "a": 7, "e": 27]
    if let value = controls[letter] {
      index += 1
      return value
    }
    switch letter {
    case "0":
      if let next = at(index + 1), ("0"..."9").contains(next) { return nil }
      index += 1
      return 0
    case "x": return try hexadecimal(start)
    case "c":
      guard let name = at(index + 1), ("a"..."z").contains(name) || ("A"..."Z").contains(name)
      else { return nil }
      index += 2
      return name.value & 0x1F
    case "a"..."z", "A"..."Z", "1"..."9": return nil
    default:
      index += 1
      return letter.value
    }
  }

  /// `\xe9` or `\x{e9}`; nil where the digits are not there.
  private mutating func hexadecimal(_ start: Int) throws(PatternError) -> UInt32? {
    var place = index + 1
    let isBraced = at(place) == "{"
    if isBraced { place += 1 }
    let first = place
    var value: UInt32 = 0
    while place < first + (isBraced ? 8 : 2), let digit = digit(at: place) {
      value = value << 4 | UInt32(digit)
      place += 1
    }
    guard isBraced ? place > first && at(place) == "}" : place == first + 2 else { return nil }
    if Unicode.Scalar(value) == nil { throw error("there is no such character", at: start) }
    index = isBraced ? place + 1 : place
    return value
  }

  private func digit(at place: Int) -> Int? {
    guard let scalar = at(place), scalar.isASCII else { return nil }
    return Character(scalar).hexDigitValue
  }

  private mutating func quotation(_ start: Int) throws(PatternError) -> PatternNode {
    var nodes: [PatternNode] = []
    while index < scalars.count {
      if take("\\E") { return .sequence(nodes) }
      nodes.append(try character(scalars[index], at: index))
      index += 1
    }
    throw error("\"\\Q\" without its \"\\E\"", at: start)
  }

  private mutating func namedReference(_ start: Int) throws(PatternError) -> PatternNode {
    guard take("<") else { throw refusal("\\k", at: start, remedy: "write \\k<NAME>") }
    let first = index
    while current != nil, current != ">" { index += 1 }
    let number = groupNames[excerpt(first..<index)]
    guard take(">"), let number else { throw error("there is no group of that name", at: start) }
    return try reference(to: number, start)
  }

  private mutating func reference(_ start: Int) throws(PatternError) -> PatternNode {
    if let next = current, ("0"..."9").contains(next) {
      throw refusal(excerpt(start..<index + 1), at: start)
    }
    return try reference(to: Int(scalars[index - 1] - 48), start)
  }

  private func reference(to number: Int, _ start: Int) throws(PatternError) -> PatternNode {
    guard closedGroups.contains(number) else {
      throw error("a reference back to a group that is not there before it", at: start)
    }
    if flags.isCaseless { throw refusal("a reference back with the flag i", at: start) }
    return .reference(number)
  }

  // MARK: Properties

  /// From its letter.
  private mutating func property(_ start: Int) throws(PatternError) -> PatternSet.Item {
    var isNegated = current == "P"
    index += 2
    if take("^") { isNegated.toggle() }
    let first = index
    while current != nil, current != "}" { index += 1 }
    let name = excerpt(first..<index)
    let known = PatternClass(property: name)
    guard take("}"), let known else {
      throw refusal(
        excerpt(start..<min(index, scalars.count)), at: start,
        remedy: "kes has the general categories (L, Lu, Nd, P, …) and scripts (Greek, Han, …)")
    }
    return .named(known, isNegated: isNegated)
  }

  // MARK: Brackets

  /// A set, from behind its bracket.
  mutating func bracket() throws(PatternError) -> PatternSet {
    let start = index - 1
    var set = PatternSet(isCaseless: flags.isCaseless)
    set.isNegated = take("^")
    var isFirst = true
    var isBehindRange = false
    while isFirst || current != "]" {
      guard current != nil else { throw error("a \"[\" without its \"]\"", at: start) }
      if isFirst && current == "]" && !scalars[(index + 1)...].contains(93) {
        throw error("a set of nothing", at: start)
      }
      isBehindRange = try takeItem(&set, isFirst: isFirst, isBehindRange: isBehindRange)
      isFirst = false
    }
    index += 1
    return set
  }

  /// Takes one item of a set; whether it is a range.
  private mutating func takeItem(
    _ set: inout PatternSet, isFirst: Bool, isBehindRange: Bool
  ) throws(PatternError) -> Bool {
    let start = index
    if current == "-", at(index + 1) != "]", !isFirst, !isBehindRange || at(index + 1) == "-" {
      throw refusal(
        "a \"-\" in the midst of […]", remedy: "put it first or last, or write \"\\\\-\"")
    }
    if let item = try namedItem() {
      try add(item, to: &set, start)
      if current == "-", at(index + 1) != "]" {
        throw refusal("a \"-\" behind a set in […]", remedy: "put it first or last")
      }
      return false
    }
    let first = try member()
    guard current == "-", let next = at(index + 1), next != "]", !(isBehindRange && first == 45)
    else {
      try add(.range(first...first), to: &set, start)
      return false
    }
    index += 1
    let last = try namedItem() == nil ? try member() : nil
    guard let last else { throw error("a range that ends with a set", at: start) }
    if last < first { throw error("a range that goes backwards", at: start) }
    try add(.range(first...last), to: &set, start)
    return true
  }

  /// A class by its name, `\d` or `[:alpha:]`; nil where a character stands.
  private mutating func namedItem() throws(PatternError) -> PatternSet.Item? {
    let start = index
    if starts(with: "[.") || starts(with: "[=") { throw refusal(excerpt(start..<start + 2)) }
    if current == "\\" {
      index += 1
      if let item = try namedClass(start) { return item }
      index = start
      return nil
    }
    guard starts(with: "[:") else { return nil }
    var end = start + 2
    while let scalar = at(end), scalar != ":", scalar != "]" { end += 1 }
    guard at(end) == ":", at(end + 1) == "]" else { return nil }
    let isNegated = at(start + 2) == "^"
    let name = excerpt(start + (isNegated ? 3 : 2)..<end)
    index = end + 2
    guard let known = PatternClass(bracket: name) else {
      throw refusal(excerpt(start..<end + 2), at: start)
    }
    return .named(known, isNegated: isNegated)
  }

  /// A single character of a set.
  private mutating func member() throws(PatternError) -> UInt32 {
    let start = index
    guard let scalar = current else { throw error("a \"[\" without its \"]\"", at: start) }
    index += 1
    guard scalar == "\\" else { return scalar.value }
    if take("b") { return 8 }
    if let value = try escapedCharacter(start) { return value }
    let end = min(index + 1, scalars.count)
    throw refusal(excerpt(start..<end), at: start, remedy: current.flatMap(remedy))
  }

  private func add(
    _ item: PatternSet.Item, to set: inout PatternSet, _ start: Int
  ) throws(PatternError) {
    set.items.append(item)
    guard set.isCaseless else { return }
    switch item {
    case .range(let range):
      if !set.isNegated, CaseFolding.severalCharacters.contains(where: range.contains) {
        throw refusal(
          "\(excerpt(start..<index)) with the flag i", at: start,
          remedy: "jq takes several letters for one of them")
      }
    case .named(let known, let isNegated):
      switch known {
      case .digit, .space, .blank, .cntrl: if isNegated { set.mayTakeTwo = !set.isNegated }
      case .word, .alpha, .alnum: set.mayTakeTwo = !set.isNegated
      default:
        throw refusal("\(excerpt(start..<index)) with the flag i", at: start)
      }
    }
  }
}

extension PatternClass {
  /// A class that POSIX names.
  init?(bracket name: String) {
    switch name {
    case "alpha": self = .alpha
    case "alnum": self = .alnum
    case "digit": self = .digit
    case "upper": self = .upper
    case "lower": self = .lower
    case "space": self = .space
    case "blank": self = .blank
    case "cntrl": self = .cntrl
    case "xdigit": self = .xdigit
    case "ascii": self = .ascii
    case "word": self = .word
    default: return nil
    }
  }

  /// General categories whose characters do not depend on what is unassigned.
  private static let categories: Set<String> = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc",
    "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "Cc",
    "Cf",
  ]

  private static let scripts: Set<String> = [
    "Arabic", "Armenian", "Bengali", "Bopomofo", "Braille", "Cherokee", "Cyrillic", "Devanagari",
    "Ethiopic", "Georgian", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana",
    "Kannada", "Katakana", "Khmer", "Lao", "Latin", "Malayalam", "Mongolian", "Myanmar", "Oriya",
    "Sinhala", "Syriac", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan",
  ]

  /// A property of Unicode, by its usual name.
  init?(property name: String) {
    if PatternClass.categories.contains(name) {
      self = .category(name)
    } else if PatternClass.scripts.contains(name) {
      self = .script(name)
    } else {
      return nil
    }
  }
}
