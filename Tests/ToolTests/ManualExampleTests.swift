// The manual's examples do what they show.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ManualExampleTests {
  static let pages = [
    "kes-produce.1", "kes-segment.1", "kes-read.1", "kes-purge.1", "kes-sessions.7",
    "kes-formats.5",
  ]

  /// Why examples may be left out.
  private static let reasons = ["never ends", "needs a registry"]

  private func examples(_ page: String) throws -> [DocumentedExample] {
    DocumentedExample.all(in: try ManualPage(page).literalBlocks(of: "EXAMPLES"))
  }

  /// Where nothing is shown below a command, it must succeed without a message.
  @Test(arguments: pages)
  func everyExampleRunsAndPrintsWhatIsShown(page: String) throws {
    let directory = try TemporaryDirectory()
    let examples = try examples(page)
    let brokers = ExampleBrokers()
    #expect(examples.count >= 3)
    for example in examples where example.reasonNotToRun == nil {
      let finished = try Program.shell(
        try brokers.named(in: example.command), environment: ["LC_ALL": "C"], directory: directory)
      #expect(finished.status == 0, "\(example.command)")
      if example.output.isEmpty {
        #expect(finished.errors == "", "\(example.command)")
      } else {
        let printed = finished.text + finished.errors
        #expect(withoutTrailingSpace(printed) == example.output, "\(example.command)")
      }
    }
  }

  @Test(arguments: pages)
  func fewExamplesAreLeftOutAndForAReason(page: String) throws {
    let reasons = try examples(page).compactMap(\.reasonNotToRun)
    #expect(reasons.count <= 3)
    #expect(Set(reasons).isSubset(of: Self.reasons))
  }

  private func withoutTrailingSpace(_ text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.lastIndex { $0 != " " }.map { String(line[...$0]) } ?? ""
    }
    return lines.last == "" ? lines.dropLast() : lines
  }

  /// The schemas that kes-formats(5) shows.
  @Test(arguments: [("kes-read", 0), ("kes-segment", 1)])
  func theSchemasAreThoseThatTheToolsWrite(tool: String, index: Int) throws {
    let schemas = try ManualPage("kes-formats.5").literalBlocks(of: "DESCRIPTION")
      .map { $0.joined().filter { $0 != " " } }
    let finished = try Program.run(
      tool, ["--format", "avro"], input: .text(EventLines.woke("a", 0)))
    try #require(index < schemas.count)
    #expect(finished.output.firstRange(of: Data(schemas[index].utf8)) != nil)
  }
}
