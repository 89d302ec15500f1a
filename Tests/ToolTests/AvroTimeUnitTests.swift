// Times of other units than milliseconds, through the tools: the sessions are those of the lines.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroTimeUnitTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A logical type, and how many of its unit make a millisecond.
  static let units: [(logical: String, per: Int64)] = [
    ("timestamp-millis", 1), ("timestamp-micros", 1000), ("timestamp-nanos", 1_000_000),
    ("local-timestamp-millis", 1), ("local-timestamp-micros", 1000),
    ("local-timestamp-nanos", 1_000_000),
  ]

  private static func type(_ logical: String) -> String {
    #"{"type":"long","logicalType":"\#(logical)"}"#
  }

  private static let millis = type("timestamp-millis")

  private static func schema(_ logical: String) -> String {
    eventSchema.replacingOccurrences(of: millis, with: type(logical))
  }

  /// Reads the number of `timestamp` as it stands in a file, too, of events and of session events.
  private func writeRawSchema() throws {
    let raw = #"{"name":"raw","type":"long","aliases":["timestamp"]},"#
    let session = #"{"name":"session","type":"string""#
    let schema = AvroSchema.sessionEvent.text
      .replacingOccurrences(
        of: #""fields":[{"name":"device""#, with: #""fields":[\#(raw){"name":"device""#
      )
      .replacingOccurrences(of: session, with: session + #","default":"""#)
    try directory.write(schema, to: "raw.avsc")
  }

  /// The numbers of `timestamp` in a file.
  private func rawTimes(_ name: String) throws -> [Int64] {
    try writeRawSchema()
    return try shell("kes-read --format json --schema raw.avsc \(name)").lines.compactMap { line in
      let digits = line.components(separatedBy: #""raw":"#).last?.prefix { $0 != "," } ?? ""
      return Int64(digits)
    }
  }

  /// `in.jsonl`, and `NAME.avro` of a unit with the same events, each `fraction` behind its
  /// millisecond.
  private func writeEvents(
    _ name: String, _ logical: String, per: Int64, fraction: Int64 = 0, times: [Int64]
  ) throws {
    var container = RawContainer(schema: Self.schema(logical))
    var lines = ""
    for (number, time) in times.enumerated() {
      let raw = time * per + fraction
      container.append(count: 1, RawContainer.woke("d\(number % 2)", raw))
      lines += EventLines.woke("d\(number % 2)", time)
    }
    try directory.write(container.bytes, to: "\(name).avro")
    try directory.write(lines, to: "in.jsonl")
  }

  private static let times: [Int64] = [
    -2001, -1, 0, 1999, 6000, 6001, 1_700_000_000_000, 1_700_000_001_500, 1_700_000_009_000,
  ]

  @Test(arguments: units)
  func sessionsAreThoseOfTheLines(logical: String, per: Int64) throws {
    try writeEvents("in", logical, per: per, fraction: per / 2, times: Self.times)
    for rules in [
      "--emit all --flush", "--emit closed --timeout 1s",
      "--emit all --lateness 3s --reorder --flush",
    ] {
      let expected = try shell("kes-segment \(rules) in.jsonl")
      #expect(!expected.lines.isEmpty)
      #expect(try shell("kes-segment \(rules) --format json in.avro").text == expected.text)
      // In Avro, too, and read back.
      try shell("kes-segment \(rules) in.avro --output \(logical)-\(rules.count).avro")
      let read = try shell("kes-read --format json \(logical)-\(rules.count).avro")
      #expect(read.text == expected.text, "\(rules)")
    }
    for view in [
      "--format text", "--sessions", "--stats-only", "--since 0 --until 1700000001000",
      "--format csv",
    ] {
      #expect(
        try shell("kes-segment --emit all in.avro | kes-read \(view)").text
          == shell("kes-segment --emit all in.jsonl | kes-read \(view)").text, "\(view)")
    }
    let dry = try shell("kes-segment --dry-run 9 in.avro").text
    #expect(dry == (try shell("kes-segment --dry-run 9 in.jsonl").text))
  }

  @Test(arguments: units)
  func whatIsWrittenKeepsTheUnitOfItsSchema(logical: String, per: Int64) throws {
    let times: [Int64] = [1_700_000_000_000, 1_700_000_001_500]
    try writeEvents("in", logical, per: per, fraction: per - 1, times: times)
    try shell("kes-segment --emit all --flush in.avro --output out.avro")
    // The events' data as they are; closings in the same unit, whole milliseconds.
    let events = times.map { $0 * per + per - 1 }
    #expect(try rawTimes("out.avro") == events + times.map { $0 * per })
    #expect(try AvroFile(directory.read("out.avro")).header.schemaText.contains(Self.type(logical)))
    let closed = try shell("kes-segment --emit closed --flush --format json in.avro").lines
    #expect(closed.count == 2)
    for (line, time) in zip(closed, times) {
      #expect(
        line.contains(#""timestamp":\#(time),"#)
          && line.contains(#""start":\#(time),"end":\#(time),"#))
    }
  }

  @Test(arguments: ["micros lines", "lines micros", "micros millis nanos", "nanos lines millis"])
  func inputsOfSeveralUnitsGoIntoOneOutput(order: String) throws {
    let all: [(String, Int64)] = [("millis", 1), ("micros", 1000), ("nanos", 1_000_000)]
    for (unit, per) in all {
      try writeEvents(unit, "timestamp-\(unit)", per: per, times: [1000, 1500])
    }
    let names = order.split(separator: " ").map(String.init)
    let files = names.map { $0 == "lines" ? "in.jsonl" : "\($0).avro" }.joined(separator: " ")
    try shell("kes-read --format avro \(files) > out.avro")
    let first = names[0] == "lines" ? "millis" : names[0]
    let per = try #require(all.first { $0.0 == first }).1
    let expected = names.flatMap { _ in [1000 * per, 1500 * per] }
    #expect(try rawTimes("out.avro") == expected)
    #expect(
      try shell("kes-read --format json out.avro").text
        == names.map { _ in try directory.text("in.jsonl") }.joined())
    #expect(
      try shell("kes-segment --emit all --format json --flush \(files)").text
        == shell("kes-segment --emit all --format avro --flush \(files) | kes-read --format json")
        .text)
  }

  @Test(arguments: units)
  func aSchemaOfAnotherUnitConverts(logical: String, per: Int64) throws {
    try writeEvents("in", logical, per: per, times: Self.times)
    let rules = ["--emit events", "--emit all --flush"]
    let expected = try rules.map { try shell("kes-segment \($0) in.jsonl").text }
    for (unit, per) in Self.units {
      try directory.write(Self.schema(unit), to: "reader.avsc")
      for (rules, expected) in zip(rules, expected) {
        let command = "kes-segment \(rules) --schema reader.avsc in.avro"
        #expect(try shell("\(command) --format json").text == expected, "\(unit), \(rules)")
        let read = try shell("\(command) > out.avro; kes-read --format json out.avro")
        #expect(read.text == expected, "\(unit), \(rules)")
        if rules == "--emit events" {
          #expect(try rawTimes("out.avro") == Self.times.map { $0 * per }, "\(unit)")
        }
      }
    }
  }

  @Test(arguments: units)
  func linesBecomeTheUnitOfASchema(logical: String, per: Int64) throws {
    try writeEvents("in", "timestamp-millis", per: 1, times: Self.times)
    try directory.write(Self.schema(logical), to: "reader.avsc")
    try shell("kes-segment --schema reader.avsc --format avro in.jsonl > out.avro")
    #expect(try rawTimes("out.avro") == Self.times.map { $0 * per })
  }

  @Test func aTimeThatTheUnitOfTheOutputCannotHoldIsBadData() throws {
    try directory.write(Self.schema("timestamp-nanos"), to: "nanos.avsc")
    let lines = [
      EventLines.woke("a", 9_223_372_036_854), EventLines.woke("b", 9_223_372_036_855),
    ]
    try directory.write(lines.joined(), to: "in.jsonl")
    let refused = try run("kes-read --format avro --schema nanos.avsc in.jsonl > out.avro")
    #expect(refused.status == 65)
    #expect(
      refused.errors.hasPrefix(
        "kes-read: in.jsonl:2: a time that the unit of the output's schema cannot hold"))
    #expect(try rawTimes("out.avro") == [9_223_372_036_854_000_000])
    var container = RawContainer(schema: Self.schema("timestamp-micros"))
    container.append(
      count: 2,
      RawContainer.woke("a", 9_223_372_036_854_775) + RawContainer.woke("b", 9_223_372_036_854_776))
    try directory.write(container.bytes, to: "in.avro")
    let skipped = try run(
      "kes-read --format avro --schema nanos.avsc --dead-letter dead in.avro > out.avro")
    #expect(skipped.status == 0)
    #expect(try directory.text("dead").contains("a time that the unit"))
    #expect(try rawTimes("out.avro") == [9_223_372_036_854_775_000])
    // A closing behind the last time is held there.
    let closed = try run(
      "kes-segment --emit closed --timeout 10s --flush --schema nanos.avsc --on-error skip in.jsonl"
        + " --format avro > closed.avro")
    #expect(closed.status == 1)
    #expect(try rawTimes("closed.avro") == [9_223_372_036_854_000_000])
  }

  @Test(arguments: [
    (#"{"type":"int","logicalType":"date"}"#, "date (int)"),
    (#"["null",{"type":"int","logicalType":"time-millis"}]"#, "null or time-millis (int)"),
    (#"{"type":"long","logicalType":"time-micros"}"#, "time-micros (long)"),
  ])
  func whatIsNoPointInTimeIsRefusedByItsName(type: String, name: String) throws {
    var container = RawContainer(
      schema: eventSchema.replacingOccurrences(of: Self.millis, with: type))
    container.append(count: 1, Data([2, 0x61, 2, 2, 0]))
    try directory.write(container.bytes, to: "in.avro")
    try directory.write(eventSchema, to: "event.avsc")
    let bare = name.replacingOccurrences(of: "null or ", with: "")
    for command in [
      "kes-segment in.avro", "kes-read in.avro", "kes-read --schema event.avsc in.avro",
    ] {
      let refused = try run(command)
      #expect(refused.status == 65)
      let words = command.contains("--schema") ? ["the writer has", bare] : ["it is", name]
      #expect(refused.errors.contains("timestamp: \(words[0]) \(words[1]), "), "\(refused.errors)")
    }
  }

  @Test(arguments: units)
  func aReplayMovesTimesInTheirUnit(logical: String, per: Int64) throws {
    try writeEvents("in", logical, per: per, fraction: per - 1, times: [1000, 1500])
    try shell("kes-produce --replay --speed max --shift-to 5000 in.avro > out.avro")
    #expect(try rawTimes("out.avro") == [5000 * per + per - 1, 5500 * per + per - 1])
    #expect(
      try shell("kes-produce --replay --speed max --shift-to 5000 in.avro --format json").text
        == shell("kes-produce --replay --speed max --shift-to 5000 in.jsonl").text)
    // Session events and their closings.
    try shell("kes-segment --emit all --flush in.avro > sessions.avro")
    #expect(
      try shell(
        "kes-produce --replay --speed max --shift-to 9000 sessions.avro | kes-read --format json"
      ).text
        == shell(
          "kes-segment --emit all --flush in.jsonl | kes-produce --replay --speed max --shift-to 9000"
        ).text)
  }

  @Test(arguments: units)
  func purgingAddsClosingsInTheUnit(logical: String, per: Int64) throws {
    try writeEvents("in", logical, per: per, times: [1000, 1500, 9000])
    try shell("kes-segment in.avro > sessions.avro")
    let expected = try shell("kes-segment in.jsonl | kes-purge --flush").text
    try shell("kes-purge --flush sessions.avro > out.avro")
    #expect(try shell("kes-read --format json out.avro").text == expected)
    #expect(try rawTimes("out.avro").allSatisfy { $0 >= 1000 * per })
  }

  @Test(arguments: units)
  func repetitionsAreThoseOfTheWholeTime(logical: String, per: Int64) throws {
    var container = RawContainer(schema: Self.schema(logical))
    for raw in [1000 * per, 1000 * per, 1001 * per - 1] {
      container.append(
        count: 1, RawContainer.text("a") + RawContainer.long(raw) + RawContainer.long(2))
    }
    try directory.write(container.bytes, to: "in.avro")
    let kept = try shell("kes-segment --duplicates drop --retain 5s in.avro --format json").lines
      .count
    #expect(kept == (per == 1 ? 1 : 2))
  }

  @Test(arguments: units)
  func messagesAreReadByTheirUnit(logical: String, per: Int64) throws {
    try writeEvents("in", logical, per: per, fraction: per / 2, times: Self.times)
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
    let messages = "--registry file:registry"
    try shell(
      "kes-read in.avro --format avro --output-framing confluent \(messages) --registry-register > in.frames"
    )
    let read = "--framing confluent \(messages)"
    let expected = try shell("kes-segment --emit all --flush in.jsonl").text
    #expect(
      try shell("kes-segment --emit all --flush \(read) in.frames --format json").text == expected)
    try shell("kes-segment --emit all --flush \(read) --registry-register in.frames > out.frames")
    #expect(try shell("kes-read \(read) --format json out.frames").text == expected)
  }

  @Test(.enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"))
  func fastavroReadsTheSameTimes() throws {
    for (logical, per) in Self.units where per < 1_000_000 && !logical.hasPrefix("local") {
      try writeEvents("in", logical, per: per, fraction: per / 2, times: [1000, 1500, 9000])
      try shell("kes-segment --emit all --flush in.avro --output out-\(per).avro")
      let content = try ForeignAvro.read([directory.path("out-\(per).avro")])[0]
      #expect(
        try content.records == jsonObjects(shell("kes-segment --emit all --flush in.jsonl").text))
    }
  }
}
