// kes-produce as a whole: real processes.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ProduceTests {
  static let start = ["--start-time", "1700000000000"]

  private static func produce(_ arguments: String...) throws -> Finished {
    try Program.run("kes-produce", ["--full-speed"] + start + arguments)
  }

  // MARK: Output

  static let goldenCases: [(name: String, arguments: [String])] = [
    ("plain", ["--seed", "7", "--events", "40"]),
    (
      "faults",
      [
        "--seed", "7", "--events", "40", "--loss", "0.1", "--duplicate", "0.1", "--delay", "0.2:2s",
      ]
    ),
  ]

  /// With `KES_REWRITE` set, the expectation is written anew: read the difference.
  @Test func textIsWhatKesReadShows() throws {
    let options = "--full-speed --seed 5 --start-time 0 --events 500"
    let shown = try Program.shell("kes-produce \(options) | kes-read")
    let text = try Program.shell("kes-produce \(options) --format text")
    #expect(text.lines.count == 500 && text.output == shown.output)
  }

  @Test(arguments: goldenCases)
  func aSeedGivesTheSameBytesInEveryVersion(name: String, arguments: [String]) throws {
    let golden = casesDirectory.appendingPathComponent("produce/\(name).jsonl")
    let finished = try Program.run("kes-produce", ["--full-speed"] + Self.start + arguments)
    #expect(finished.status == 0)
    #expect(finished.errors == "")
    if ProcessInfo.processInfo.environment["KES_REWRITE"] != nil {
      try finished.output.write(to: golden)
    }
    #expect(try finished.output == Data(contentsOf: golden))
  }

  @Test func anotherSeedOrStartTimeGivesOtherBytes() throws {
    let run = try Self.produce("--seed", "1", "--events", "100")
    #expect(try Self.produce("--seed", "2", "--events", "100").output != run.output)
    #expect(try Self.produce("--seed", "1", "--events", "100").output == run.output)
    let later = try Program.run(
      "kes-produce",
      ["--full-speed", "--seed", "1", "--events", "100", "--start-time", "2023-11-14T22:13:21Z"])
    #expect(later.text == run.text.replacingTimestamps { $0 + 1000 })
  }

  @Test func withoutASeedEveryRunIsAnother() throws {
    let runs = try (0..<2).map { _ in try Self.produce("--events", "100").output }
    #expect(runs[0] != runs[1])
  }

  @Test func verboseTellsHowToGetTheRunAgain() throws {
    let run = try Self.produce("--events", "100", "-v")
    let seed = try #require(run.errors.firstMatch(of: /--seed (\d+) --start-time 1700000000000/)).1
    #expect(try Self.produce("--events", "100", "--seed", String(seed)).output == run.output)
  }

  @Test func everyLineFollowsTheSchemaInItsOrder() throws {
    let line =
      /\{"device":"device-(\d+)","timestamp":17\d{11},"event":\{(?:"DeviceWokeUp":\{\}|"AllDataSent":\{\}|"DataReceived":\{"name":"(?:temperature|humidity|pressure|wind)","value":0\.\d{3}\})\}\}/
    let run = try Self.produce(
      "--events", "5000", "--devices", "300", "--rate", "100", "--delay", "0.1:1s")
    #expect(run.lines.count == 5000)
    for text in run.lines {
      let match = try #require(text.wholeMatch(of: line), "\(text)")
      #expect(try #require(Int(match.1)) < 300)
      _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
    }
    #expect(run.text.hasSuffix("\n"))
  }

  @Test(arguments: [1, 20, 500])
  func segmentsIntoSoManyCompleteSessions(sessions: Int) throws {
    let run = try Program.shell(
      "kes-produce --full-speed --sessions \(sessions) --devices 50 --rate 20 --start-time 0"
        + " | kes-segment --emit closed")
    #expect(run.lines.count == sessions)
    #expect(run.lines.allSatisfy { $0.contains(#""status":"completed""#) })
    #expect(run.lines.allSatisfy { $0.contains(#""partial":false"#) })
  }

  @Test func countIsOfRecordsWritten() throws {
    let run = try Self.produce("--duplicate", "1", "--loss", "0.5", "-c", "31", "--stats")
    #expect(run.lines.count == 31)
    #expect(run.lines[28] == run.lines[29])
    let figures = try #require(try stats(of: run))
    #expect(figures["assigned"] == 31)
    // The copy of the last.
    #expect(figures["held"] == 1)
  }

  @Test func theLedgerCloses() throws {
    let run = try Self.produce(
      "--events", "10000", "--loss", "0.1", "--duplicate", "0.2", "--delay", "0.3:1s", "--stats")
    let figures = try #require(try stats(of: run))
    #expect(figures["assigned"] == run.lines.count)
    #expect(figures["bytes"] == run.output.count)
    #expect(figures["held"] == 0)
    #expect((900...1100).contains(figures["filtered"] ?? 0))
    #expect(figures["records"] == run.lines.count + (figures["filtered"] ?? 0))
    #expect((1...1000).contains(figures["max_lag"] ?? 0))
  }

  @Test func writesToAFile() throws {
    let directory = try TemporaryDirectory()
    let run = try Self.produce("--seed", "1", "--events", "100", "--output", directory.path("out"))
    #expect(run.output.isEmpty)
    #expect(
      try directory.read("out") == Self.produce("--seed", "1", "--events", "100").output)
  }

  @Test func goesAtRealPaceWithoutFullSpeed() throws {
    let began = Date()
    let run = try Program.run("kes-produce", ["--rate", "50", "--events", "11"])
    // The eleventh event is due after 200 ms.
    #expect(Date().timeIntervalSince(began) >= 0.2)
    #expect(run.lines.count == 11)
    let first = try timestamp(of: run.lines[0])
    #expect(abs(Double(first) / 1000 - began.timeIntervalSince1970) < 60)
  }

  // MARK: Ends

  @Test(arguments: [SIGINT, SIGTERM])
  func endsByTheSignalWithWholeLines(signal: Int32) throws {
    for arguments in [[], ["--rate", "1000"], ["--rate", "0.001"]] {
      let running = try RunningProgram("kes-produce", arguments + ["--stats"])
      #expect(running.waits { !running.outputSoFar.isEmpty })
      running.send(signal)
      let finished = try running.finish()
      #expect(finished.signal == signal)
      #expect(finished.text.hasSuffix("}}\n"))
      #expect(try #require(try stats(of: finished))["assigned"] == finished.lines.count)
    }
  }

  @Test func canBeAskedAndStoppedWhereNothingArrives() throws {
    let running = try RunningProgram(
      "kes-produce", ["--full-speed", "--loss", "1", "--stats=0.01"])
    #expect(running.waits { running.errorsSoFar.contains("\n") })
    running.send(SIGTERM)
    let finished = try running.finish()
    #expect(finished.signal == SIGTERM && finished.output.isEmpty)
    let figures = try #require(try stats(of: finished))
    #expect(figures["records"] == figures["filtered"])
  }

  @Test func tellsItsFiguresOnASignal() throws {
    let running = try RunningProgram("kes-produce", ["--rate", "0.001"])
    #expect(running.waits { !running.outputSoFar.isEmpty })
    running.send(SIGUSR1)
    #expect(running.waits { running.errorsSoFar.contains("\"records\":1,") })
    running.send(SIGTERM)
    #expect(try running.finish().signal == SIGTERM)
  }

  @Test func endsQuietlyWhenItsReaderIsGone() throws {
    let run = try Program.shell("kes-produce --full-speed | head -n 3; echo ${PIPESTATUS[0]}")
    #expect(run.lines.count == 4)
    #expect(run.lines.last == String(128 + SIGPIPE))
    #expect(run.errors == "")
  }

  @Test func aFullDiskIsAnError() throws {
    let run = try Self.produce("--events", "10", "--output", "/dev/full")
    #expect(run.status == 74)
    #expect(run.errors == "kes-produce: /dev/full: cannot write: No space left on device\n")
  }

  // MARK: Usage

  static let wrongOptions: [(arguments: [String], message: String)] = [
    (["--events", "3", "--sessions", "3"], "exclude each other"),
    (["--for", "3s", "--sessions", "3"], "exclude each other"),
    (["--events", "0"], "--events must be greater than 0"),
    (["--sessions", "0"], "--sessions must be greater than 0"),
    (["--for", "0s"], "--for must be greater than 0"),
    (["--devices", "0"], "--devices must be between"),
    (["--rate", "0"], "--rate must be between"),
    (["--rate", "nan"], "--rate must be between"),
    (["--loss", "1.5"], "invalid for '--loss"),
    (["--duplicate", "-0.1"], "--duplicate"),
    (["--delay", "0.1"], "invalid for '--delay"),
    (["--delay", "0.1:0s"], "invalid for '--delay"),
    (["--delay", "2:1s"], "invalid for '--delay"),
    (["--seed", "x"], "invalid for '--seed"),
    (["--start-time", "yesterday"], "invalid for '--start-time"),
    (["events.jsonl"], "events.jsonl is for --replay, which is not given"),
    (["--on-error", "skip"], "--on-error is for --replay, which is not given"),
    (["--dead-letter", "x"], "--dead-letter is for --replay, which is not given"),
    (["--speed", "2x"], "--speed is for --replay, which is not given"),
    (["--shift-to", "now"], "--shift-to is for --replay, which is not given"),
    (["--full-speed", "--speed", "max"], "--full-speed says it all"),
    (["--replay", "--full-speed"], "--replay takes --speed max instead"),
    (["--replay", "--devices", "3"], "--devices is for simulated devices"),
    (["--replay", "--seed", "3"], "--seed is for simulated devices"),
    (["--replay", "--loss", "0.1"], "--loss is for simulated devices"),
    (["--replay", "--speed", "0x"], "invalid for '--speed"),
    (["--replay", "--speed", "fast"], "invalid for '--speed"),
    (["--replay", "--shift-to", "then"], "invalid for '--shift-to"),
  ]

  @Test(arguments: wrongOptions)
  func saysWhichOptionsMakeNoSense(arguments: [String], message: String) throws {
    let run = try Program.run("kes-produce", arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test func theExamplesOfTheHelpAreValid() throws {
    let help = try Program.run("kes-produce", ["--help"]).text
    #expect(help.contains("kes-produce --devices 100 --rate 50 --for 1m"))
    #expect(help.contains("kes-produce --full-speed --events 100000 --loss 0.01 --delay 0.1:2s"))
    #expect(help.contains("kes-produce --replay --speed 10x --shift-to now events.jsonl"))
    let directory = try TemporaryDirectory()
    let run = try Program.shell(
      """
      set -e
      kes-produce --full-speed --events 100000 --loss 0.01 --delay 0.1:2s > lossy.jsonl
      head -n 20 lossy.jsonl > events.jsonl
      kes-produce --replay --speed 10x --shift-to now events.jsonl | wc -l
      kes-produce --devices 100 --rate 50 --for 1m -c 3 | wc -l
      """, directory: directory)
    #expect(run.lines.map { Int($0) } == [20, 3])
  }
}

/// The last `--stats` line.
func stats(of run: Finished) throws -> [String: Int]? {
  let line = run.errors.split(separator: "\n").last { $0.hasPrefix("{") }
  return try line.flatMap {
    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Int]
  }
}
