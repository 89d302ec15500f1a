// How kes-segment behaves as a Unix filter: messages, exit statuses, signals, pipes.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct SegmentMannersTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func segment(_ arguments: [String] = [], input: ProgramInput = .empty) throws -> Finished
  {
    try Program.run("kes-segment", arguments, input: input, directory: directory)
  }

  @Test func anEmptyInputGivesAnEmptyOutput() throws {
    let finished = try segment()
    #expect(finished.status == 0 && finished.output.isEmpty && finished.errors.isEmpty)
  }

  @Test func theSessionIsSplicedInBeforeTheLastBrace() throws {
    let line = #" {"x":"}", "event":{"DeviceWokeUp":{}},"device":"a","timestamp":1.0e0 } "#
    let finished = try segment(input: .text(line))
    let pattern =
      #" {"x":"}", "event":{"DeviceWokeUp":{}},"device":"a","timestamp":1.0e0 ,"session":"#
    #expect(finished.text.hasPrefix(pattern))
    #expect(finished.text.hasSuffix("\"} \n"))
  }

  @Test func aLagIsANumberOf64BitsWithASign() throws {
    let events = [Int64.max, .min].map { EventLines.woke("a", $0) }.joined()
    let finished = try segment(["--stats=60"], input: .text(events))
    #expect(finished.status == 0)
    #expect(finished.errors.contains("\"max_lag\":9223372036854775807,"), "\(finished.errors)")
  }

  @Test func carriageReturnsBelongToTheLineEnd() throws {
    let finished = try segment(input: .text("\r\n" + EventLines.woke("a", 1).dropLast() + "\r\n"))
    #expect(finished.lines.count == 1 && !finished.text.contains("\r"))
  }

  @Test(arguments: [
    (["/nonexistent/file"], Int32(66), "/nonexistent/file: cannot open: No such file or directory"),
    (["/tmp"], 66, "/tmp: is a directory"),
    (["--output", "/nonexistent/file"], 73, "/nonexistent/file: cannot create"),
    (["--output", "/dev/full"], 74, "/dev/full: cannot write: No space left on device"),
    (["--timeout", "5"], 64, "'5' is invalid for '--timeout"),
    (["--timeout", "0s"], 64, "--timeout must be greater than 0"),
    (["--reorder"], 64, "--reorder needs --lateness"),
    (["--count", "0"], 64, "--count must be at least 1"),
    (["--late", "drop", "--late-output", "x"], 64, "exclude each other"),
    (["--no-such-option"], 64, "--no-such-option"),
  ])
  func failuresHaveTheirStatusAndSayWhatIsWrong(
    arguments: [String], status: Int32, message: String
  ) throws {
    let finished = try segment(arguments, input: .text(EventLines.woke("a", 1)))
    #expect(finished.status == status)
    #expect(finished.errors.contains(message))
  }

  @Test func anInputIsNotOverwrittenByTheOutput() throws {
    try directory.write(EventLines.woke("a", 1), to: "both")
    let finished = try segment(["both", "--output", "./both"])
    #expect(finished.status == 64)
    #expect(try directory.text("both") == EventLines.woke("a", 1))
  }

  @Test func aFullDiskIsAnInputOutputError() throws {
    let finished = try Program.shell(
      "kes-segment > /dev/full", input: .text(EventLines.woke("a", 1)))
    #expect(finished.status == 74)
    #expect(finished.errors == "kes-segment: stdout: cannot write: No space left on device\n")
  }

  @Test func aBadRecordIsNamedWithItsLine() throws {
    let bad = #"{"device":17,"timestamp":1,"event":{"DeviceWokeUp":{}}}"#
    try directory.write(EventLines.woke("a", 1) + "\n" + bad, to: "events.jsonl")
    let finished = try segment(["events.jsonl"])
    #expect(finished.status == 65)
    #expect(
      finished.errors
        == "kes-segment: events.jsonl:3: expected a string for \"device\", found 17\n")
    #expect(finished.lines.count == 1)
  }

  @Test func skippedRecordsAreToldOfByStatus1() throws {
    let input = ProgramInput.text("bad\n" + EventLines.woke("a", 1) + "worse\n")
    let skipped = try segment(["--on-error", "skip"], input: input)
    #expect(skipped.status == 1 && skipped.lines.count == 1)
    #expect(skipped.errors.contains("2 records"))
    let kept = try segment(["--dead-letter", "dead"], input: input)
    #expect(kept.status == 0 && kept.lines.count == 1)
    let letters = try directory.text("dead").split(separator: "\n")
    #expect(letters.map { $0.split(separator: "\t").last } == ["bad", "worse"])
    #expect(letters[1].hasPrefix("stdin:3\t"))
  }

  @Test func deadLettersKeepEveryByte() throws {
    var bytes = Data([0x00, 0xFF, 0x09, 0x22, 0x0D, 0x41])
    bytes.append(Data(repeating: 0x78, count: 300))
    let finished = try segment(
      ["--dead-letter", "dead", "--max-record", "100"], input: .data(bytes + [0x0A]))
    #expect(finished.status == 0)
    let letter = try directory.read("dead")
    #expect(letter.suffix(bytes.count + 1) == bytes + [0x0A])
  }

  @Test func aLineOfAHundredMegabytesIsRefusedInLittleMemory() throws {
    let finished = try Program.shell(
      """
      ulimit -v 4000000
      { printf '%s\\n' '\(EventLines.woke("a", 1).dropLast())'
        head -c 100000000 /dev/zero | tr '\\0' x; echo
        printf '%s\\n' '\(EventLines.sent("a", 2).dropLast())'
      } | kes-segment --on-error skip
      """)
    #expect(finished.lines.count == 2)
    #expect(finished.errors.contains("1 record"))
  }

  @Test func aLongLineIsReadWhereTheLimitAllowsIt() throws {
    let long =
      #"{"x":""# + String(repeating: "y", count: 3_000_000)
      + #"","device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"# + "\n"
    let finished = try segment(input: .text(long + EventLines.sent("a", 2)))
    #expect(finished.status == 0 && finished.lines.count == 2)
    #expect(finished.lines[0].count == long.count - 1 + #","session":"0123456789abc""#.count)
  }

  @Test func aClosedPipeEndsItQuietlyBySigpipe() throws {
    try directory.write(EventLines.random(count: 50_000, devices: 5, seed: 1), to: "in.jsonl")
    let finished = try Program.shell(
      "kes-segment in.jsonl | head -n 1; exit ${PIPESTATUS[0]}", directory: directory)
    #expect(finished.status == 128 + SIGPIPE)
    #expect(finished.errors.isEmpty && finished.lines.count == 1)
  }

  @Test func aClosedPipeEndsItBySigpipeThoughItsParentIgnoresThat() throws {
    try directory.write(EventLines.random(count: 50_000, devices: 5, seed: 1), to: "in.jsonl")
    let finished = try Program.shell(
      "trap '' PIPE; kes-segment in.jsonl | true; exit ${PIPESTATUS[0]}", directory: directory)
    #expect(finished.status == 128 + SIGPIPE)
    #expect(finished.errors.isEmpty)
  }

  /// A kes-segment whose input stays open.
  private func waiting(_ arguments: [String]) throws -> (RunningProgram, PrivatePipe) {
    let pipe = try PrivatePipe()
    let running = try RunningProgram(
      path: Program.path("kes-segment"), arguments, input: .empty, environment: [:],
      directory: directory, standardInput: pipe.reading)
    return (running, pipe)
  }

  @Test func whatIsReadIsWrittenBeforeItWaitsForMore() throws {
    let (running, input) = try waiting([])
    for number in 1...3 {
      try input.write(EventLines.data("a", Int64(number)))
      #expect(running.waits { running.outputSoFar.split(separator: "\n").count == number })
    }
    try input.close()
    #expect(try running.finish().status == 0)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalEndsItAfterTheBatchInHand(signal: Int32) throws {
    let (running, input) = try waiting(["--state", "state"])
    try input.write(EventLines.woke("a", 1))
    #expect(running.waits { !running.outputSoFar.isEmpty })
    running.send(signal)
    let finished = try running.finish()
    #expect(finished.signal == signal && finished.errors.isEmpty)
    try input.close()
    // The session was committed.
    let next = try segment(["--state", "state"], input: .text(EventLines.sent("a", 2)))
    let session = try #require(finished.lines[0].components(separatedBy: "\"session\":").last)
    #expect(next.lines[0].hasSuffix(session))
  }

  @Test(arguments: [SIGINT, SIGTERM], [SIGINT, SIGTERM])
  func aSecondSignalOfEitherKindEndsItAtOnce(first: Int32, second: Int32) throws {
    // Its output is a pipe that nobody reads, so that it cannot finish its batch.
    try directory.write(EventLines.random(count: 50_000, devices: 5, seed: 1), to: "in.jsonl")
    let output = try PrivatePipe()
    let running = try RunningProgram(
      path: Program.path("kes-segment"), ["in.jsonl"], input: .empty, environment: [:],
      directory: directory, standardOutput: output.writing)
    #expect(running.waits { output.isFull })
    running.send(first)
    // The first one leaves it waiting for its reader.
    #expect(running.waits { (try? running.catches(second)) == false })
    #expect(running.process.isRunning)
    running.send(second)
    let finished = try running.finish()
    #expect(finished.signal == second)
    try output.close()
  }

  @Test func sigusr1PrintsTheStatistics() throws {
    let (running, input) = try waiting([])
    try input.write(EventLines.woke("a", 1))
    #expect(running.waits { !running.outputSoFar.isEmpty })
    running.send(SIGUSR1)
    #expect(running.waits { running.errorsSoFar.contains("\n") })
    #expect(running.errorsSoFar.contains("\"records\":1,"))
    #expect(running.errorsSoFar.contains("\"open_sessions\":1,"))
    try input.close()
    #expect(try running.finish().status == 0)
  }

  @Test func anIdleInputLetsSessionsTimeOut() throws {
    let (running, input) = try waiting(
      ["--idle-timeout", "10ms", "--timeout", "50ms", "--emit", "closed"])
    try input.write(EventLines.woke("a", 1000))
    #expect(running.waits { running.outputSoFar.contains("\"timestamp\":1050") })
    try input.close()
    #expect(try running.finish().status == 0)
  }

  @Test func heldEventsAreAppliedOnASilentInput() throws {
    let (running, input) = try waiting(
      ["--idle-timeout", "10ms", "--lateness", "50ms", "--reorder"])
    try input.write(EventLines.data("a", 1001) + EventLines.woke("a", 1000))
    #expect(running.waits { running.outputSoFar.split(separator: "\n").count == 2 })
    #expect(running.outputSoFar.contains("WokeUp"))
    try input.close()
    #expect(try running.finish().status == 0)
  }

  @Test func theLedgerCloses() throws {
    let events = EventLines.random(count: 5000, devices: 10, seed: 7)
    let repeated = events + "bad\n" + EventLines.woke("z", 1) + EventLines.woke("z", 1)
    let finished = try segment(
      [
        "--stats", "--late", "drop", "--lateness", "1s", "--duplicates", "drop", "--on-error",
        "skip",
      ],
      input: .text(repeated))
    let line = try #require(finished.errors.split(separator: "\n").first { $0.hasPrefix("{") })
    let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
    let figures = try #require(parsed as? [String: Int])
    let parts = ["assigned", "late", "duplicate", "rejected", "filtered", "held"]
    #expect(figures["records"] == 5003)
    #expect(parts.map { figures[$0] ?? -1 }.reduce(0, +) == 5003)
    #expect(figures["rejected"] == 1)
    #expect((figures["late"] ?? 0) > 100)
    #expect(finished.lines.count == figures["assigned"])
  }

  @Test func lateEventsGoToTheirOwnFileUnchanged() throws {
    let late = #" {"timestamp":1, "device":"b","event":{"AllDataSent":{}} }"#
    let finished = try segment(
      ["--late-output", "late.jsonl"], input: .text(EventLines.data("a", 1000) + late + "\n"))
    #expect(finished.status == 0 && finished.lines.count == 1)
    #expect(try directory.text("late.jsonl") == late + "\n")
  }

  @Test func countStopsAfterSoManyRecords() throws {
    let finished = try segment(
      ["-c", "2"], input: .text(EventLines.random(count: 10, devices: 2, seed: 8)))
    #expect(finished.status == 0 && finished.lines.count == 2)
  }

  @Test func textIsWhatKesReadShows() throws {
    try directory.write(EventLines.random(count: 4000, devices: 9, seed: 12), to: "in.jsonl")
    let options = "in.jsonl --emit all --flush --duplicates mark"
    let shown = try Program.shell(
      "kes-segment \(options) | kes-read", directory: directory)
    let text = try Program.shell("kes-segment \(options) --format text", directory: directory)
    #expect(text.lines.count > 4000)
    #expect(text.output == shown.output)
    let purged = try Program.shell(
      "kes-segment in.jsonl | kes-purge --flush --format text", directory: directory)
    #expect(purged.status == 0 && purged.text.contains("SessionClosed(timeout,"))
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let input = ProgramInput.text(EventLines.random(count: 3000, devices: 50, seed: 9))
    #expect(
      try segment(["--emit", "all"], input: input).output
        == segment(["--emit", "all"], input: input).output)
    let first = try segment(["--session-id", "random"], input: input)
    #expect(first.output != (try segment(["--session-id", "random"], input: input).output))
  }

  @Test func itTellsItsVersionHelpAndCompletions() throws {
    #expect(try segment(["--version"]).text.hasPrefix("0."))
    #expect(try segment(["--help"]).text.contains("--idle-timeout"))
    #expect(try segment(["--generate-completion-script", "bash"]).text.contains("kes-segment"))
  }
}
