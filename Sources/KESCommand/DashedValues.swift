// Values that begin with a dash, as -1000 or -abc: the parser takes them for options.

/// Finds the value of an option for which the parser missed one. What names an option of the tool is no
/// value: `--device --help` lacks one.
enum DashedValues {
  /// `arguments` with an option that lacks its value, by the parser's `message`, and the word behind it
  /// as one word; nil where that word is an option, or there is none.
  ///
  /// - Parameter help: the tool's `--help`.
  static func joined(_ arguments: [String], message: String, help: String) -> [String]? {
    guard let option = message.firstMatch(of: /^Missing value for '(-\S+)( <|')/)?.1 else {
      return nil
    }
    let end = arguments.firstIndex(of: "--") ?? arguments.count
    let names = optionNames(help)
    for (index, word) in arguments[..<end].enumerated().dropLast() where word == option {
      let value = arguments[index + 1]
      if !value.hasPrefix("-") || isOption(value, names) { continue }
      var joined = arguments
      joined.replaceSubrange(index...index + 1, with: ["\(option)=\(value)"])
      return joined
    }
    return nil
  }

  /// Of `  -c, --count <n>    Stop after so many records.` both names.
  private static func optionNames(_ help: String) -> Set<Substring> {
    var names: Set<Substring> = []
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      for word in line.split(separator: " ") {
        if !word.hasPrefix("-") { break }
        names.insert(word.last == "," ? word.dropLast() : word)
        if word.last != "," { break }
      }
    }
    return names
  }

  /// Whether it is an option of the tool: `--name`, `--name=value`, `-c`, or several letters that all are.
  private static func isOption(_ word: String, _ names: Set<Substring>) -> Bool {
    if word.hasPrefix("--") { return names.contains(word.prefix { $0 != "=" }) }
    let letters = word.dropFirst()
    return !letters.isEmpty && letters.allSatisfy { names.contains("-\($0)") }
  }
}
