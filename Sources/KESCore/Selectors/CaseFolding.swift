// Characters that are several letters where case does not count, as jq's regular expressions have it.

/// Full case folding (Unicode, CaseFolding.txt, status F): `ß` is `ss`, `ﬁ` is `fi`. Oniguruma does it,
/// PCRE2 folds one character to one.
enum CaseFolding {
  /// The characters that fold to several, with those.
  private static let full: [UInt32: [UInt32]] = {
    let ranges: [ClosedRange<UInt32>] = [
      0xDF...0xDF, 0x130...0x130, 0x149...0x149, 0x1F0...0x1F0, 0x390...0x390, 0x3B0...0x3B0,
      0x587...0x587, 0x1E96...0x1E9E, 0x1F50...0x1FFC, 0xFB00...0xFB17,
    ]
    var all: [UInt32: [UInt32]] = [:]
    for value in ranges.joined() {
      let folded = folded(value)
      if folded.count > 1 { all[value] = folded }
    }
    return all
  }()

  static let severalCharacters = full.keys.sorted()

  /// Whether the character folds to several.
  static func takesSeveral(_ value: UInt32) -> Bool { full[value] != nil }

  /// What folds to what `values` begin with: how many of them it takes, and the characters; the shortest
  /// first.
  static func characters(for values: ArraySlice<UInt32>) -> [(count: Int, characters: [UInt32])] {
    let folded = values.prefix(3).map(simple)
    return (2...3).compactMap { count in
      guard folded.count >= count else { return nil }
      let characters = severalCharacters.filter { full[$0] == Array(folded.prefix(count)) }
      return characters.isEmpty ? nil : (count, characters)
    }
  }

  /// Whether characters one behind the other, where case does not count, are what one folds to.
  static func takesOne(_ nodes: [PatternNode]) -> Bool {
    let values = nodes.map { node -> UInt32 in
      if case .character(let value, isCaseless: true) = node { value } else { 0 }
    }
    return values.indices.contains { !characters(for: values[$0...]).isEmpty }
  }

  private static func simple(_ value: UInt32) -> UInt32 {
    // The letter i without its dot folds to nothing else, although it has the capital of i.
    if value == 0x131 { return value }
    let folded = folded(value)
    return folded.count == 1 ? folded[0] : value
  }

  private static func folded(_ value: UInt32) -> [UInt32] {
    guard let scalar = Unicode.Scalar(value) else { return [value] }
    let capitals = scalar.properties.lowercaseMapping.unicodeScalars.map(
      \.properties.uppercaseMapping)
    return capitals.joined().unicodeScalars
      .map(\.properties.lowercaseMapping).joined().unicodeScalars.map(\.value)
  }
}
