// The examples run to their ends, on a mock cluster of their own.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn, .serialized) struct ExamplesTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test(arguments: [
    ("demo", ["--for", "2s"], "SessionClosed(purged,"),
    ("fullspeed", ["--for", "3s", "--every", "1"], "events have sessions."),
    ("drill", [], "200 sessions, all complete, none lost, none twice."),
  ])
  func showsWhatItPromises(name: String, options: [String], last: String) throws {
    let running = try RunningProgram(
      path: Self.root.appendingPathComponent("examples/" + name).path, options, input: .empty,
      environment: ["KES_BIN": Program.directory.path, "KES_BROKERS": ""], directory: nil)
    let ended = try running.finish()
    #expect(ended.status == 0, "\(ended.text)\(ended.errors)")
    #expect(ended.text.contains(last), "\(ended.text)\(ended.errors)")
  }
}
