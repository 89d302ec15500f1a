// Topics that the tools create, and how long topics keep what is sent.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicCreationTests {
  private let broker: KafkaModelBroker

  init() throws { broker = try KafkaModelBroker() }

  private func run(
    _ tool: String, _ arguments: [String], input: ProgramInput = .empty
  ) throws -> Finished {
    try Program.run(tool, ["-b", broker.brokers] + arguments, input: input)
  }

  private static let few = ["--full-speed", "--events", "3", "--seed", "1"]

  // MARK: Partitions

  @Test(arguments: [
    ("kes-read", []), ("kes-segment", []), ("kes-produce", ["--replay"]), ("kes-purge", []),
  ])
  func aTopicGetsAsManyPartitionsAsThatOfTheOtherEnd(tool: String, options: [String]) throws {
    broker.createTopic("events", partitions: 3)
    let ends = ["--from", "events", "-e", "-G", "g", "--create-topics"]
    expectDone(
      try run(tool, options + ends + ["--to", "copies", "--dead-letter", "topic:dead"]))
    expectDone(try run(tool, options + ends + ["--to", "five", "--partitions", "5"]))
    #expect(broker.partitionCounts == ["events": 3, "copies": 3, "dead": 3, "five": 5])
  }

  @Test func anApplicationsTopicHasAsManyPartitionsAsItsInput() throws {
    broker.createTopic("events", partitions: 2)
    let ended = try run(
      "kes-segment",
      ["--from", "events", "--to", "sessions", "--application-id", "a", "-e", "--create-topics"])
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(
      broker.partitionCounts == ["events": 2, "sessions": 2, "a-sessions-changelog": 2])
    // What closes its sessions goes by its changelog.
    let purged = try run(
      "kes-purge", ["--application-id", "a", "--to", "purged", "--create-topics"])
    #expect(purged.status == 0 && !purged.errors.contains("created"), "\(purged.errors)")
    #expect(broker.partitionCounts["purged"] == 2)
  }

  @Test func aFirstTopicHasOnePartitionWhichIsTold() throws {
    let first = try run("kes-produce", Self.few + ["--to", "events", "--create-topics"])
    #expect(first.status == 0)
    #expect(
      first.errors
        == "kes-produce: topic events: created with 1 partition, which one process of a group reads"
        + " at a time; --partitions N creates more\n")
    expectDone(try run("kes-produce", Self.few + ["--to", "events", "--create-topics"]))
    expectDone(
      try run("kes-produce", Self.few + ["--to", "four", "--create-topics", "--partitions", "4"]))
    #expect(broker.partitionCounts == ["events": 1, "four": 4])
  }

  @Test func nothingIsCreatedForATopicThatIsNotThere() throws {
    let ended = try run("kes-read", ["--from", "events", "--to", "copies", "--create-topics"])
    #expect(ended.status == 66)
    #expect(ended.errors.contains("kes-read: topic events: cannot read it: there is no such topic"))
    #expect(broker.partitionCounts.isEmpty)
  }

  // MARK: Properties

  @Test func topicsAreCreatedWithTheirProperties() throws {
    let options = ["--topic-config", "retention.ms=-1", "--topic-config", "cleanup.policy="]
    expectDone(
      try run(
        "kes-segment",
        ["--to", "sessions", "--dead-letter", "topic:dead", "--create-topics", "--partitions", "1"]
          + options))
    let made = ["retention.ms": "-1", "cleanup.policy": ""]
    #expect(broker.properties == ["sessions": made, "dead": made])
  }

  @Test func aPropertyThatBrokersDoNotTakeIsAFaultOfTheConfiguration() throws {
    // INVALID_CONFIG
    broker.fail(.createTopics, with: [40])
    let ended = try run(
      "kes-produce",
      Self.few + ["--to", "events", "--create-topics", "--topic-config", "retention.ms=long"])
    #expect(ended.status == 78 && ended.output.isEmpty)
    #expect(ended.errors.contains("topic events: cannot create the topic: "), "\(ended.errors)")
    #expect(ended.errors.contains("; see --partitions, --replication and --topic-config\n"))
  }

  // MARK: Retention

  private func send(_ start: String, _ more: [String] = []) throws -> Finished {
    try run("kes-produce", Self.few + ["--to", "events", "--start-time", start] + more)
  }

  @Test func eventsOlderThanTheirTopicKeepsAreToldOnce() throws {
    broker.createTopic("events", partitions: 1)
    let ended = try run(
      "kes-produce", ["--full-speed", "--events", "100000", "--start-time", "0", "--to", "events"])
    #expect(ended.status == 0)
    let lines = ended.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(ended.errors)")
    #expect(
      ended.errors.hasPrefix(
        "kes-produce: topic events: keeps records for 7 days (retention.ms), and what is sent is "))
    #expect(ended.errors.contains(" years old: brokers will remove it; set retention.ms to -1, "))
    #expect(try send("0", ["-q"]).errors.isEmpty)
  }

  @Test func whatATopicKeepsIsNotTold() throws {
    broker.createTopic("events", partitions: 1)
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    expectDone(try send("\(now - 6 * 86_400_000)"))
    #expect(try send("\(now - 8 * 86_400_000)").errors.contains("keeps records for 7 days"))
  }

  @Test(arguments: [
    ["retention.ms": "-1"], ["cleanup.policy": "compact"],
    ["message.timestamp.type": "LogAppendTime"],
  ])
  func aTopicThatKeepsAllIsNotToldOf(properties: [String: String]) throws {
    broker.createTopic("events", partitions: 1, properties: properties)
    expectDone(try send("0"))
  }

  @Test func aTopicThatIsCreatedToKeepAllIsNotToldOf() throws {
    let options = ["--create-topics", "--partitions", "1", "--topic-config", "retention.ms=-1"]
    expectDone(try send("0", options))
    expectDone(try send("0"))
  }

  @Test func sessionEventsAreLookedAtAsWell() throws {
    broker.createTopic("sessions", partitions: 1)
    let ended = try run("kes-segment", ["--to", "sessions"], input: .text(EventLines.woke("a", 1)))
    #expect(ended.status == 0)
    #expect(ended.errors.contains("kes-segment: topic sessions: keeps records for 7 days"))
  }

  /// TOPIC_AUTHORIZATION_FAILED
  @Test func whoMayNotAskForARetentionSendsAllTheSame() throws {
    broker.createTopic("events", partitions: 1)
    broker.fail(.describeConfigs, with: [29, 29])
    expectDone(try send("0"))
    let ended = try send("0", ["-v"])
    #expect(ended.status == 0 && broker.faultCount == 0)
    #expect(
      ended.errors.contains("kes-produce: topic events: cannot ask for its configuration: "),
      "\(ended.errors)")
  }

  @Test func brokersThatDoNotTellARetentionAreSentToAllTheSame() throws {
    // The mock cluster knows no such request.
    let kafka = try TopicsUnderTest(isOwn: true)
    let topic = try kafka.topic()
    expectDone(try kafka.run("kes-produce", Self.few + ["--start-time", "0", "--to", topic]))
    #expect(try kafka.messages(topic).count == 3)
    // It says so at once: nobody is waited for.
    let told = try kafka.run("kes-produce", Self.few + ["--to", topic, "-v"])
    #expect(
      told.errors.contains(
        "kes-produce: topic \(topic): brokers do not say how long it keeps records; older ones are not"
          + " told of\n"), "\(told.errors)")
  }
}
