// kes-purge as a filter on session events.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct PurgeFilterTests {
  private static let woke = """
    {"device":"a","timestamp":1000,"event":{"DeviceWokeUp":{}},"session":"s1"}

    """
  private static let other = """
     { "extra" : [1, {}] , "session":"s2", "timestamp":5e3,"event":{"AllDataSent":{}},"device":"\\u00fc" }

    """
  private static let timedOut = """
    {"device":"a","timestamp":5000,"event":{"SessionClosed":{"status":"timeout","start":1000,\
    "end":1000,"events":1,"partial":false}},"session":"s1"}

    """
  private static let completed = """
    {"device":"ü","timestamp":5000,"event":{"SessionClosed":{"status":"completed","start":5000,\
    "end":5000,"events":1,"partial":true}},"session":"s2"}

    """

  @Test func passesEventsThroughAndAddsTheClosingsAtTheirPlaces() throws {
    let ended = try Program.run("kes-purge", input: .text(Self.woke + Self.other))
    #expect(ended.text == Self.woke + Self.timedOut + Self.other + Self.completed)
    #expect(ended.status == 0)
    #expect(ended.errors == "")
  }

  @Test func findsNothingToAddTheSecondTime() throws {
    let once = try Program.run("kes-purge", ["--flush"], input: .text(Self.woke + Self.other))
    let twice = try Program.run("kes-purge", ["--flush"], input: .text(once.text))
    #expect(twice.text == once.text)
  }

  @Test(arguments: [
    ([], 0), (["--flush"], 1), (["--timeout", "3s"], 1), (["--timeout", "none", "--flush"], 1),
    (["--timeout", "none"], 0), (["--timeout", "3s", "--lateness", "1s"], 0),
    (["--timeout", "3s", "--lateness", "999ms"], 1),
  ])
  func closesBySilenceAndAtTheEnd(options: [String], closings: Int) throws {
    let later =
      Self.woke
      + Self.woke.replacingOccurrences(of: "1000", with: "4999")
      .replacingOccurrences(of: "s1", with: "s3")
    let ended = try Program.run("kes-purge", options, input: .text(later))
    #expect(ended.lines.filter { $0.contains("\"s1\"") }.count == 1 + closings)
  }

  @Test func whatKesSegmentLeavesOutComesToTheSameAsWhatItWrites() throws {
    let directory = try TemporaryDirectory()
    let events = EventLines.random(count: 3000, devices: 40, seed: 7)
    try directory.write(events, to: "events.jsonl")
    let options = "--timeout 500ms --lateness 300ms --retain 5s"
    let written = try Program.shell(
      "kes-segment events.jsonl \(options) --emit all | kes-purge \(options) | cmp - <(kes-segment"
        + " events.jsonl \(options) --emit all)", directory: directory)
    // Nothing but the sessions that ended at the end could be added, and those have ended.
    #expect(written.status == 0, "\(written.text) \(written.errors)")
    let closed = try Program.shell(
      "kes-segment events.jsonl \(options) | kes-purge \(options) --flush | grep SessionClosed"
        + " | grep -o '\"session\":.*' | sort | uniq -c | grep -cv '^ *1 '", directory: directory)
    #expect(closed.text == "0\n")
    let sessions = try Program.shell(
      "kes-segment events.jsonl \(options) | tee ev.jsonl | kes-purge \(options) --flush"
        + " | grep -c SessionClosed; grep -o '\"session\":.*' ev.jsonl | sort -u | wc -l",
      directory: directory)
    #expect(Set(sessions.lines).count == 1, "\(sessions.text)")
  }

  @Test func theLedgerCloses() throws {
    let input = Self.woke + "bad\n" + Self.other
    let ended = try Program.run(
      "kes-purge", ["--on-error", "skip", "--stats"], input: .text(input))
    #expect(ended.status == 1)
    #expect(ended.errors.contains("\"records\":3,"))
    #expect(ended.errors.contains("\"assigned\":2,\"late\":0,\"duplicate\":0,\"rejected\":1,"))
  }

  @Test func aBadRecordEndsTheRunAfterWhatCameBefore() throws {
    let ended = try Program.run("kes-purge", ["--flush"], input: .text(Self.woke + "bad\n"))
    #expect(ended.status == 65)
    #expect(ended.text == Self.woke)
    #expect(ended.errors.hasPrefix("kes-purge: stdin:2: "))
  }

  @Test func keepsBadRecordsAsDeadLetters() throws {
    let directory = try TemporaryDirectory()
    let ended = try Program.run(
      "kes-purge", ["--dead-letter", "dead"], input: .text("bad\n" + Self.woke),
      directory: directory)
    #expect(ended.status == 0)
    #expect(ended.text == Self.woke)
    #expect(try directory.text("dead").hasSuffix("\tbad\n"))
  }

  @Test func readsFilesOneBehindTheOtherAndWritesToAFile() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Self.woke, to: "1")
    try directory.write(String(Self.other.dropLast()), to: "2")
    try directory.write("what stood here before", to: "out")
    let ended = try Program.run(
      "kes-purge", ["1", "2", "--output", "out"], directory: directory)
    #expect(ended.status == 0)
    #expect(
      try directory.text("out") == Self.woke + Self.timedOut + Self.other + Self.completed)
  }

  @Test(arguments: [
    (["--as-of", "now"], 64), (["--device", "*"], 64), (["--dry-run"], 64),
    (["--timeout", "0s"], 64), (["--timeout", "soon"], 64), (["missing"], 66), (["."], 66),
    (["--output", "/nowhere/file"], 73),
  ])
  func refusesWhatMakesNoSense(arguments: [String], status: Int) throws {
    let ended = try Program.run("kes-purge", arguments)
    #expect(ended.status == Int32(status))
    #expect(ended.errors != "")
  }

  @Test func aFullDiskIsAnErrorOfOutput() throws {
    let ended = try Program.run(
      "kes-purge", ["--output", "/dev/full"], input: .text(Self.woke))
    #expect(ended.status == 74)
  }

  @Test func endsQuietlyWhenItsReaderHasGone() throws {
    let ended = try Program.shell(
      "yes '\(Self.woke.dropLast())' | kes-purge | head -n 1 > /dev/null; echo ${PIPESTATUS[1]}")
    #expect(ended.text == "141\n")
    #expect(ended.errors == "")
  }

  @Test func writesWhatItHasWhileItWaitsAndStopsOnASignal() throws {
    let pipe = try PrivatePipe()
    let running = try RunningProgram(
      path: Program.path("kes-purge"), ["--flush"], input: .empty, environment: [:],
      directory: nil, standardInput: pipe.reading)
    try pipe.write(Self.woke)
    #expect(running.waits { running.outputSoFar == Self.woke })
    running.send(SIGUSR1)
    #expect(running.waits { running.errorsSoFar.contains("\"records\":1,") })
    running.send(SIGTERM)
    let ended = try running.finish()
    #expect(ended.signal == SIGTERM)
    #expect(ended.text == Self.woke)
    try pipe.close()
  }
}
