// The examples of the README and of the recipes do what they show.

import Foundation
import Testing

@Suite struct ReadmeTests {
  /// A command, and the lines that are shown below it.
  struct Example {
    let command: String
    var output: [String] = []
  }

  /// The commands of all `console` blocks, in order.
  private func examples(_ document: String) throws -> [Example] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent(document), encoding: .utf8)
    var found: [Example] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isInside = line == "```console"
      } else if isInside && line.hasPrefix("$ ") {
        found.append(Example(command: String(line.dropFirst(2))))
      } else if isInside {
        found[found.count - 1].output.append(String(line))
      }
    }
    return found
  }

  @Test(arguments: [("README.md", 15), ("docs/recipes.md", 10)])
  func everyConsoleExampleShowsWhatItsCommandPrints(document: String, leastCount: Int) throws {
    let directory = try TemporaryDirectory()
    let examples = try examples(document)
    let brokers = ExampleBrokers()
    #expect(examples.count >= leastCount)
    for example in examples {
      let finished = try Program.shell(
        try brokers.named(in: example.command), environment: ["LC_ALL": "C"], directory: directory)
      let shown = example.output.map { $0 + "\n" }.joined()
      #expect(finished.text + finished.errors == shown, "\(example.command)")
    }
  }
}
