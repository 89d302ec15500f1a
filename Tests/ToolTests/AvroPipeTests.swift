// Avro in pipes: the same as JSON-lines in pipes.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroPipeTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func aHundredThousandEventsAreShownAsThoseOfTheLinesAre() throws {
    let produce = "kes-produce --full-speed --seed 1 --start-time 1700000000000 --events 100000"
    let lines = try shell("\(produce) | kes-segment --emit all | kes-read")
    let data = try shell("\(produce) --format avro | kes-segment --emit all | kes-read")
    #expect(lines.lines.count > 100_000)
    #expect(data.output == lines.output)
  }

  @Test(arguments: ["--lateness 1s", "--lateness 1s --reorder"])
  func lateEventsGoToTheirOwnFileInTheFormatOfTheOutput(rules: String) throws {
    let events = faultyEvents + " --events 1500"
    try shell(
      "\(events) | kes-segment \(rules) --late-output late.jsonl > out.jsonl;"
        + " \(events) --format avro | kes-segment \(rules) --late-output late.avro > out.avro")
    for name in ["late", "out"] {
      let data = try shell("kes-read --input-format avro --format json \(name).avro")
      #expect(try data.text == directory.text("\(name).jsonl"), "\(name)")
      #expect(data.lines.count > 20)
    }
  }

  /// Session events with marks, and every closing: `sessions.jsonl` and `sessions.avro`.
  private func writeSessions() throws {
    let rules = "--emit all --duplicates mark --retain 5s"
    try shell(
      "\(faultyEvents) --events 1200 | tee events.jsonl | kes-segment \(rules) > sessions.jsonl;"
        + " kes-segment \(rules) --format avro events.jsonl > sessions.avro;"
        + " kes-segment events.jsonl > open.jsonl; kes-read --format avro open.jsonl > open.avro")
  }

  @Test func everyViewOfAvroIsThatOfTheLines() throws {
    try writeSessions()
    let device = "device-1"
    for options in [
      "", "--format json", "--format csv", "--sessions", "--sessions --format csv",
      "--sessions --format json", "--stats-only", "--stats-only --format json",
      "--stats-only --format csv", "-c 17", "-c 17 --format json", "--sessions -c 3",
      "--device '\(device)*'", "--device \(device) --format json", "--device nobody",
      "--since 1700000030000 --until 2023-11-14T22:14:10Z", "--format csv --device \(device) -c 5",
      "--session $(tail -n 1 sessions.jsonl | cut -d'\"' -f 20)", "--color always -c 20",
    ] {
      let lines = try shell("kes-read sessions.jsonl \(options)")
      let data = try shell("kes-read sessions.avro \(options)")
      #expect(data.output == lines.output, "\(options)")
    }
  }

  @Test(arguments: ["", "--flush", "--timeout 1s --flush", "--retain 9s --lateness 2s"])
  func missingClosingsAreAddedToAvroAsToTheLines(options: String) throws {
    try writeSessions()
    let lines = try shell("kes-purge \(options) open.jsonl")
    let data = try shell("kes-purge \(options) open.avro | kes-read --format json")
    #expect(data.output == lines.output)
    let closings = lines.lines.count { $0.contains("SessionClosed") }
    #expect(closings > 40)
    let text = try shell("kes-purge \(options) open.avro --format text")
    #expect(text.output == (try shell("kes-purge \(options) open.jsonl | kes-read")).output)
    // What is complete stays as it is, marks and all.
    let again = try shell("kes-purge \(options) sessions.avro | kes-read --format json")
    #expect(again.output == (try shell("kes-purge \(options) sessions.jsonl")).output)
  }

  @Test func textIsThatOfTheLines() throws {
    try writeSessions()
    let options = "--emit all --duplicates mark --format text"
    let data = try shell("kes-read --format avro events.jsonl | kes-segment \(options)")
    #expect(data.output == (try shell("kes-segment \(options) events.jsonl")).output)
    #expect(data.lines.count > 1200)
  }

  @Test(arguments: ["", "--shift-to 1800000000000", "--shift-to 1969-12-31T23:00:00Z"])
  func recordingsInAvroAreSentAgain(options: String) throws {
    try writeSessions()
    for name in ["events", "sessions"] {
      let lines = try shell("kes-produce --replay --speed max \(options) \(name).jsonl")
      let data = try shell(
        "kes-read --format avro \(name).jsonl | kes-produce --replay --speed max \(options)"
          + " | kes-read --input-format avro --format json")
      #expect(data.output == lines.output, "\(name)")
    }
    let text = try shell("kes-produce --replay --speed max sessions.avro --format text -c 100")
    #expect(text.output == (try shell("kes-read -c 100 sessions.jsonl")).output)
  }

  @Test func aFileThatGrowsIsFollowed() throws {
    try shell("\(faultyEvents) --events 2000 --format avro --block-size 1KiB > whole.avro")
    let file = try AvroFile(directory.read("whole.avro"))
    // Ends inside the header, between blocks and inside one.
    let cuts = [2, 100, file.ends[0], file.ends[3], file.ends[8] - 5, file.bytes.count]
    try directory.write(Data(), to: "growing.avro")
    let running = try RunningProgram(
      "kes-read", ["--follow", "--format", "json", "growing.avro"], directory: directory)
    let whole = try shell("kes-read --format json whole.avro")
    var start = 0
    let growing = try FileHandle(
      forWritingTo: directory.url.appendingPathComponent("growing.avro"))
    for cut in cuts {
      try growing.write(contentsOf: file.bytes[start..<cut])
      start = cut
      let blocks = file.ends.count { $0 <= cut } - 1
      if blocks < 1 { continue }
      try directory.write(file.prefix(blocks: blocks), to: "prefix.avro")
      let shown = try shell("kes-read --format json prefix.avro")
      #expect(running.waits { running.outputSoFar == shown.text }, "cut at \(cut)")
    }
    running.send(SIGTERM)
    let ended = try running.finish()
    #expect(ended.signal == SIGTERM && ended.output == whole.output && ended.errors == "")
  }
}
