// Topics as the ends of the tools: what goes in comes out.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicPipeTests {
  private let kafka: TopicsUnderTest

  init() throws { kafka = try TopicsUnderTest() }

  private static let produced = [
    "--full-speed", "--events", "300", "--seed", "7", "--start-time", "1700000000000",
  ]

  private func events() throws -> [String] {
    try Program.run("kes-produce", Self.produced).lines
  }

  // MARK: JSON

  @Test func simulatedEventsAreMessagesWithTheDeviceForAKeyAndTheEventsTime() throws {
    let topic = try kafka.topic(partitions: 3)
    expectDone(try kafka.run("kes-produce", Self.produced + ["--to", topic]))
    let messages = try kafka.messages(topic)
    #expect(messages.compactMap(\.text).sorted() == (try events()).sorted())
    for message in messages {
      let text = try #require(message.text)
      let key = try #require(message.keyText)
      #expect(text.hasPrefix("{\"device\":\"\(key)\",\"timestamp\":\(try #require(message.time)),"))
      let partition = KafkaPartitioner.partition(ofKey: Array(key.utf8).span, count: 3)
      #expect(message.partition == partition && message.headers.isEmpty)
    }
  }

  @Test func whatIsReadOfOnePartitionIsWhatWasSentInItsOrder() throws {
    let topic = try kafka.topic()
    expectDone(try kafka.run("kes-produce", Self.produced + ["--to", topic]))
    #expect(try kafka.read(topic) == (try events()))
    #expect(try kafka.read(topic, ["-c", "7", "--format", "json"]).count == 7)
    #expect(try kafka.read(topic, ["--stats-only"])[0] == "records           300")
    #expect(try kafka.read(topic, ["--format", "csv"]).count == 301)
  }

  @Test func sessionEventsGoThroughTopicsAsThroughPipes() throws {
    let (sessions, purged) = (try kafka.topic("sessions"), try kafka.topic("purged"))
    let input = ProgramInput.text(try events().map { $0 + "\n" }.joined())
    expectDone(try kafka.run("kes-segment", ["--to", sessions, "--flush"], input: input))
    let expected = try Program.run("kes-segment", ["--flush"], input: input)
    #expect(try kafka.read(sessions) == expected.lines)
    expectDone(
      try kafka.run("kes-purge", ["--from", sessions, "-e", "--flush", "--to", purged, "-q"]))
    let piped = try Program.run("kes-purge", ["--flush"], input: .data(expected.output))
    #expect(try kafka.read(purged) == piped.lines)
    #expect(try kafka.messages(purged).allSatisfy { $0.keyText?.hasPrefix("device-") == true })
  }

  @Test func everyPartitionIsPurgedByItsOwnTime() throws {
    let (topic, purged) = (try kafka.topic(partitions: 2), try kafka.topic("purged"))
    func line(_ device: String, _ time: Int64) -> TopicMessage {
      let text = EventLines.woke(device, time).dropLast(2) + ",\"session\":\"s-\(device)\"}"
      return TopicMessage(String(text), key: device, time: time)
    }
    // Of the second partition's device nothing is due: only the first's time goes on.
    try kafka.send([line("a", 1000), line("b", 100_000)], to: topic, partition: 0)
    try kafka.send([line("c", 1000)], to: topic, partition: 1)
    expectDone(try kafka.run("kes-purge", ["--from", topic, "-e", "--to", purged, "-q"]))
    let closed = try kafka.read(purged).filter { $0.contains("SessionClosed") }
    #expect(closed.count == 1 && closed.first?.contains("\"device\":\"a\"") == true)
  }

  @Test func stateCommitsOnlyWhatIsDelivered() throws {
    let topic = try kafka.topic()
    let lines = EventLines.woke("a", 1) + EventLines.data("a", 2)
    try kafka.directory.write(lines, to: "in.jsonl")
    let arguments = ["in.jsonl", "--state", "state", "--to", topic]
    expectDone(try kafka.run("kes-segment", arguments))
    try kafka.directory.write(lines + EventLines.sent("a", 3), to: "in.jsonl")
    expectDone(try kafka.run("kes-segment", arguments))
    let sessions = try kafka.read(topic).compactMap { $0.components(separatedBy: "session").last }
    #expect(sessions.count == 3 && Set(sessions).count == 1)
  }

  // MARK: A second run

  @Test(arguments: [
    ("kes-read", [], "--group ID"), ("kes-read", ["-o", "beginning"], "--group ID"),
    ("kes-segment", [], "--application-id ID"), ("kes-purge", [], "--group ID"),
    ("kes-produce", ["--replay"], "--group ID"),
  ])
  func aRunThatNothingRemembersSaysSoOnce(
    tool: String, options: [String], continuing: String
  ) throws {
    let (from, to) = (try kafka.topic("from"), try kafka.topic("to"))
    let ended = try kafka.run(tool, options + ["--from", from, "--to", to, "-e"])
    #expect(ended.status == 0)
    #expect(
      ended.errors
        == "\(tool): without \(continuing) another run would write all of topic \(from) to topic"
        + " \(to) again\n")
  }

  /// It would not write all.
  @Test(arguments: [("kes-read", "--group ID"), ("kes-segment", "--application-id ID")])
  func aRunOfSoManyRecordsSaysWhereAnotherWouldBegin(tool: String, continuing: String) throws {
    let (from, to) = (try kafka.topic("from"), try kafka.topic("to"))
    try kafka.send(
      [1, 2].map { TopicMessage(String(EventLines.woke("a", $0).dropLast())) }, to: from)
    for _ in 0..<2 {
      let ended = try kafka.run(tool, ["-c", "1", "--from", from, "--to", to, "-e"])
      #expect(ended.status == 0)
      #expect(
        ended.errors
          == "\(tool): without \(continuing) another run would begin at the start of topic \(from)"
          + " again\n")
    }
    #expect(try kafka.messages(to).count == 2)
  }

  @Test(arguments: [
    ("kes-read", ["-o", "end"]), ("kes-read", ["-G", "group"]),
    ("kes-segment", ["--state", "state"]), ("kes-segment", ["-G", "group"]),
    ("kes-segment", ["--dry-run", "1"]),
  ])
  func aRunThatDoesNotRepeatSaysNothing(tool: String, options: [String]) throws {
    let (from, to) = (try kafka.topic("from"), try kafka.topic("to"))
    let options = options.map { $0 == "group" ? kafka.unique($0) : $0 }
    expectDone(try kafka.run(tool, options + ["--from", from, "--to", to, "-e"]))
  }

  // MARK: Replay

  @Test func aTopicIsReplayedWithTimesMoved() throws {
    let (from, to) = (try kafka.topic("from"), try kafka.topic("to"))
    try kafka.send(
      [
        TopicMessage(String(EventLines.woke("a", 5000).dropLast()), headers: ["trace=1", "empty"]),
        TopicMessage(String(EventLines.sent("b", 6000).dropLast())),
      ], to: from, partition: 0)
    expectDone(
      try kafka.run(
        "kes-produce",
        [
          "--replay", "--speed", "max", "--shift-to", "1000", "--from", from, "-e", "--to", to,
          "-q",
        ]))
    let messages = try kafka.messages(to)
    #expect(messages.map(\.keyText) == ["a", "b"] && messages.map(\.time) == [1000, 2000])
    #expect(messages.map(\.headers) == [["trace=1", "empty"], []])
    #expect(try kafka.read(to)[0] == EventLines.woke("a", 1000).dropLast())
  }

  // MARK: What stands beside values

  @Test func headersPassThroughAndTombstonesAreFiltered() throws {
    let (from, to) = (try kafka.topic("from"), try kafka.topic("to"))
    try kafka.send(
      [
        TopicMessage(String(EventLines.woke("a", 1).dropLast()), headers: ["x=1", "x=2", "none"]),
        TopicMessage(nil, key: "a"),
        TopicMessage(String(EventLines.data("b", 2).dropLast()), headers: ["y="]),
        TopicMessage(String(EventLines.sent("a", 3).dropLast()), headers: ["z=ü"]),
      ], to: from, partition: 0)
    let finished = try kafka.run(
      "kes-read", ["--from", from, "-e", "--to", to, "--device", "a", "--stats"])
    #expect(finished.status == 0)
    #expect(finished.errors.contains("\"records\":4,"))
    #expect(finished.errors.contains("\"assigned\":2,"))
    #expect(finished.errors.contains("\"filtered\":2,"))
    #expect(try kafka.messages(to).map(\.headers) == [["x=1", "x=2", "none"], ["z=ü"]])
  }

  @Test(arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
  func everyCodecIsReadAgain(codec: String) throws {
    let topic = try kafka.topic()
    expectDone(try kafka.run("kes-produce", Self.produced + ["--to", topic, "-z", codec]))
    #expect(try kafka.read(topic) == (try events()))
  }

  @Test func brokersComeFromAFileOfKcat() throws {
    let topic = try kafka.topic()
    try kafka.directory.write("# ours\nbootstrap.servers=\(kafka.brokers)\n", to: "kafka.conf")
    let produced = try Program.run(
      "kes-produce", Self.produced + ["--to", topic, "-F", "kafka.conf"],
      directory: kafka.directory)
    expectDone(produced)
    let read = try Program.run(
      "kes-read", ["--from", topic, "-e"], environment: ["KES_CONFIG": "kafka.conf"],
      directory: kafka.directory)
    #expect(read.lines.count == 300)
  }

  // MARK: Offsets

  @Test(arguments: [
    (["-o", "beginning"], 0), (["-o", "end"], 10), (["-o", "4"], 4), (["-o", "-3"], 7),
    (["-o-3"], 7), (["--offset", "-99"], 0), (["-o", "99"], 10),
  ])
  func everyFormOfOffsetBeginsWhereItSays(arguments: [String], first: Int) throws {
    let topic = try kafka.topic()
    let lines = (0..<10).map { String(EventLines.data("a", Int64($0)).dropLast()) }
    try kafka.send(lines.map { TopicMessage($0) }, to: topic, partition: 0)
    #expect(
      try kafka.read(topic, arguments + ["--format", "json", "-q"]) == Array(lines[first...]))
  }

  @Test(.enabled(if: !KafkaTestCluster.isMock, "the mock cluster knows no offsets by time"))
  func aTimeBeginsAtItsFirstRecord() throws {
    let topic = try kafka.topic()
    let messages = (1...5).map { TopicMessage(EventLines.data("a", $0), time: $0 * 1000) }
    try kafka.send(messages, to: topic, partition: 0)
    #expect(try kafka.read(topic, ["-o", "s@2001"]).count == 3)
  }

  // MARK: Groups

  @Test func aGroupGoesOnBehindWhatWasWritten() throws {
    let (topic, group) = (try kafka.topic(), kafka.unique("group"))
    let lines = (0..<10).map { String(EventLines.data("a", Int64($0)).dropLast()) }
    try kafka.send(lines.map { TopicMessage($0) }, to: topic, partition: 0)
    let json = ["--format", "json", "-G", group]
    #expect(try kafka.read(topic, json + ["-c", "4"]) == Array(lines[..<4]))
    #expect(try kafka.read(topic, json + ["--since", "7", "-c", "1"]) == [lines[7]])
    #expect(try kafka.read(topic, json) == Array(lines[8...]))
    #expect(try kafka.read(topic, json).isEmpty)
    #expect(try kafka.read(topic, json + ["-o", "2", "-c", "1"]) == [lines[2]])
  }

  @Test func aBadRecordIsNotCommitted() throws {
    let (topic, group) = (try kafka.topic(), kafka.unique("group"))
    let good = String(EventLines.woke("a", 1).dropLast())
    try kafka.send([TopicMessage(good), TopicMessage("bad")], to: topic, partition: 0)
    for count in [1, 0] {
      let finished = try kafka.run("kes-read", ["--from", topic, "-e", "-G", group])
      #expect(finished.status == 65 && finished.lines.count == count)
      #expect(
        finished.errors
          == "kes-read: topic \(topic), partition 0, offset 1: expected a JSON object, found bad\n")
    }
  }
}
