// kes-segment --state: sessions from run to run, and exactly once from file to file.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct StateTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func segment(_ arguments: [String], input: ProgramInput = .empty) throws -> Finished {
    try Program.run("kes-segment", arguments, input: input, directory: directory)
  }

  private func append(_ text: String, to name: String) throws {
    let handle = try FileHandle(forWritingTo: directory.url.appendingPathComponent(name))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  private let fileToFile = [
    "in.jsonl", "--output", "out.jsonl", "--state", "state", "--emit", "all",
  ]

  @Test func standardInputKeepsItsSessionsFromRunToRun() throws {
    let first = try segment(
      ["--state", "state"], input: .text(EventLines.woke("a", 1000) + EventLines.woke("b", 1001)))
    let second = try segment(
      ["--state", "state", "--emit", "all"],
      input: .text(EventLines.sent("a", 1100) + EventLines.data("c", 9000)))
    #expect(first.status == 0 && second.status == 0)
    let session = try #require(first.lines[0].components(separatedBy: "\"session\":").last)
    #expect(second.lines[0].hasSuffix(session))
    #expect(second.lines[1].contains(#""status":"completed","start":1000,"end":1100,"events":2"#))
    #expect(second.lines[2].contains(#""device":"b","timestamp":5001"#))
    #expect(second.lines[2].contains(#""status":"timeout""#))
  }

  @Test func idsOfLaterRunsDifferFromEarlierOnes() throws {
    let line = EventLines.woke("a", 1000)
    let first = try segment(["--state", "state"], input: .text(line))
    let second = try segment(["--state", "state"], input: .text(line))
    #expect(first.text != second.text)
  }

  @Test func inputThatHasGrownIsReadOnFromWhereItWas() throws {
    let whole = EventLines.random(count: 3000, devices: 20, seed: 1)
    let lines = whole.split(separator: "\n").map { $0 + "\n" }
    try directory.write(lines[..<1000].joined(), to: "in.jsonl")
    for range in [1000..<1001, 1001..<1001, 1001..<3000] {
      #expect(try segment(fileToFile).status == 0)
      try append(lines[range].joined(), to: "in.jsonl")
    }
    #expect(try segment(fileToFile).status == 0)
    let undisturbed = try segment(["--emit", "all"], input: .text(whole))
    #expect(try directory.read("out.jsonl") == undisturbed.output)
  }

  @Test func runningAgainChangesNothing() throws {
    try directory.write(EventLines.random(count: 500, devices: 5, seed: 2), to: "in.jsonl")
    #expect(try segment(fileToFile).status == 0)
    let once = try directory.read("out.jsonl")
    #expect(try segment(fileToFile).status == 0)
    #expect(try directory.read("out.jsonl") == once)
  }

  @Test func aLastLineWithoutItsLineFeedIsReadOnce() throws {
    let line = String(EventLines.woke("a", 1000).dropLast())
    try directory.write(line, to: "in.jsonl")
    #expect(try segment(fileToFile).status == 0)
    try append("\n" + EventLines.sent("a", 1001), to: "in.jsonl")
    #expect(try segment(fileToFile).status == 0)
    #expect(try directory.text("out.jsonl").split(separator: "\n").count == 3)
  }

  @Test func aChangedInputIsRefusedWithAnExplanation() throws {
    let lines = EventLines.random(count: 100, devices: 5, seed: 3)
    try directory.write(lines, to: "in.jsonl")
    #expect(try segment(fileToFile).status == 0)
    try directory.write(
      lines.replacingOccurrences(of: "device-1", with: "device-7"), to: "in.jsonl")
    let changed = try segment(fileToFile)
    #expect(changed.status == 65)
    #expect(changed.errors.contains("in.jsonl: is not the file that was read in an earlier run"))
    try directory.write(String(lines.prefix(1000)), to: "in.jsonl")
    let shortened = try segment(fileToFile)
    #expect(shortened.status == 65)
    #expect(shortened.errors.contains("in.jsonl: has 1000 bytes, but"))
  }

  @Test func anOutputThatWasTamperedWithIsRefused() throws {
    try directory.write(EventLines.random(count: 100, devices: 5, seed: 3), to: "in.jsonl")
    #expect(try segment(fileToFile).status == 0)
    try directory.write("short", to: "out.jsonl")
    let refused = try segment(fileToFile)
    #expect(refused.status == 65)
    #expect(refused.errors.contains("out.jsonl: has 5 bytes, but"))
  }

  @Test func aSecondProcessIsToldWhoHoldsTheState() throws {
    let pipe = try PrivatePipe()
    let holder = try RunningProgram(
      path: Program.path("kes-segment"), ["--state", "state"], input: .empty, environment: [:],
      directory: directory, standardInput: pipe.reading)
    try pipe.write(EventLines.woke("a", 1))
    #expect(holder.waits { !holder.outputSoFar.isEmpty })
    let second = try segment(["--state", "state"])
    #expect(second.status == 75)
    #expect(second.errors.contains("in use by process \(holder.process.processIdentifier)"))
    try pipe.close()
    #expect(try holder.finish().status == 0)
    #expect(try segment(["--state", "state"]).status == 0)
  }

  @Test func aBadRecordEndsTheRunBehindTheGoodOnesEveryTime() throws {
    try directory.write(
      EventLines.woke("a", 1) + "bad\n" + EventLines.sent("a", 2), to: "in.jsonl")
    for _ in 0..<2 {
      let failed = try segment(fileToFile)
      #expect(failed.status == 65)
      #expect(failed.errors == "kes-segment: in.jsonl:2: expected a JSON object, found bad\n")
      #expect(try directory.text("out.jsonl").split(separator: "\n").count == 1)
    }
    let skipped = try segment(fileToFile + ["--dead-letter", "dead"])
    #expect(skipped.status == 0)
    #expect(try directory.text("out.jsonl").split(separator: "\n").count == 3)
    #expect(try directory.text("dead") == "in.jsonl:2\texpected a JSON object, found bad\tbad\n")
  }

  @Test func severalInputsAreOneStream() throws {
    let whole = EventLines.random(count: 600, devices: 5, seed: 4)
    let lines = whole.split(separator: "\n").map { $0 + "\n" }
    try directory.write(lines[..<200].joined(), to: "1.jsonl")
    try directory.write(lines[200..<400].joined(), to: "2.jsonl")
    try directory.write(lines[400...].joined(), to: "3.jsonl")
    let options = ["--output", "out.jsonl", "--state", "state", "--emit", "all"]
    #expect(try segment(["1.jsonl", "2.jsonl"] + options).status == 0)
    #expect(try segment(["1.jsonl", "2.jsonl", "3.jsonl"] + options).status == 0)
    let undisturbed = try segment(["--emit", "all"], input: .text(whole))
    #expect(try directory.read("out.jsonl") == undisturbed.output)
  }

  @Test func heldEventsSurviveASignalWithTheState() throws {
    let pipe = try PrivatePipe()
    let options = ["--lateness", "1h", "--reorder", "--state", "state"]
    let held = try RunningProgram(
      path: Program.path("kes-segment"), options + ["--stats=0.01"], input: .empty,
      environment: [:], directory: directory, standardInput: pipe.reading)
    try pipe.write(EventLines.data("a", 5000) + EventLines.woke("a", 4000))
    #expect(held.waits { held.errorsSoFar.contains("\"held\":2") })
    held.send(SIGTERM)
    let stopped = try held.finish()
    #expect(stopped.signal == SIGTERM && stopped.output.isEmpty)
    let next = try segment(options + ["--flush"], input: .text(EventLines.sent("a", 6000)))
    #expect(next.lines.map { $0.contains("WokeUp") } == [true, false, false])
  }

  @Test func fiftyKillsLeaveNoTrace() throws {
    let events = EventLines.random(count: 120_000, devices: 300, seed: 5)
    try directory.write(events, to: "in.jsonl")
    let options = ["--emit", "all", "--duplicates", "mark", "--retain", "2s"]
    #expect(try segment(["in.jsonl", "--output", "expected.jsonl"] + options).status == 0)
    let arguments =
      ["in.jsonl", "--output", "out.jsonl", "--state", "state", "--commit-interval", "1ms"]
      + options
    var generator = SeededGenerator(seed: 6)
    var kills = 0
    var finished = 0
    while kills < 50 {
      let running = try RunningProgram("kes-segment", arguments, directory: directory)
      usleep(UInt32.random(in: 1000...60_000, using: &generator))
      running.send(SIGKILL)
      let ended = try running.finish()
      if ended.signal == SIGKILL { kills += 1 }
      if ended.status == 0 {
        // It came to the end before the kill: begin anew.
        finished += 1
        #expect(try directory.read("out.jsonl") == directory.read("expected.jsonl"))
        for name in ["state", "out.jsonl"] {
          try FileManager.default.removeItem(atPath: directory.path(name))
        }
      }
      #expect(finished < 50, "the input is too short to be interrupted")
      if finished >= 50 { return }
    }
    #expect(try segment(arguments).status == 0)
    #expect(try directory.read("out.jsonl") == directory.read("expected.jsonl"))
  }
}
