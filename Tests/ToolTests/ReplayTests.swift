// kes-produce --replay as a whole: real processes.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ReplayTests {
  private static func replay(
    _ input: String, _ arguments: String..., directory: TemporaryDirectory? = nil
  ) throws -> Finished {
    try Program.run(
      "kes-produce", ["--replay", "--speed", "max"] + arguments, input: .text(input),
      directory: directory)
  }

  private static func events(_ arguments: String...) throws -> String {
    try Program.run("kes-produce", ["--full-speed", "--start-time", "1700000000000"] + arguments)
      .text
  }

  @Test func atGreatestSpeedNoByteChanges() throws {
    let events = try Self.events("--events", "20000", "--delay", "0.2:5s", "--duplicate", "0.1")
    let run = try Self.replay(events)
    #expect(run.status == 0)
    #expect(run.text == events)
    #expect(run.errors == "")
  }

  @Test func aFileAndAPipeGiveTheSame() throws {
    let directory = try TemporaryDirectory()
    let events = try Self.events("--events", "5000")
    let path = try directory.write(events, to: "events.jsonl")
    let run = try Program.run("kes-produce", ["--replay", "--speed", "max", path, path])
    #expect(run.text == events + events)
  }

  @Test func whatIsNotOfTheSchemaGoesThroughUnchanged() throws {
    let odd = #" { "x":[1,{"timestamp":5}], "timestamp" : 1.7e3 ,"device":"\u00e9","#
    let line = odd + #""event":{"a.b.AllDataSent":{"y":null}} } "#
    #expect(try Self.replay(line + "\r\n\n  \n" + line).text == line + "\n" + line + "\n")
  }

  @Test func sessionEventsGoThroughToo() throws {
    let folder = casesDirectory.appendingPathComponent("conformance/readme")
    let sessions = try String(
      contentsOf: folder.appendingPathComponent("expected.jsonl"), encoding: .utf8)
    #expect(sessions.contains("SessionClosed"))
    #expect(try Self.replay(sessions).text == sessions)
  }

  @Test func movesAllTimesByOneOffset() throws {
    let events = try Self.events("--events", "2000", "--delay", "0.2:5s", "--seed", "4")
    let first = try timestamp(of: events)
    let run = try Self.replay(events, "--shift-to", "2026-01-01T00:00:00Z")
    #expect(run.text == events.replacingTimestamps { $0 - first + 1_767_225_600_000 })
  }

  @Test func movedSessionsAreTheSameSessions() throws {
    let folder = casesDirectory.appendingPathComponent("conformance/readme")
    let input = try String(
      contentsOf: folder.appendingPathComponent("input.jsonl"), encoding: .utf8)
    let first = try timestamp(of: input)
    let moved = try Self.replay(input, "--shift-to", String(first + 86_400_000)).text
    let then = try Program.run("kes-segment", ["--emit", "all"], input: .text(input)).text
    // Moving sessions and making sessions of what was moved give the same, but for the ids.
    let sessionsMoved = try Self.replay(then, "--shift-to", String(first + 86_400_000)).text
    let movedSessions = try Program.run("kes-segment", ["--emit", "all"], input: .text(moved)).text
    #expect(then.contains("SessionClosed"))
    #expect(renamingSessions(sessionsMoved) == renamingSessions(movedSessions))
  }

  @Test func nothingGivesNothing() throws {
    for input in ["", "\n", " \n\r\n"] {
      let run = try Self.replay(input, "--shift-to", "now")
      #expect(run.status == 0)
      #expect(run.output.isEmpty)
      #expect(run.errors == "")
    }
  }

  @Test func waitsForTheTimesOfEvents() throws {
    let line = { EventLines.sent("d", $0) }
    let input = line(0) + line(50) + line(3_600_000)
    let running = try RunningProgram("kes-produce", ["--replay", "--stats"], input: .text(input))
    #expect(running.waits { running.outputSoFar == line(0) + line(50) })
    running.send(SIGTERM)
    let finished = try running.finish()
    #expect(finished.signal == SIGTERM)
    #expect(finished.text == line(0) + line(50))
    let figures = try #require(try stats(of: finished))
    #expect(figures["records"] == 3)
    #expect(figures["assigned"] == 2)
    #expect(figures["held"] == 1)
  }

  @Test func stopsAfterTheCount() throws {
    let events = try Self.events("--events", "100")
    let run = try Self.replay(events, "-c", "7")
    #expect(run.text == events.split(separator: "\n").prefix(7).map { $0 + "\n" }.joined())
  }

  // MARK: What goes wrong

  private static let good = EventLines.sent("d", 1)
  private static let bad = #"{"device":17,"timestamp":1,"event":{"AllDataSent":{}}}"# + "\n"

  @Test func endsAtABadRecordWithAllBeforeItWritten() throws {
    let run = try Self.replay(Self.good + Self.bad + Self.good)
    #expect(run.status == 65)
    #expect(run.text == Self.good)
    #expect(run.errors == "kes-produce: stdin:2: expected a string for \"device\", found 17\n")
  }

  @Test func skipsABadRecord() throws {
    let run = try Self.replay(Self.good + Self.bad + Self.good, "--on-error", "skip")
    #expect(run.status == 1)
    #expect(run.text == Self.good + Self.good)
    #expect(run.errors.contains("1 record could not be decoded"))
  }

  @Test func keepsABadRecordAsADeadLetter() throws {
    let directory = try TemporaryDirectory()
    let run = try Self.replay(
      Self.good + Self.bad + Self.good, "--dead-letter", "dead", directory: directory)
    #expect(run.status == 0)
    #expect(run.text == Self.good + Self.good)
    #expect(try directory.text("dead").hasSuffix("\t" + Self.bad))
  }

  @Test func aMissingFileIsAnError() throws {
    let run = try Program.run("kes-produce", ["--replay", "no-such-file"])
    #expect(run.status == 66)
    #expect(run.errors == "kes-produce: no-such-file: cannot open: No such file or directory\n")
  }

  @Test func doesNotOverwriteItsInput() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(Self.good, to: "events.jsonl")
    let run = try Program.run("kes-produce", ["--replay", path, "--output", path])
    #expect(run.status == 64)
    #expect(try directory.text("events.jsonl") == Self.good)
  }

  @Test func endsQuietlyWhenItsReaderIsGone() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.events("--events", "50000"), to: "events.jsonl")
    let run = try Program.shell(
      "kes-produce --replay --speed max events.jsonl | head -n 1; echo ${PIPESTATUS[0]}",
      directory: directory)
    #expect(run.lines.count == 2)
    #expect(run.lines.last == String(128 + SIGPIPE))
    #expect(run.errors == "")
  }
}

extension String {
  /// The text with every timestamp replaced.
  func replacingTimestamps(_ change: (Int64) -> Int64) -> String {
    replacing(/"timestamp":(-?\d+)/) { match in "\"timestamp\":\(change(Int64(match.1) ?? 0))" }
  }
}
