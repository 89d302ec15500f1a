// The examples of the README, of the tutorial and of the recipes do what they show.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ReadmeTests {
  /// The commands of all `console` blocks, in order.
  private func examples(_ document: String) throws -> [DocumentedExample] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent(document), encoding: .utf8)
    var blocks: [[String]] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("```") {
        isInside = line == "```console"
        if isInside { blocks.append([]) }
      } else if isInside {
        blocks[blocks.count - 1].append(line)
      }
    }
    return DocumentedExample.all(in: blocks)
  }

  @Test(arguments: [("README.md", 15), ("docs/tutorial.md", 35), ("docs/recipes.md", 10)])
  func everyConsoleExampleShowsWhatItsCommandPrints(document: String, leastCount: Int) throws {
    let directory = try TemporaryDirectory()
    let examples = try examples(document)
    let brokers = ExampleBrokers()
    #expect(examples.count >= leastCount)
    for example in examples {
      let finished = try Program.shell(
        try brokers.named(in: example.command), environment: ["LC_ALL": "C.UTF-8"],
        directory: directory)
      let shown = example.output.map { $0 + "\n" }.joined()
      #expect(finished.text + finished.errors == shown, "\(example.command)")
    }
  }
}
