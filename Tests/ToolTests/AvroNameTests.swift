// Names that other writers made: read as they are, written on, and read again.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroNameTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  static let names = ["Outer$", "a-b", "a b", "größe", "温度", "1st", "com..x", "$"]

  /// `Event` with a name in a place of its own, and a datum's bytes behind ours.
  static let places: [(String, @Sendable (String) -> String, Data)] = [
    (
      "namespace", { renamed(#""name":"Event""#, #""name":"Event","namespace":"com.\#($0)""#) },
      Data()
    ),
    ("root", { renamed(#""name":"Event""#, #""name":"\#($0)""#) }, Data()),
    (
      "branch's namespace",
      { renamed(#""name":"DeviceWokeUp""#, #""name":"\#($0).DeviceWokeUp""#) }, Data()
    ),
    ("field", { eventSchema(with: #"{"name":"\#($0)","type":"int"}"#) }, RawContainer.long(5)),
    (
      "symbol",
      {
        eventSchema(with: #"{"name":"x","type":{"type":"enum","name":"E","symbols":["\#($0)"]}}"#)
      },
      RawContainer.long(0)
    ),
    (
      "alias", { eventSchema(with: #"{"name":"x","aliases":["\#($0)"],"type":"int"}"#) },
      RawContainer.long(5)
    ),
    (
      "fixed",
      { eventSchema(with: #"{"name":"x","type":{"type":"fixed","name":"n.\#($0)","size":1}}"#) },
      Data([9])
    ),
    (
      "nested",
      {
        eventSchema(
          with: #"{"name":"x","type":["null",{"type":"record","name":"\#($0)_r","fields":[]}]}"#)
      }, RawContainer.long(1)
    ),
  ]

  private static func renamed(_ old: String, _ new: String) -> String {
    eventSchema.replacingOccurrences(of: old, with: new)
  }

  private func write(_ schema: String, _ suffix: Data, to name: String) throws {
    var container = RawContainer(schema: schema)
    container.append(
      count: 2, RawContainer.woke("a", 1) + suffix + RawContainer.woke("b", 9000) + suffix)
    try directory.write(container.bytes, to: name)
  }

  @Test(arguments: names)
  func eventsOfEveryNameAreReadWrittenAndReadAgain(name: String) throws {
    try directory.write(EventLines.woke("a", 1) + EventLines.woke("b", 9000), to: "plain.jsonl")
    try directory.write(eventSchema, to: "event.avsc")
    let events = try shell("kes-read plain.jsonl").text
    let plain = try shell("kes-segment --emit all --flush plain.jsonl | kes-read").text
    let purged = try shell("kes-segment plain.jsonl | kes-purge --flush | kes-read").text
    for (number, (place, schema, suffix)) in Self.places.enumerated() {
      let (text, out) = (schema(name), "out-\(number).avro")
      try write(text, suffix, to: "in.avro")
      #expect(
        try shell("kes-segment --emit all --flush in.avro | kes-read").text == plain, "\(place)")
      let lines = try shell("kes-segment --emit all --flush in.avro --format json").text
      #expect(try jsonObjects(lines).count == 4)
      // The output has the writer's names, and is written on by the next run.
      let closed = try shell(
        "kes-segment in.avro --output \(out) --state state-\(number)"
          + " && kes-purge --flush \(out) | kes-read")
      let written = try AvroFile(directory.read(out)).header.schemaText
      #expect(written.contains(name), "\(written)")
      #expect(closed.text == purged, "\(place)")
      let again = try shell("kes-produce --replay --speed max in.avro | kes-read")
      #expect(again.text == events, "\(place)")
      // What --schema says is held to the specification, or its names do not matter.
      try directory.write(text, to: "own.avsc")
      let own = try run("kes-read --schema own.avsc in.avro")
      #expect(own.status == (place == "alias" ? 0 : 65))
      #expect(try shell("kes-read --schema event.avsc in.avro").text == events, "\(place)")
    }
  }

  @Test(arguments: names)
  func aRegistryMayHaveThem(name: String) throws {
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
    for (number, (_, schema, suffix)) in Self.places.enumerated() {
      try directory.write(schema(name), to: "registry/\(number + 1).avsc")
      let frames = MessageFile.framed(Int32(number + 1), RawContainer.woke("a", 1) + suffix)
      try directory.write(frames, to: "in.frames")
      let read = try shell("kes-read --framing confluent --registry file:registry in.frames")
      #expect(read.text == "[a] DeviceWokeUp()\n")
    }
  }

  @Test(arguments: [
    "com.example.Outer$.DeviceWokeUp", "com.example.Outer$DeviceWokeUp", "Outer$Inner$DeviceWokeUp",
    "a-b.c d.DeviceWokeUp", "DeviceWokeUp$",
  ])
  func branchesAreComparedWithoutWhatStandsAroundThem(name: String) throws {
    try write(Self.renamed(#""DeviceWokeUp""#, #""\#(name)""#), Data(), to: "in.avro")
    let text = "[a] DeviceWokeUp()\n[b] DeviceWokeUp()\n"
    #expect(try shell("kes-read in.avro").text == text)
    #expect(try shell("kes-read in.avro --format json | kes-read").text == text)
    try directory.write(
      #"{"device":"a","timestamp":1,"event":{"\#(name)":{}}}"# + "\n", to: "in.jsonl")
    if !name.hasSuffix("$") {
      #expect(try shell("kes-read in.jsonl").text == "[a] DeviceWokeUp()\n")
    }
  }

  @Test func whatHoldsNoEventsSaysThatAndNotThatItsNamesAreWrong() throws {
    let schema =
      #"{"type":"record","name":"topLevelRecord","fields":[{"name":"größe 1","type":"int"}]}"#
    var container = RawContainer(schema: schema)
    container.append(count: 1, RawContainer.long(1))
    try directory.write(container.bytes, to: "in.avro")
    let ended = try run("kes-segment in.avro")
    #expect(ended.status == 65)
    #expect(ended.errors.contains("at topLevelRecord.device: there is no such field"))
  }

  /// fastavro reads all but symbols that are none.
  @Test(
    .enabled(if: ForeignAvro.hasFastavro, "scripts/setup check installs fastavro"), arguments: names
  )
  func fastavroReadsTheOutputWhereItReadsTheInput(name: String) throws {
    let places = Self.places.filter { !["symbol", "alias"].contains($0.0) }
    var files: [String] = []
    for (number, (_, schema, suffix)) in places.enumerated() {
      files += ["in-\(number).avro", "out-\(number).avro"]
      try write(schema(name), suffix, to: "in-\(number).avro")
      try shell("kes-segment --emit all --flush in-\(number).avro > out-\(number).avro")
    }
    let contents = try ForeignAvro.read(files.map { directory.path($0) })
    #expect(contents.map(\.records.count) == places.flatMap { _ in [2, 4] })
  }
}
