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
    text.split { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
      .contains { $0 == word || $0 == "\(word)." }
  }
}
