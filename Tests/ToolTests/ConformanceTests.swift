// The conformance cases, each a folder of input, options and expected output.

import Foundation
import Testing

/// Where the cases stand in the source tree.
let casesDirectory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Cases")

@Suite struct ConformanceTests {
  static let names: [String] = {
    let folder = casesDirectory.appendingPathComponent("conformance")
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (names ?? []).sorted()
  }()

  @Test func allCasesAreThere() { #expect(ConformanceTests.names.count >= 10) }

  @Test(arguments: names)
  func givesTheExpectedSessions(name: String) throws {
    let folder = casesDirectory.appendingPathComponent("conformance/\(name)")
    let options = try String(contentsOf: folder.appendingPathComponent("args"), encoding: .utf8)
      .split { $0 == " " || $0.isNewline }.map(String.init)
    let expected = try String(
      contentsOf: folder.appendingPathComponent("expected.jsonl"), encoding: .utf8)
    let input = ProgramInput.file(folder.appendingPathComponent("input.jsonl").path)
    let finished = try Program.run("kes-segment", options, input: input)
    #expect(finished.status == 0)
    #expect(finished.errors == "")
    #expect(renamingSessions(finished.text) == expected)
  }
}
