// Container files of fastavro and of libavro are read, and they read ours.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroInteropTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Records of JSON-lines as fastavro takes them.
  private func records(_ lines: String) throws -> [Any] {
    try lines.split(separator: "\n").map { line in
      var record = try #require(json(String(line)) as? [String: Any])
      let (branch, value) = try #require((record["event"] as? [String: Any])?.first)
      record["event"] = ["$branch": [branch, value]]
      return record
    }
  }

  // MARK: fastavro

  /// The codecs that fastavro and we have.
  static let codecs = ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"]

  @Test(.enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"))
  func whatFastavroWritesIsReadWithEveryCodec() throws {
    let lines = try shell(faultyEvents + " --events 1500").text
    let (schema, all) = (try json(eventSchema), try records(lines))
    try ForeignAvro.write(
      Self.codecs.flatMap { codec in
        [16000, 500_000].map { interval in
          ForeignAvro.File(
            path: directory.path("\(codec)-\(interval)"), schema: schema, records: all,
            codec: codec, interval: interval)
        }
      })
    for codec in Self.codecs {
      for interval in [16000, 500_000] {
        #expect(
          try shell("kes-read --format json \(codec)-\(interval)").text == lines, "\(codec)")
      }
    }
    let sessions = "kes-segment --emit all --flush"
    let mixed = try shell("cat null-16000 deflate-16000 xz-500000 | \(sessions) --format json")
    try directory.write(lines + lines + lines, to: "three.jsonl")
    #expect(mixed.output == (try shell("\(sessions) three.jsonl").output))
  }

  /// What kes writes, by name: a command line that writes to the standard output.
  static let written: [(name: String, command: String)] =
    codecs.map { ("events-\($0)", "kes-read --format avro in.jsonl --codec \($0)") } + [
      ("small-blocks", "kes-read --format avro in.jsonl --block-size 1"),
      ("huge-block", "kes-read --format avro in.jsonl --block-size 64MiB --codec deflate"),
      ("sessions", "kes-segment --emit all --format avro in.jsonl"),
      ("closings", "kes-segment --emit closed --flush --format avro --codec zstandard in.jsonl"),
      ("marks", "kes-segment --emit all --duplicates mark --format avro in.jsonl"),
      ("purged", "kes-segment in.jsonl | kes-purge --flush --format avro"),
      ("no-lines", "kes-read --format avro --codec xz < /dev/null"),
      ("no-records", "kes-read --format avro --device nobody in.jsonl"),
    ]

  @Test(.enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"))
  func fastavroReadsWhatKesWrites() throws {
    try shell(faultyEvents + " --events 1500 > in.jsonl")
    for (name, command) in Self.written { try shell("\(command) > \(name)") }
    let contents = try ForeignAvro.read(Self.written.map { directory.path($0.name) })
    for ((name, _), content) in zip(Self.written, contents) {
      let lines = try jsonObjects(shell("kes-read --format json \(name)").text)
      #expect(content.records.map(Self.withoutFalseMark) == lines, "\(name)")
      #expect(content.blocks.reduce(0, +) == content.records.count)
      if name.hasPrefix("events-") {
        #expect(content.codec == name.dropFirst("events-".count) && content.records.count > 1400)
        #expect(try content.schema == jsonObjects(eventSchema)[0])
      }
      switch name {
      case "small-blocks": #expect(content.blocks.allSatisfy { $0 == 1 })
      case "huge-block": #expect(content.blocks.count == 1)
      case "no-lines", "no-records": #expect(content.blocks.isEmpty)
      default: #expect(content.records.count > 100)
      }
    }
  }

  /// JSON-lines name a mark only where there is one.
  private static func withoutFalseMark(_ record: JSONForm) -> JSONForm {
    record.without { $0 == "duplicate" && $1 == .boolean(false) }
  }

  // MARK: A schema that is not ours

  /// Namespaces, another order, fields of every type around ours; ours nullable, a float, an int.
  static let foreignSchema = """
    {"type":"record","namespace":"com.example","name":"Reading","doc":"of a hall","fields":[
    {"name":"site","type":{"type":"record","name":"Site","fields":[
      {"name":"name","type":["null","string"]},
      {"name":"tags","type":{"type":"array","items":"string"}},
      {"name":"parent","type":["null","Site"],"default":null}]}},
    {"name":"event","type":["null",
      {"type":"record","name":"AllDataSent","fields":[]},
      {"type":"record","name":"DeviceWokeUp","fields":[{"name":"battery","type":"float"}]},
      {"type":"record","name":"DataReceived","fields":[
        {"name":"value","type":["null","float"]},{"name":"name","type":["string","null"]}]}]},
    {"name":"attributes","type":{"type":"map","values":"long"}},
    {"name":"timestamp","type":"int"},
    {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},
    {"name":"raw","type":"bytes"},
    {"name":"key","type":{"type":"fixed","name":"Key","size":4}},
    {"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH"]}},
    {"name":"choice","type":["null","int",{"type":"array","items":"boolean"}],"default":null},
    {"name":"device","type":["null","string"]}]}
    """

  private static func foreignRecord(_ index: Int) -> [String: Any] {
    let events: [[Any]] = [
      ["com.example.DeviceWokeUp", ["battery": 0.5]],
      ["com.example.DataReceived", ["name": "wind", "value": 0.25]],
      ["com.example.DataReceived", ["name": "sun", "value": 2.5]],
      ["com.example.AllDataSent", [String: Any]()],
    ]
    let parent: [String: Any] = ["name": NSNull(), "tags": [String](), "parent": NSNull()]
    return [
      "site": [
        "name": index % 2 == 0 ? NSNull() : "hall" as Any, "tags": ["x", "y"],
        "parent": index % 3 == 0 ? NSNull() : parent as Any,
      ],
      "event": ["$branch": events[index / 2 % 4]], "attributes": ["a": index, "b": -1],
      "timestamp": 1000 + index * 100, "amount": ["$decimal": "-12.34"],
      "raw": ["$bytes": "00ff0a09"], "key": ["$bytes": "61620063"],
      "level": index % 2 == 0 ? "HIGH" : "LOW",
      "choice": [NSNull(), index, [true, false]][index % 3],
      "device": "büro-\(index % 2)",
    ]
  }

  /// The same events as JSON-lines.
  private static func plainLine(_ index: Int) -> String {
    let events = [
      #"{"DeviceWokeUp":{}}"#, #"{"DataReceived":{"name":"wind","value":0.250}}"#,
      #"{"DataReceived":{"name":"sun","value":2.500}}"#, #"{"AllDataSent":{}}"#,
    ]
    return #"{"device":"büro-\#(index % 2)","timestamp":\#(1000 + index * 100),"#
      + #""event":\#(events[index / 2 % 4])}"# + "\n"
  }

  private func writeForeign() throws {
    try ForeignAvro.write([
      ForeignAvro.File(
        path: directory.path("foreign"), schema: try json(Self.foreignSchema),
        records: (0..<60).map { Self.foreignRecord($0) }, codec: "deflate", interval: 500)
    ])
    try directory.write((0..<60).map { Self.plainLine($0) }.joined(), to: "plain")
  }

  private static let ours: Set = ["device", "timestamp", "event", "session", "duplicate"]

  /// What a record holds besides our fields.
  private static func extra(_ record: JSONForm) -> JSONForm {
    record.without { name, _ in ours.contains(name) }
  }

  /// Session events of which closings have our fields alone: in Avro they have all.
  private static func comparable(_ lines: String) throws -> [JSONForm] {
    try jsonObjects(lines).map { record in
      if record["event"]?["SessionClosed"] == nil { return record }
      return record.without { name, _ in !ours.contains(name) }
    }
  }

  @Test(
    .enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"),
    arguments: [
      "--emit events", "--emit all", "--emit all --duplicates mark --flush",
      "--emit all --lateness 1s --reorder", "--emit closed --flush",
    ])
  func eventsOfAForeignSchemaGetTheSameSessionsAndKeepTheirFields(rules: String) throws {
    try writeForeign()
    let plain = try shell("kes-segment \(rules) plain").text
    try shell("kes-segment \(rules) foreign > out")
    #expect(try shell("kes-read out").text == shell("kes-segment \(rules) plain | kes-read").text)
    let contents = try ForeignAvro.read([directory.path("foreign"), directory.path("out")])
    let events = contents[1].records.filter {
      $0["event"]?["com.example.SessionClosed"] == nil
    }
    #expect(contents[1].records.count == plain.split(separator: "\n").count)
    if rules.hasPrefix("--emit closed") {
      #expect(events.isEmpty)
    } else {
      #expect(events.map(Self.extra) == contents[0].records.map(Self.extra))
    }
    #expect(contents[1].schema["doc"] == .string("of a hall"))
    // As lines, and those again as what they came from: our fields are found by every reader.
    let lines = try shell("kes-segment \(rules) foreign --format json").text
    #expect(try Self.comparable(shell("kes-read --format json out").text) == Self.comparable(lines))
    try directory.write(lines, to: "lines")
    #expect(try shell("kes-read lines").text == shell("kes-read out").text)
    #expect(
      try shell("kes-read --format csv lines").text == shell("kes-read --format csv out").text)
    if rules == "--emit all" {
      let text = try shell("kes-segment \(rules) foreign --format text").text
      #expect(try text == shell("kes-read out").text)
      #expect(try shell("kes-purge out").output == directory.read("out"))
      #expect(
        try shell("kes-segment foreign | kes-purge | kes-read").text
          == shell("kes-segment plain | kes-purge | kes-read").text)
    }
  }

  @Test(.enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"))
  func timesThatAreIntsBecomeLongsWhereTheyAreMoved() throws {
    try writeForeign()
    let options = "--replay --speed max --shift-to 1800000000000"
    try shell("kes-produce \(options) foreign > out; kes-produce \(options) plain > moved")
    #expect(try shell("kes-read out").text == shell("kes-read moved").text)
    let contents = try ForeignAvro.read([directory.path("foreign"), directory.path("out")])
    #expect(contents[1].records.map(Self.extra) == contents[0].records.map(Self.extra))
    #expect(contents[1].records[0]["timestamp"] == .number(1_800_000_000_000))
  }

  @Test(.enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"))
  func bytesThatAreTextAndAnEventThatIsNoUnionAreEventsToo() throws {
    let schema = """
      {"type":"record","name":"Sample","fields":[{"name":"device","type":"bytes"},
      {"name":"event","type":{"type":"record","name":"DataReceived","fields":[
      {"name":"name","type":"bytes"},{"name":"value","type":"long"}]}},
      {"name":"timestamp","type":"long"}]}
      """
    try ForeignAvro.write([
      ForeignAvro.File(
        path: directory.path("in"), schema: try json(schema),
        records: [
          [
            "device": ["$bytes": "c3bc"], "timestamp": 7,
            "event": ["name": ["$bytes": "6e"], "value": 3],
          ]
        ])
    ])
    #expect(try shell("kes-read in").text == "[ü] DataReceived(n,3.000)\n")
    let line = #"{"device":"ü","event":{"DataReceived":{"name":"n","value":3}},"timestamp":7}"#
    #expect(try shell("kes-read --format json in").text == line + "\n")
    // No closing can stand there, so the output holds what `Event` has.
    #expect(
      try shell("kes-segment --emit all --flush in | kes-read").text
        == shell("kes-segment --emit all --flush in --format json | kes-read").text)
  }

  // MARK: avro-bin

  /// The codecs that libavro and we have.
  static let libraryCodecs = ["null", "deflate", "snappy", "lzma"]

  @Test(
    .enabled(if: ForeignAvro.hasAvroBin, "scripts/setup check installs avro-bin"),
    arguments: libraryCodecs)
  func libavroReadsWhatKesWrites(codec: String) throws {
    try shell(faultyEvents + " --events 1500 > in.jsonl")
    for command in [
      "kes-read --format avro in.jsonl --codec \(codec)",
      "kes-segment --emit all --duplicates mark --format avro --codec \(codec) in.jsonl",
      "kes-read --format avro in.jsonl --codec \(codec) --block-size 1KiB",
    ] {
      try shell("\(command) > out")
      let shown = try jsonObjects(shell("avrocat out").text).map(Self.withoutFalseMark)
      #expect(try shown == jsonObjects(shell("kes-read --format json out").text), "\(command)")
      #expect(shown.count > 1400)
    }
    try shell("kes-read --format avro --codec \(codec) < /dev/null > none; avropipe none")
  }

  @Test(
    .enabled(if: ForeignAvro.hasAvroBin, "scripts/setup check installs avro-bin"),
    arguments: libraryCodecs)
  func whatLibavroWritesIsRead(codec: String) throws {
    try shell(
      "\(faultyEvents) --events 1500 | tee in.jsonl | kes-read --format avro > in;"
        + " avromod --codec \(codec) in out; avromod --codec \(codec) --block-size 100000 in large")
    for name in ["out", "large"] {
      #expect(try shell("kes-read --format json \(name)").text == directory.text("in.jsonl"))
    }
  }
}
