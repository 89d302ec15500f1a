// Several files of several formats, schemas and codecs; and files of nothing.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroMixtureTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// `1.jsonl` to `3.jsonl` are parts of one stream, and `1.avro` to `3.avro` the same in Avro.
  private func writeParts() throws {
    try shell(
      """
      \(faultyEvents) --events 1200 > all.jsonl
      split -n l/3 --numeric-suffixes=1 -a 1 all.jsonl part
      codecs=(null snappy zstandard)
      for part in 1 2 3; do
        mv part$part $part.jsonl
        kes-read $part.jsonl --format avro --codec ${codecs[part - 1]} --block-size 2KiB > $part.avro
      done
      """)
  }

  @Test(arguments: ["", "--format json", "--format avro", "--format text"])
  func theFormatsOfTheInputsMakeNoDifference(format: String) throws {
    try writeParts()
    let expected = try shell("kes-segment --emit all all.jsonl").text
    for files in [
      "1.avro 2.avro 3.avro", "1.avro 2.jsonl 3.avro", "1.jsonl 2.avro 3.jsonl",
      "1.avro 2.avro 3.jsonl", "1.jsonl 2.jsonl 3.avro", "<(cat 1.avro 2.avro) - < 3.avro",
      "<(cat 1.avro 2.avro 3.avro)",
    ] {
      let command = "kes-segment --emit all \(format) \(files)"
      if format == "--format text" {
        #expect(
          try shell(command).text == shell("kes-segment --emit all all.jsonl | kes-read").text)
        continue
      }
      let isAvro = format == "--format avro" || (format == "" && !files.hasPrefix("1.jsonl"))
      let read = "kes-read --format json --input-format \(isAvro ? "avro" : "json")"
      #expect(try shell("\(command) | \(read)").text == expected, "\(files)")
    }
  }

  @Test func containersOfOtherSchemasAreResolvedIntoTheFirstOfAvroOutput() throws {
    let site = eventSchema(with: #"{"name":"site","type":"string","default":"hall"}"#)
    let floor = eventSchema(with: #"{"name":"floor","type":"int"}"#)
    let both = [
      (site, RawContainer.woke("a", 1) + RawContainer.text("roof")),
      (floor, RawContainer.woke("b", 2) + RawContainer.long(3)),
      (eventSchema, RawContainer.woke("c", 3)),
    ]
    for (number, (schema, data)) in both.enumerated() {
      var container = RawContainer(schema: schema)
      container.append(count: 1, data)
      try directory.write(container.bytes, to: "\(number).avro")
    }
    try directory.write(EventLines.woke("d", 4), to: "3.jsonl")
    func line(_ device: String, _ time: Int, _ extra: String) -> String {
      #"{"device":"\#(device)","timestamp":\#(time),"event":{"DeviceWokeUp":{}}\#(extra)}"#
    }
    let read = try shell("kes-read --format json <(cat 0.avro 1.avro 2.avro) 3.jsonl")
    #expect(
      read.lines == [
        line("a", 1, #","site":"roof""#), line("b", 2, #","floor":3"#), line("c", 3, ""),
        line("d", 4, ""),
      ])
    let resolved = try shell(
      "kes-read --format avro <(cat 0.avro 1.avro 2.avro) 3.jsonl | kes-read --format json")
    #expect(
      resolved.lines == [
        line("a", 1, #","site":"roof""#), line("b", 2, #","site":"hall""#),
        line("c", 3, #","site":"hall""#), line("d", 4, #","site":"hall""#),
      ])
    let first = try shell("kes-read --format avro 3.jsonl 0.avro | kes-read --format json")
    #expect(first.lines == [line("d", 4, ""), line("a", 1, "")])
    // What has no default cannot be made up.
    let refused = try run("kes-read --format avro 1.avro 2.avro | kes-read --format json")
    #expect(refused.status == 65 && refused.lines == [line("b", 2, #","floor":3"#)])
    #expect(
      refused.errors.contains(
        "2.avro: block 1, byte \(RawContainer(schema: eventSchema).bytes.count): the writer's schema"
          + " Event does not resolve into the reader's Event, at Event.floor"))
    let lines = try run("kes-segment 1.avro 3.jsonl | kes-read --format json")
    #expect(lines.status == 65 && lines.lines.count == 1)
    #expect(
      lines.errors
        == "kes-segment: JSON lines cannot be written: the writer's schema Event does not"
        + " resolve into the reader's Event, at Event.floor: the writer has no such field, and the"
        + " reader no default\n")
  }

  @Test func marksThatComeLateAreKept() throws {
    // The first kilobytes have no mark.
    let lines = (0..<3000).map { EventLines.data("a", Int64($0)) }
    try directory.write(lines.joined() + lines[2999], to: "in.jsonl")
    try shell("kes-segment --duplicates mark --timeout none in.jsonl > sessions.jsonl")
    try shell("kes-read --format avro sessions.jsonl > sessions.avro")
    let shown = try shell("kes-read --format json sessions.avro").lines
    #expect(shown.count == 3001)
    #expect(shown.last?.contains(#""duplicate":true,"session""#) == true)
    #expect(shown.count { $0.contains("duplicate") } == 1)
  }

  @Test func aLineThatDoesNotFitTheOutputIsRejected() throws {
    try shell("printf '%s' '\(EventLines.woke("a", 1))' | kes-segment > s.jsonl")
    try directory.write(EventLines.woke("a", 2), to: "e.jsonl")
    let missing = try run("kes-read --format avro s.jsonl e.jsonl > out")
    #expect(missing.status == 65)
    #expect(missing.errors == "kes-read: e.jsonl:1: the record has no \"session\"\n")
    let without = try run("kes-read --format avro e.jsonl s.jsonl > out")
    #expect(without.status == 65)
    #expect(without.errors.hasPrefix("kes-read: s.jsonl:1: "))
  }

  // MARK: Nothing

  static let commands = [
    "kes-segment", "kes-segment --emit all --duplicates mark", "kes-read --format FORMAT",
    "kes-purge --flush", "kes-produce --replay --speed max",
  ]

  /// The fields that an empty output of a command has more than the input.
  private func added(_ command: String) -> [String] {
    if command.contains("mark") { return ["duplicate", "session"] }
    return command.hasPrefix("kes-segment") ? ["session"] : []
  }

  private func fields(of name: String) throws -> [String] {
    let schema = try JSONValue(parsing: AvroFile(directory.read(name)).header.schemaText)
    return (schema["fields"]?.elements ?? []).compactMap { $0["name"]?.text }
  }

  @Test(arguments: commands, ["", "json", "avro"])
  func anEmptyInputGivesAnEmptyOutput(command: String, format: String) throws {
    let header = RawContainer(schema: eventSchema(with: #"{"name":"site","type":"int"}"#)).bytes
    try directory.write(header, to: "header.avro")
    try directory.write(Data(), to: "empty")
    let ours = ["device", "timestamp", "event"]
    let named = command.contains("FORMAT")
    if named && format == "" { return }
    let whole =
      named
      ? command.replacingOccurrences(of: "FORMAT", with: format)
      : command + (format == "" ? "" : " --format \(format)")
    for input in ["empty", "header.avro", "- < header.avro", "empty header.avro empty"] {
      try shell("\(whole) \(input) > out")
      if format == "json" || (format == "" && input == "empty") {
        #expect(try directory.read("out").isEmpty, "\(whole) \(input)")
        continue
      }
      let known = try fields(of: "out")
      if input == "empty" {
        // kes-purge reads session events.
        let expected = command.hasPrefix("kes-purge") ? ["session"] : added(command)
        #expect(known == ours + expected, "\(whole)")
      } else {
        #expect(known == ours + ["site"] + added(command), "\(whole) \(input)")
      }
      #expect(try AvroFile(directory.read("out")).ends.count == 1)
      #expect(try shell("kes-read --input-format avro out").output.isEmpty)
      #expect(try shell("kes-purge out --flush | kes-read").output.isEmpty)
    }
  }

  @Test func aHeaderAloneHasItsOwnCodecAndFile() throws {
    try directory.write(RawContainer(schema: eventSchema).bytes, to: "in.avro")
    try shell(
      "kes-segment in.avro --output out --late-output late --lateness 1s; kes-segment in.avro > pipe"
    )
    #expect(try AvroFile(directory.read("out")).header.codecName == "deflate")
    #expect(try AvroFile(directory.read("late")).header.codecName == "deflate")
    #expect(try AvroFile(directory.read("pipe")).header.codecName == "null")
    #expect(try fields(of: "late") == ["device", "timestamp", "event"])
  }

  // MARK: Pipes and signals

  @Test func aClosedPipeEndsItQuietly() throws {
    try shell(faultyEvents + " --events 12000 --format avro > in.avro")
    for command in [
      "kes-segment", "kes-read --format avro", "kes-purge", "kes-produce --replay --speed max",
    ] {
      let ended = try Program.shell(
        "\(command) in.avro | head -c 10 > /dev/null; exit ${PIPESTATUS[0]}", directory: directory)
      #expect(ended.status == 128 + SIGPIPE && ended.errors == "", "\(command)")
    }
  }

  @Test(arguments: [
    "kes-segment --emit all", "kes-read --format avro", "kes-purge",
    "kes-produce --replay --speed max",
  ])
  func whatIsReadIsWrittenAtOnceAndASignalLeavesAWholeFile(command: String) throws {
    try shell(faultyEvents + " --events 400 --format avro --block-size 1KiB > in.avro")
    let file = try AvroFile(directory.read("in.avro"))
    let words = command.split(separator: " ").map(String.init)
    for signal in [SIGINT, SIGTERM] {
      let pipe = try PrivatePipe()
      let running = try RunningProgram(
        path: Program.path(words[0]), words.dropFirst() + ["--output", "out-\(signal)"],
        input: .empty, environment: [:], directory: directory, standardInput: pipe.reading)
      let output = directory.path("out-\(signal)")
      func blocks() -> Int {
        let bytes = (try? Data(contentsOf: URL(fileURLWithPath: output))) ?? Data()
        return (try? AvroFile(bytes).ends.count) ?? 0
      }
      for block in 0..<5 {
        let before = blocks()
        let (start, end) = (block == 0 ? 0 : file.ends[block], file.ends[block + 1])
        try pipe.writing.write(contentsOf: file.bytes[start..<end])
        #expect(running.waits { blocks() > before }, "block \(block)")
      }
      // And a part of the next.
      try pipe.writing.write(contentsOf: file.bytes[file.ends[5]..<file.ends[6] - 20])
      running.send(signal)
      let ended = try running.finish()
      #expect(ended.signal == signal && ended.errors == "")
      try pipe.close()
      try directory.write(file.prefix(blocks: 5), to: "five.avro")
      let expected = try shell("\(command) five.avro | kes-read --format json")
      #expect(try shell("kes-read --format json out-\(signal)").text == expected.text)
    }
  }

  @Test func simulatedEventsStopWithAWholeFile() throws {
    let running = try RunningProgram(
      "kes-produce", ["--rate", "1000", "--format", "avro", "--output", "out"],
      directory: directory)
    #expect(running.waits { ((try? directory.read("out"))?.count ?? 0) > 2000 })
    running.send(SIGINT)
    #expect(try running.finish().signal == SIGINT)
    #expect(try shell("kes-read out").lines.count > 10)
  }

  @Test func closingsBeforeTheFirstRecordFixTheFormat() throws {
    try directory.write(EventLines.woke("a", 1000), to: "first.jsonl")
    var container = RawContainer(schema: eventSchema)
    container.append(count: 1, RawContainer.woke("b", 9000))
    try shell("kes-segment --state state first.jsonl > none")
    let pipe = try PrivatePipe()
    let running = try RunningProgram(
      path: Program.path("kes-segment"),
      ["--state", "state", "--emit", "all", "--idle-timeout", "10ms", "--timeout", "50ms"],
      input: .empty, environment: [:], directory: directory, standardInput: pipe.reading)
    // Nothing has come yet, and the session of the run before closes.
    #expect(running.waits { running.outputSoFar.contains("SessionClosed") })
    try pipe.writing.write(contentsOf: container.bytes)
    try pipe.close()
    let ended = try running.finish()
    #expect(ended.status == 0 && ended.errors == "")
    #expect(try jsonObjects(ended.text).count >= 2)
    #expect(ended.text.contains(#""device":"b","timestamp":9000"#))
  }
}
