// What --help prints, taken apart.

/// The help of a tool.
struct HelpText {
  /// The options, each with the group it stands in, and its text on one line.
  private(set) var options: [DocumentedOption] = []

  init(_ text: String) {
    var group = ""
    var isOption = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.first?.isLetter ?? false {
        group = line.hasSuffix(":") ? String(line.dropLast()) : ""
        isOption = false
      } else if !group.isEmpty && line.hasPrefix("  -") {
        options.append(HelpText.option(line, group))
        isOption = true
      } else if line.hasPrefix("  <") {
        isOption = false
      } else if isOption && line.hasPrefix("      ") {
        let isFirst = options[options.count - 1].text.isEmpty
        options[options.count - 1].text +=
          (isFirst ? "" : " ") + line.drop { $0 == " " }
      }
    }
  }

  /// `  -c, --count <n>         Stop after so many records.`
  private static func option(_ line: String, _ group: String) -> DocumentedOption {
    let content = line.drop { $0 == " " }
    let end = content.firstRange(of: "  ")?.lowerBound ?? content.endIndex
    let names = content[..<end].split { $0 == " " || $0 == "," }.filter { $0.hasPrefix("-") }
    return DocumentedOption(
      names: names.map(String.init), group: group,
      text: String(content[end...].drop { $0 == " " }))
  }
}

extension DocumentedOption {
  /// The values that help names: `(values: text, json; default: text)`.
  var values: [String] {
    guard let list = text.firstMatch(of: /\(values: ([^;)]*)/)?.1 else { return [] }
    return list.split { $0 == "," || $0 == " " }.map(String.init)
  }

  /// The default where it is a single word: `(default: 4s)`.
  var defaultWord: String? {
    guard let word = text.firstMatch(of: /default: ([^;)]*)[;)]/)?.1 else { return nil }
    return word.contains(" ") ? nil : String(word)
  }
}
