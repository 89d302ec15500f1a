// What the tools say to who does not know them yet.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct FirstContactTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func atTerminal(
    _ tool: String, _ arguments: [String], _ terminal: PseudoTerminal
  ) throws -> RunningProgram {
    try RunningProgram(
      path: Program.path(tool), arguments, input: .empty, environment: [:], directory: directory,
      standardInput: terminal.programEnd)
  }

  @Test(
    arguments: [
      ("kes-segment", []), ("kes-read", []), ("kes-purge", []), ("kes-produce", ["--replay"]),
      ("kes-segment", ["--state", "state"]), ("kes-read", ["--timeline"]),
      ("kes-segment", ["--dry-run", "3"]), ("kes-segment", ["--quiet"]),
    ])
  func aToolWithNothingToReadSaysWhatToDo(tool: String, arguments: [String]) throws {
    let terminal = try PseudoTerminal()
    let finished = try atTerminal(tool, arguments, terminal).finish()
    #expect(finished.status == 64 && finished.text == "")
    let lines = finished.errors.split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines.first?.hasPrefix("\(tool): nothing to read: name a file, or pipe") == true)
    #expect(lines.contains { $0.hasPrefix("example: ") && $0.contains(tool) })
    #expect(!FileManager.default.fileExists(atPath: directory.path("state")))
  }

  @Test func whatIsTypedIsReadWhereThatIsAskedFor() throws {
    let terminal = try PseudoTerminal()
    let running = try atTerminal("kes-read", ["-"], terminal)
    terminal.type(EventLines.woke("a", 1))
    #expect(running.waits { running.outputSoFar == "[a] DeviceWokeUp()\n" })
    // Ctrl-D at the beginning of a line.
    terminal.type("\u{4}")
    #expect(try running.finish().status == 0)
  }

  @Test(arguments: [["--help"], ["--version"], ["events"]])
  func whoReadsOtherwiseIsNotStopped(arguments: [String]) throws {
    try directory.write(EventLines.woke("a", 1), to: "events")
    let terminal = try PseudoTerminal()
    #expect(try atTerminal("kes-segment", arguments, terminal).finish().status == 0)
  }

  @Test func simulatedDevicesNeedNoInput() throws {
    let terminal = try PseudoTerminal()
    let finished = try atTerminal(
      "kes-produce", ["--full-speed", "--events", "3"], terminal
    ).finish()
    #expect(finished.status == 0 && finished.lines.count == 3)
  }

  @Test(
    arguments: [
      ("kes-segment", "--timout", "'--timeout'"), ("kes-segment", "--latenes=5s", "'--lateness'"),
      ("kes-read", "--sesions", "'--sessions'"), ("kes-read", "--tineline", "'--timeline'"),
      ("kes-purge", "--dryrun", "'--dry-run'"), ("kes-produce", "--full-sped", "'--full-speed'"),
    ])
  func unknownOptionsSuggestTheNearest(tool: String, option: String, suggested: String) throws {
    let finished = try Program.run(tool, [option])
    #expect(finished.status == 64)
    #expect(finished.errors.hasSuffix("Did you mean \(suggested)? See \(tool) --help\n"))
    #expect(finished.errors.hasPrefix("\(tool): Unknown option '--"))
  }

  @Test(
    arguments: [
      ("kes-segment", ["--timeout", "5"], "as 250ms, 4s, 5m, 2h or 1d, or none; see"),
      ("kes-purge", ["--timeout", "soon"], "expected a number with a unit"),
      ("kes-read", ["--since", "yesterday"], "or a time as 2026-11-23T08:00:00Z; see"),
      ("kes-segment", ["--max-record", "5q"], "as 64KiB or 1MiB; see"),
      ("kes-produce", ["--loss", "3"], "a probability from 0 to 1"),
      ("kes-produce", ["--delay", "1s"], "as 0.1:2s; see"),
      ("kes-read", ["--format", "jsn"], "'text', 'json', 'avro' or 'csv'; see kes-read --help"),
      ("kes-segment", ["-timeout", "5s"], "begins with two dashes, as --timeout; see"),
    ])
  func messagesNameTheFix(tool: String, arguments: [String], fix: String) throws {
    let finished = try Program.run(tool, arguments)
    #expect(finished.status == 64)
    #expect(finished.errors.contains(fix), "\(finished.errors)")
    #expect(finished.errors.split(separator: "\n").count == 1)
  }
}
