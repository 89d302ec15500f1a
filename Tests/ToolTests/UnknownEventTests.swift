// Events that are none of ours: rejected, or passed over and counted as filtered.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct UnknownEventTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// `Event` with a branch more, behind the first.
  private static let schema = eventSchema.replacingOccurrences(
    of: #""event","type":["#,
    with:
      #""event","type":[{"type":"record","name":"Heartbeat","fields":[{"name":"n","type":"int"}]},"#
  )

  /// Ours between others, as lines and in Avro.
  private func writeEvents() throws {
    var (lines, container) = ("", RawContainer(schema: Self.schema))
    var frames = Data()
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
    try directory.write(Self.schema, to: "registry/7.avsc")
    for number in 0..<6 as Range<Int64> {
      let isOurs = number % 3 == 1
      let name = isOurs ? #""DeviceWokeUp":{}"# : #""Heartbeat":{"n":3}"#
      lines += #"{"device":"d\#(number)","timestamp":\#(number),"event":{\#(name)}}"# + "\n"
      let event = isOurs ? RawContainer.long(1) : RawContainer.long(0) + RawContainer.long(3)
      let datum = RawContainer.text("d\(number)") + RawContainer.long(number) + event
      container.append(count: 1, datum)
      frames += MessageFile.framed(7, datum)
    }
    try directory.write(lines, to: "in.jsonl")
    try directory.write(container.bytes, to: "in.avro")
    try directory.write(frames, to: "in.frames")
    try directory.write(eventSchema, to: "event.avsc")
  }

  static let inputs = [
    "in.jsonl", "in.avro", "--schema event.avsc in.avro", "in.jsonl --format avro",
    "--framing confluent --registry file:registry in.frames",
    "--framing confluent --registry file:registry --schema event.avsc in.frames",
  ]

  /// What else has to be said, so that records are written.
  private static func rest(_ tool: String, _ input: String) -> String {
    let isRead = tool == "kes-read"
    if input.contains("--framing") {
      return "--output-framing container" + (isRead ? " --format avro" : "")
    }
    return isRead && !input.contains("--format") ? "--format json" : ""
  }

  static let tools = [
    "kes-segment", "kes-segment --emit all --flush", "kes-read", "kes-purge",
    "kes-produce --replay --speed max",
  ]

  @Test(arguments: tools, inputs)
  func unknownEventsArePassedOverWhereThatIsAskedFor(tool: String, input: String) throws {
    try writeEvents()
    let rest = Self.rest(tool, input)
    let filtered = try run(
      "\(tool) \(input) \(rest) --unknown-events filter --stats 2> stats | kes-read --format json")
    #expect(filtered.status == 0)
    let events = filtered.lines.filter { !$0.contains("SessionClosed") }
    #expect(events.map { String($0.prefix(14)) } == [#"{"device":"d1""#, #"{"device":"d4""#])
    let stats = try directory.text("stats").split(separator: "\n").last.map(String.init) ?? ""
    #expect(stats.contains(#""filtered":4"#) && stats.contains(#""rejected":0"#), "\(stats)")
    #expect(stats.contains(#""records":6"#))
  }

  @Test(arguments: tools, ["", "--unknown-events reject"])
  func unknownEventsAreBadDataOtherwise(tool: String, option: String) throws {
    try writeEvents()
    for input in Self.inputs {
      let rest = Self.rest(tool, input)
      let refused = try run("\(tool) \(input) \(rest) \(option)")
      #expect(refused.status == 65)
      #expect(refused.errors.contains("an event that the schema does not have"))
      let skipped = try run("\(tool) \(input) \(rest) \(option) --dead-letter dead --stats")
      #expect(skipped.status == 0 && skipped.errors.contains(#""rejected":4"#))
      #expect(try directory.text("dead").split(separator: "\n").count == 4)
    }
  }

  /// What is wrong otherwise stays wrong; what else an unknown event holds does not matter.
  @Test(arguments: [
    (#"{"event":{"Heartbeat":{}}}"#, true), (#"{"event":{"Heartbeat":1},"timestamp":"x"}"#, true),
    (#"{"timestamp":"2026-01-01","event":{"a.b.Heartbeat":null},"device":7}"#, true),
    (#"{"device":"d","timestamp":1,"event":{"SessionClosed":{}}}"#, true),
    (#"{"device":"d","timestamp":1,"event":{"Heart\u0062eat":{}}}"#, true),
    (#"{"event":{"Heartbeat":{}},"device":}"#, false), (#"{"event":{"Heartbeat":{}}"#, false),
    (#"{"event":{"Heartbeat":{}}} x"#, false), (#"{"event":null}"#, false),
    (#"{"event":{}}"#, false),
    (#"{"event":{"Heartbeat":{},"DeviceWokeUp":{}}}"#, false), (#"{"event":"Heartbeat"}"#, false),
    (#"{"device":"d","timestamp":1,"event":{"DataReceived":{"name":"n"}}}"#, false),
    (#"{"device":"d","event":{"DeviceWokeUp":{}}}"#, false), ("[]", false), ("x", false),
    (#"{"event":{"Heartbeat":{}},"event":{"DeviceWokeUp":{}}}"#, false),
  ])
  func aLineIsOfAnUnknownEventByItsNameAlone(line: String, isPassedOver: Bool) throws {
    try directory.write(
      EventLines.woke("a", 1) + line + "\n" + EventLines.woke("b", 2), to: "in.jsonl")
    let ended = try run("kes-segment in.jsonl --unknown-events filter --on-error skip --stats")
    #expect(ended.lines.count == 2)
    #expect(ended.status == (isPassedOver ? 0 : 1))
    #expect(ended.errors.contains(isPassedOver ? #""filtered":1"# : #""rejected":1"#))
  }

  @Test func anEventOfOursThatDoesNotFitIsStillBadData() throws {
    // A branch of ours with other fields than the schema asks for, and an event that is null.
    let other = eventSchema.replacingOccurrences(
      of: #"{"name":"value","type":"double"}"#, with: #"{"name":"value","type":"string"}"#
    ).replacingOccurrences(of: #""event","type":["#, with: #""event","type":["null","#)
    var container = RawContainer(schema: other)
    let data = RawContainer.text("n") + RawContainer.text("v")
    container.append(
      count: 1, RawContainer.text("a") + RawContainer.long(1) + RawContainer.long(2) + data)
    container.append(count: 1, RawContainer.text("a") + RawContainer.long(1) + RawContainer.long(0))
    container.append(count: 1, RawContainer.text("a") + RawContainer.long(1) + RawContainer.long(1))
    try directory.write(container.bytes, to: "in.avro")
    try directory.write(eventSchema, to: "event.avsc")
    let ended = try run(
      "kes-segment --schema event.avsc in.avro --format json --unknown-events filter"
        + " --on-error skip --stats")
    #expect(ended.status == 1 && ended.lines.count == 1)
    #expect(ended.errors.contains(#""rejected":2"#) && ended.errors.contains(#""filtered":0"#))
  }

  @Test(arguments: ["in.jsonl", "in.avro"])
  func whatIsPassedOverKeepsItsPlaceAcrossRuns(input: String) throws {
    try writeEvents()
    let command = "kes-segment \(input) --format json --unknown-events filter"
    let whole = try run(command).text
    var parts = ""
    for _ in 0..<6 { parts += try run("\(command) --state state -c 1").text }
    #expect(parts == whole && !whole.isEmpty)
  }

  @Test(arguments: ["kes-purge --state s", "kes-produce --events 1"])
  func theOptionIsForReading(command: String) throws {
    #expect(try run("\(command) --unknown-events filter").status == 64)
  }
}
