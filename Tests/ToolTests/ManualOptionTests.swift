// The manual has the options that --help has, and says the same of them.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ManualOptionTests {
  private static let tools = ["kes-produce", "kes-segment", "kes-read", "kes-purge"]

  /// What the manual has and --help does not show.
  private static let hidden: Set<String> = ["--generate-completion-script"]

  private static func help(_ tool: String) throws -> HelpText {
    HelpText(try Program.run(tool, ["--help"], environment: ["COLUMNS": "80"]).text)
  }

  /// All differences at once, so that a change of many options shows what is left to do.
  @Test func everyOptionStandsInHelpAndInTheManual() throws {
    let shared = try ManualPage("kes-options.7")
    let differences = try Self.tools.flatMap { tool in
      Self.differences(try Self.help(tool), try ManualPage("\(tool).1"), shared)
    }
    #expect(differences.isEmpty, "\n\(differences.joined(separator: "\n"))")
  }

  @Test func whatTwoToolsShareIsDescribedOnce() throws {
    var first: [String: (help: String, page: String)] = [:]
    var uses: [String: Int] = [:]
    var differences: [String] = []
    for tool in Self.tools {
      let page = try ManualPage("\(tool).1")
      let help = try Self.help(tool).options
      for option in page.options {
        let text = help.first { $0.name == option.name }?.text ?? ""
        guard let known = first[option.name] else {
          first[option.name] = (text, page.name)
          continue
        }
        if known.help == text {
          differences.append("\(option.name): \(known.page) and \(page.name) describe it, both")
        }
      }
      for option in page.sharedOptions { uses[option.names.last ?? "", default: 0] += 1 }
    }
    for option in try ManualPage("kes-options.7").options where uses[option.name, default: 0] < 2 {
      differences.append("kes-options.7: \(option.name) is of less than two tools")
    }
    #expect(differences.isEmpty, "\n\(differences.joined(separator: "\n"))")
  }

  // MARK: The comparison

  /// - Parameter shared: the page of what several tools have.
  private static func differences(
    _ help: HelpText, _ page: ManualPage, _ shared: ManualPage
  ) -> [String] {
    let options =
      page.options
      + page.sharedOptions.map { names, group in
        let text = shared.options.first { $0.names == names }?.text ?? ""
        return DocumentedOption(names: names, group: group, text: text)
      }
    let documented = Dictionary(options.map { ($0.name, $0) }) { first, _ in first }
    let shown = Set(help.options.map(\.name)).union(hidden)
    let surplus = options.filter { !shown.contains($0.name) }
    return help.options.flatMap { option in
      guard let other = documented[option.name] else {
        return ["\(page.name): \(option.name) is in --help (\(option.group)) alone"]
      }
      return differences(option, other).map { "\(page.name): \(option.name): \($0)" }
    } + surplus.map { "\(page.name): \($0.name) is in the manual (\($0.group)) alone" }
  }

  private static func differences(
    _ help: DocumentedOption, _ page: DocumentedOption
  ) -> [String] {
    if page.text.isEmpty { return ["no page describes it"] }
    var differences: [String] = []
    if help.names != page.names {
      differences.append("--help has \(help.names), the manual \(page.names)")
    }
    let group = page.group == "General" ? "OPTIONS" : page.group.uppercased()
    if help.group != group {
      differences.append("--help has it under \(help.group), the manual under \(group)")
    }
    for value in help.values where !page.has(word: value) {
      differences.append("the manual does not have its value \(value)")
    }
    if let word = help.defaultWord, !page.has(word: word) {
      differences.append("the manual does not have its default \(word)")
    }
    return differences
  }

  private static let helpExample = """
    USAGE: kes-read [<options>] [<files> ...]

    OUTPUT:
      <files>                 Files.
      -c, --count <n>         Stop after so many records. (default: 7)
      --format <format>       How to
                              write. (values: json, avro; default: json)

    OPTIONS:
      --version               Show the version.
    """

  private static let pageExample = """
    .Sh OPTIONS
    .Ss Output
    .Bl -tag -width Ds
    .It Fl c , Fl Fl count Ar n
    Stop after
    .Cm 7 .
    .It Fl Fl format Cm json | avro
    How to write.
    .El
    .Ss General
    In
    .Xr kes-options 7 :
    .Fl Fl version .
    """

  private static let sharedExample = """
    .Sh OPTIONS
    .Ss General
    .Bl -tag -width Ds
    .It Fl Fl version
    Show the version.
    .El
    """

  @Test(
    arguments: [
      ("", "", []),
      (
        "Fl Fl count", "Fl Fl number",
        [
          "p: --count is in --help (OUTPUT) alone", "p: --number is in the manual (Output) alone",
        ]
      ),
      ("Fl c , ", "", [#"p: --count: --help has ["-c", "--count"], the manual ["--count"]"#]),
      ("json | avro", "json", ["p: --format: the manual does not have its value avro"]),
      ("Cm 7 .", "Cm 8 .", ["p: --count: the manual does not have its default 7"]),
      (
        ".Ss Output", ".Ss Input",
        [
          "p: --count: --help has it under OUTPUT, the manual under INPUT",
          "p: --format: --help has it under OUTPUT, the manual under INPUT",
        ]
      ),
      (
        "Fl Fl version", "Fl Fl release",
        [
          "p: --version is in --help (OPTIONS) alone",
          "p: --release is in the manual (General) alone",
        ]
      ),
    ] as [(String, String, [String])])
  func aDifferenceIsFound(text: String, other: String, differences: [String]) {
    let source = Self.pageExample.replacingOccurrences(of: text, with: other)
    let page = ManualPage(name: "p", source: source)
    let shared = ManualPage(name: "s", source: Self.sharedExample)
    #expect(Self.differences(HelpText(Self.helpExample), page, shared) == differences)
  }
}
