// --schema: records read as another schema than their writer's.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroReaderSchemaTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Other names, an int for the time and the value, an enum with more symbols, a field more.
  private static let writer = """
    {"type":"record","name":"Sample","namespace":"org.example","fields":[
    {"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH","EXTREME"]}},
    {"name":"sensor","type":"string"},
    {"name":"at","type":"int"},
    {"name":"secret","type":"string"},
    {"name":"what","type":[
      {"type":"record","name":"DeviceWokeUp","fields":[]},
      {"type":"record","name":"Measured","fields":[
        {"name":"value","type":"int"},{"name":"quantity","type":"bytes"}]},
      {"type":"record","name":"AllDataSent","fields":[]}]}]}
    """

  /// `Event` by aliases, with defaults for what the writer has not.
  private static let reader = """
    {"type":"record","name":"Event","fields":[
    {"name":"device","type":"string","aliases":["sensor"]},
    {"name":"timestamp","type":"long","aliases":["at"]},
    {"name":"event","aliases":["what"],"type":[
      {"type":"record","name":"DeviceWokeUp","fields":[]},
      {"type":"record","name":"DataReceived","aliases":["org.example.Measured"],"fields":[
        {"name":"name","type":"string","aliases":["quantity"]},{"name":"value","type":"double"}]},
      {"type":"record","name":"AllDataSent","fields":[]}]},
    {"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH","OTHER"],
      "default":"OTHER"}},
    {"name":"site","type":"string","default":"hall"},
    {"name":"tags","type":{"type":"array","items":"int"},"default":[1,2]},
    {"name":"note","type":["null","string"],"default":null},
    {"name":"weight","type":"float","default":0.5}]}
    """

  private func writeInput() throws {
    var container = RawContainer(schema: Self.writer)
    var data = Data()
    for (index, event) in [
      RawContainer.long(0), RawContainer.long(1) + RawContainer.long(7) + RawContainer.text("wind"),
      RawContainer.long(2),
    ].enumerated() {
      data += RawContainer.long(Int64(index)) + RawContainer.text("a")
      data += RawContainer.long(1000 + Int64(index)) + RawContainer.text("x") + event
    }
    container.append(count: 3, data)
    try directory.write(container.bytes, to: "in.avro")
    try directory.write(Self.reader, to: "reader.avsc")
  }

  @Test func recordsAreReadByAliasesDefaultsAndPromotions() throws {
    try writeInput()
    let refused = try run("kes-read in.avro")
    #expect(refused.status == 65)
    let extra = #""site":"hall","tags":[1,2],"note":null,"weight":0.5}"#
    let lines = [
      #"{"device":"a","timestamp":1000,"event":{"DeviceWokeUp":{}},"level":"LOW",\#(extra)"#,
      #"{"device":"a","timestamp":1001,"event":{"DataReceived":{"name":"wind","value":7.000}},"level":"HIGH",\#(extra)"#,
      #"{"device":"a","timestamp":1002,"event":{"AllDataSent":{}},"level":"OTHER",\#(extra)"#,
    ]
    let read = try run("kes-read --schema reader.avsc --format json in.avro")
    #expect(read.lines == lines && read.errors == "")
    // In Avro the output holds the fields of that schema alone.
    let data = try run("kes-read --schema reader.avsc --format avro in.avro > out.avro")
    #expect(data.status == 0)
    #expect(try run("kes-read --format json out.avro").lines == lines)
    let written = try AvroFile(directory.read("out.avro")).header.schemaText
    #expect(try AvroSchema(parsing: written).document == AvroSchema(parsing: Self.reader).document)
  }

  @Test(arguments: ["--emit events", "--emit all --duplicates mark", "--emit closed"])
  func everyToolReadsByTheSchema(rules: String) throws {
    try writeInput()
    try #expect(run("kes-read --schema reader.avsc --format json in.avro > in.jsonl").status == 0)
    let ours = "kes-read --format text"
    for (command, expected) in [
      ("kes-segment \(rules) --schema reader.avsc in.avro", "kes-segment \(rules) in.jsonl"),
      (
        "kes-produce --replay --speed max --shift-to 5000 --schema reader.avsc in.avro",
        "kes-produce --replay --speed max --shift-to 5000 in.jsonl"
      ),
      ("kes-purge --schema reader.avsc in.avro", "kes-purge in.jsonl"),
    ] {
      let data = try run("\(command) | \(ours)")
      #expect(try data.text == run("\(expected) | \(ours)").text, "\(command)")
      #expect(data.errors == "" && !data.output.isEmpty, "\(command)")
    }
  }

  @Test(arguments: [
    (
      #"{"name":"weight","type":"float","default":0.5}"#,
      #"{"name":"weight","type":"float","aliases":["secret"]}"#,
      "Sample.weight: the writer has string, the reader float"
    ),
    (
      #"{"name":"site","type":"string","default":"hall"}"#, #"{"name":"site","type":"string"}"#,
      "Sample.site: the writer has no such field, and the reader no default"
    ),
    (
      #""default":[1,2]"#, #""default":[1,"x"]"#,
      "Sample.tags: the reader's default does not fit: a string for int"
    ),
    (
      #""name":"device","type":"string","aliases":["sensor"]"#, #""name":"device","type":"string""#,
      "Sample.device: the writer has no such field, and the reader no default"
    ),
  ])
  func aSchemaThatDoesNotResolveIsNamedWithThePathOfItsField(
    part: String, changed: String, message: String
  ) throws {
    try writeInput()
    #expect(Self.reader.contains(part))
    try directory.write(
      Self.reader.replacingOccurrences(of: part, with: changed), to: "other.avsc")
    for tool in ["kes-segment", "kes-read", "kes-read --format avro", "kes-purge --format text"] {
      let ended = try run("\(tool) --schema other.avsc in.avro")
      #expect(ended.status == 65)
      let lines = ended.errors.split(separator: "\n")
      #expect(lines.count == 1)
      #expect(
        lines.first?.contains(
          "the writer's schema org.example.Sample does not resolve into the reader's Event, at"
            + " org.example.\(message)") == true, "\(ended.errors)")
    }
  }

  @Test(arguments: [
    ("no-such-file", "", 66, "no-such-file: cannot open: No such file or directory"),
    (".", "", 66, ".: is a directory"),
    ("bad.avsc", "{\"type\":", 65, "bad.avsc: the schema is not JSON: line 1, column"),
    (
      "bad.avsc", #"{"type":"record","name":"E"}"#, 65,
      "bad.avsc: the schema is wrong at E: a record"
    ),
    (
      "bad.avsc", #"{"type":"int"}"#, 65,
      "bad.avsc: the schema holds no events, at its root: int is not a record of events"
    ),
    (
      "bad.avsc", #"{"type":"record","name":"X","fields":[{"name":"a","type":"int","default":1}]}"#,
      65, "bad.avsc: the schema holds no events, at X.device: there is no such field"
    ),
    (
      "bad.avsc",
      reader.replacingOccurrences(of: #""name":"timestamp""#, with: #""name":"time""#), 65,
      "bad.avsc: the schema holds no events, at Event.timestamp: there is no such field"
    ),
    (
      "bad.avsc",
      reader.replacingOccurrences(
        of: #"{"name":"timestamp","type":"long""#,
        with: #"{"name":"timestamp","type":{"type":"int","logicalType":"date"}"#), 65,
      "bad.avsc: the schema holds no events, at Event.timestamp: it is date (int), ours is a time"
    ),
    (
      "bad.avsc", reader.replacingOccurrences(of: "DataReceived", with: "Data-Received"), 65,
      #"bad.avsc: the schema is wrong at Event.event: "Data-Received" is not a name"#
    ),
  ])
  func whatIsNoSchemaIsRefused(name: String, text: String, status: Int, message: String) throws {
    try writeInput()
    if !text.isEmpty { try directory.write(text, to: name) }
    for tool in ["kes-segment", "kes-read", "kes-purge", "kes-produce --replay --speed max"] {
      let ended = try run("\(tool) --schema \(name) in.avro")
      #expect(ended.status == Int32(status), "\(tool): \(ended.errors)")
      #expect(ended.errors.contains(message), "\(tool): \(ended.errors)")
      #expect(ended.errors.split(separator: "\n").count == 1)
    }
  }

  /// Nothing is read or touched: no record is blamed, and no file, state or dead letter is made.
  @Test(arguments: [
    "kes-segment --state state --late-output late", "kes-segment --emit all --on-error skip",
    "kes-read", "kes-read --sessions", "kes-purge", "kes-produce --replay --speed max",
    "kes-segment --from t -b localhost:1 --state state", "kes-segment --dry-run 3",
  ])
  func aSchemaOfNoEventsEndsTheRunBeforeAnythingIsTouched(command: String) throws {
    try writeInput()
    let fields = #"{"name":"a","type":"int","default":1}"#
    try directory.write(
      #"{"type":"record","name":"X","fields":[\#(fields)]}"#, to: "x.avsc")
    let before = try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted()
    let isOfTopic = command.contains("--from")
    let outputs = command.contains("--dry-run") ? "" : "--output out --dead-letter dead"
    let ended = try run("\(command) --schema x.avsc \(isOfTopic ? "" : "in.avro") \(outputs)")
    #expect(ended.status == 65 && ended.output.isEmpty)
    let tool = command.prefix { $0 != " " }
    #expect(
      ended.errors
        == "\(tool): x.avsc: the schema holds no events, at X.device: there is no such field,"
        + " and ours has no default\n")
    let after = try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted()
    #expect(before == after)
  }

  @Test(arguments: [
    "kes-produce --full-speed --events 1 --schema reader.avsc",
    "kes-purge --state state --schema reader.avsc", "kes-read --state state --schema reader.avsc",
    "kes-segment --codec snappy --format json", "kes-segment --format avro --codec lz77",
    "kes-segment --format avro --block-size 0", "kes-segment --format avro --block-size 65MiB",
    "kes-read --codec null", "kes-read --sessions --format avro",
    "kes-read --stats-only --format avro", "kes-segment --input-format csv",
  ])
  func optionsThatMakeNoSenseAreRefused(command: String) throws {
    let ended = try run("\(command) < /dev/null")
    #expect(ended.status == 64 && ended.output.isEmpty, "\(ended.errors)")
  }

  @Test func avroIsNotWrittenToATerminal() throws {
    // `script` gives the command a terminal.
    for command in ["kes-read --format avro", "kes-segment --format avro"] {
      let ended = try Program.shell(
        "script -qec '\(command) in.avro; echo status $?' /dev/null", directory: directory)
      #expect(ended.text.contains("Avro is not for terminals"))
      #expect(ended.text.contains("status 64"))
    }
    try writeInput()
    let shown = try Program.shell(
      "script -qec 'kes-segment --schema reader.avsc in.avro' /dev/null", directory: directory)
    #expect(shown.text.hasPrefix(#"{"device":"a","timestamp":1000"#), "JSON-lines by itself")
  }
}
