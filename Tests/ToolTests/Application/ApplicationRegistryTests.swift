// An application whose events and session events are Avro, with a schema registry.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ApplicationRegistryTests {
  private let topics: ApplicationTopics
  private let registry: [String]

  init() throws {
    topics = try ApplicationTopics(partitions: 2)
    registry = ["--registry", "file:\(topics.directory.path("registry"))"]
    try FileManager.default.createDirectory(
      atPath: topics.directory.path("registry"), withIntermediateDirectories: true)
  }

  private func lines(_ count: Int) -> [String] {
    // Numbers as they are written of what comes in Avro.
    EventLines.random(count: count, devices: 20, seed: 71)
      .replacingOccurrences(of: #""value":0.5}"#, with: #""value":0.500}"#)
      .split(separator: "\n").map(String.init)
  }

  /// Sends the events as Avro.
  private func send(_ lines: [String]) throws {
    let sent = try Program.run(
      "kes-read", ["-b", topics.brokers, "--to", topics.input] + registry,
      input: .text(lines.map { $0 + "\n" }.joined()))
    try #require(sent.status == 0, "\(sent.errors)")
  }

  private func read(_ topic: String) throws -> [String] {
    let read = try Program.run(
      "kes-read", ["-b", topics.brokers, "--from", topic, "-e", "--format", "json"] + registry)
    try #require(read.status == 0, "\(read.errors)")
    return read.lines
  }

  /// The lines of each session, in their order: its key has it in one partition.
  private func bySession(_ lines: [String]) -> [String] {
    let marked = lines.map { $0.components(separatedBy: #","session":""#) }
    return Dictionary(grouping: marked, by: \.last)
      .values.map { $0.map { $0[0] }.joined(separator: "\n") }.sorted()
  }

  @Test(arguments: ["exactly-once", "at-least-once"])
  func sessionEventsAreAvroOfARegisteredSchema(_ guarantee: String) throws {
    let options = registry + ["--guarantee", guarantee, "--timeout", "none"]
    let lines = lines(400)
    // The second run finds sessions of the first one, in the changelog alone.
    for part in [lines[..<200], lines[200...]] {
      try send(Array(part))
      let ended = try topics.finish(options)
      #expect(ended.status == 0, "\(ended.messages)")
    }
    let subjects = try topics.directory.text("registry/subjects.json")
    #expect(subjects.contains("\"\(topics.output)-key\""), "\(subjects)")
    #expect(subjects.contains("\"\(topics.output)-value\""), "\(subjects)")
    // Without timeouts the partitions do not matter.
    let expected = try Program.run(
      "kes-segment", ["--emit", "all", "--timeout", "none"],
      input: .text(lines.map { $0 + "\n" }.joined()))
    #expect(try bySession(read(topics.output)) == bySession(expected.lines))
  }

  // MARK: Schemas that evolve

  private static let schemas = [
    "", #","site":"north""#, #","site":"north","floor":7"#,
  ]

  /// A message that wakes a device up, of the schema with this id, 1 to 3.
  private func woke(_ device: String, _ time: Int64, _ identifier: Int32) -> Data {
    Data([0]) + MessageFile.word(identifier) + RawContainer.woke(device, time)
      + (identifier > 1 ? siteSuffix : Data()) + (identifier > 2 ? Data([14]) : Data())
  }

  /// Sends events of these schemas to a partition, each of another device. Returns what has to come.
  private func send(_ identifiers: [Int32], to partition: Int32, from number: Int) throws
    -> [String]
  {
    var expected: [String] = []
    let records = identifiers.enumerated().map { index, identifier in
      let (device, time) = ("p\(partition)-\(number + index)", Int64(1000 + number + index))
      expected.append(
        #"{"device":"\#(device)","timestamp":\#(time),"event":{"DeviceWokeUp":{}}"#
          + Self.schemas[Int(identifier) - 1])
      return (value: woke(device, time, identifier), headers: [(name: String, value: String)]())
    }
    try topics.send(records, partition: partition)
    return expected
  }

  /// Two processes, each of which reads another schema first; then one for both partitions, which goes
  /// on with sessions that events of other schemas opened.
  @Test(arguments: ["exactly-once", "at-least-once"], [[], ["--reorder", "--lateness", "10ms"]])
  func noFieldIsLostWhileSchemasEvolve(_ guarantee: String, _ rules: [String]) throws {
    let third = eventSchema(
      with:
        #"{"name":"site","type":"string","default":"none"},{"name":"floor","type":"int","default":0}"#
    )
    for (number, schema) in [eventSchema, sitedEventSchema, third].enumerated() {
      try topics.directory.write(schema, to: "registry/\(number + 1).avsc")
    }
    let options = registry + ["--guarantee", guarantee, "--timeout", "500ms"] + rules
    var expected = try send([1], to: 0, from: 0) + send([2], to: 1, from: 0)
    let first = try topics.start(options, state: "first")
    #expect(first.waitsForTasks(2), "\(first.messages)")
    let second = try topics.start(options, state: "second")
    #expect(second.waitsForTasks(1) && first.waitsForTasks(1), "\(second.messages)")
    expected += try send([1, 2, 3, 1, 2], to: 0, from: 1)
    expected += try send([3, 2, 1, 3, 1], to: 1, from: 1)
    #expect(try topics.waitUntilRead(by: [first, second]), "\(first.messages)\(second.messages)")
    try second.end()
    expected += try send([2, 3, 1], to: 0, from: 2000) + send([1, 2, 3], to: 1, from: 2000)
    // What they close has to come, too.
    expected += try send([1], to: 0, from: 4000) + send([1], to: 1, from: 4000)
    #expect(try topics.waitUntilRead(by: [first]), "\(first.messages)")
    try first.end()
    let found = try read(topics.output)
    let events = found.filter { !$0.contains("SessionClosed") }
    let isHeld = !rules.isEmpty
    let seen = Set(events.compactMap { $0.components(separatedBy: #","session":"#).first })
    #expect(seen.isSubset(of: Set(expected)), "\(seen.subtracting(expected))")
    #expect(seen.count == expected.count - (isHeld ? 2 : 0))
    // Closings have the schemas of the events before them, and nothing of those events.
    let closings = found.filter { $0.contains("SessionClosed") }
    #expect(Set(closings.map { $0.contains("site") }) == [true, false])
    #expect(!found.contains { $0.contains(#""SessionClosed""#) && $0.contains("north") })
  }

  @Test func aSchemaThatTheRegistryDoesNotHaveIsBadData() throws {
    try send(lines(20))
    try topics.send("\0\0\0\u{3}\u{9}abc", headers: [])
    let options = registry + ["--timeout", "none"]
    let refused = try topics.finish(options, state: "state")
    #expect(refused.status == 65, "\(refused.messages)")
    #expect(
      refused.messages.contains("topic \(topics.input), partition 0, offset "),
      "\(refused.messages)")
    #expect(
      refused.messages.contains("there is no schema with the id 777; name the registry"),
      "\(refused.messages)")
    let dead = topics.unique("dead")
    try topics.makeTopic(dead, partitions: 1)
    let last = try topics.finish(options + ["--dead-letter", "topic:\(dead)"], state: "state")
    #expect(last.status == 0, "\(last.messages)")
    #expect(try topics.read(dead, partitions: 1)[0].count == 1)
    let expected = try Program.run(
      "kes-segment", ["--emit", "all", "--timeout", "none"],
      input: .text(lines(20).map { $0 + "\n" }.joined()))
    #expect(try bySession(read(topics.output)) == bySession(expected.lines))
  }
}
