// An option as --help or a page of the manual describes it.

/// What is said of one option.
struct DocumentedOption {
  /// `-c`, `--count`.
  let names: [String]
  /// The heading it stands under.
  let group: String
  var text: String

  /// The name by which options are compared.
  var name: String { names.last ?? "" }

  /// Whether `word` stands in the text by itself.
  func has(word: String) -> Bool {
    let isPart = { (character: Character) in
      character.isLetter || character.isNumber || character == "-" || character == "."
    }
    // What is more than a word, an address say, needs no boundaries.
    if !word.allSatisfy(isPart) { return text.contains(word) }
    return text.split { !isPart($0) }.contains { $0 == word || $0 == "\(word)." }
  }
}
