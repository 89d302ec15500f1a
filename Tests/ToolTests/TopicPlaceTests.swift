// Places that a topic does not have any more: it was made anew, or retention came first.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// By mock clusters: of two, each with a topic of the same name, the second is the topic made anew;
/// and a partition of theirs keeps no more than 5 MiB (librdkafka's rdkafka_mock.c, `max_size`).
@Suite(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"), .threadsOfTheirOwn)
struct TopicPlaceTests {
  private let directory: TemporaryDirectory
  private let cluster: KafkaTestCluster
  private static let topic = "events"
  private static let patience = KafkaPatience(milliseconds: 30_000)
  /// As `ToolsOnTopics` has it: a group lets its members in at once, also on a busy machine.
  private static let hurry = ["session.timeout.ms=6000", "heartbeat.interval.ms=100"]
    .flatMap { ["-X", $0] }

  init() throws {
    directory = try TemporaryDirectory()
    cluster = try TopicPlaceTests.cluster()
  }

  private static func cluster() throws -> KafkaTestCluster {
    let cluster = try KafkaTestCluster()
    for name in [topic, "sessions", "app-sessions-changelog"] {
      try cluster.createTopic(name, partitions: 1)
    }
    return cluster
  }

  private func send(_ lines: [String], to cluster: KafkaTestCluster) throws {
    let producer = try KafkaProducer(try KafkaConfiguration(brokers: cluster.brokers))
    let topic = try producer.topic(Self.topic)
    for line in lines {
      try producer.produce(
        key: nil, value: Array(line.utf8).span, to: topic, partition: 0, patience: Self.patience)
    }
    try producer.flush(Self.patience)
  }

  /// Sends so much that of the first records none is left; returns where the partition begins now.
  private func pushOut() throws -> Int64 {
    let padding = String(repeating: " ", count: 200_000)
    try send(
      (0..<40).map { (index: Int64) in "\(padding)\(EventLines.data("a", 1100 + index))" },
      to: cluster)
    let consumer = try KafkaConsumer(try KafkaConfiguration(brokers: cluster.brokers))
    let partition = KafkaPartition(topic: Self.topic, number: 0)
    let marks = try consumer.watermarks([partition], Self.patience)
    return try #require(marks[partition]).low.rawValue
  }

  private enum Kind: CaseIterable { case state, application }

  private func segment(
    _ kind: Kind, _ options: [String] = [], on cluster: KafkaTestCluster
  ) throws -> Finished {
    let ends =
      kind == .state
      ? ["--state", "state"]
      : ["--to", "sessions", "--application-id", "app"] + TopicPlaceTests.hurry
    return try Program.run(
      "kes-segment", ["-b", cluster.brokers, "--from", Self.topic, "-e"] + ends + options,
      directory: directory)
  }

  /// Has the group of the application stand at an offset.
  private func commit(_ offset: Int64) throws {
    let consumer = try KafkaConsumer(
      try KafkaConfiguration(brokers: cluster.brokers), group: "app", instance: nil)
    let partition = KafkaPartition(topic: Self.topic, number: 0)
    try consumer.commit([KafkaPosition(partition, KafkaOffset(offset))], Self.patience)
  }

  @Test func aStateThatStandsBehindTheEndOfItsTopicIsRefused() throws {
    let events = (0..<5).map { EventLines.woke("a", 1000 + Int64($0)) }
    try send(events, to: cluster)
    #expect(try segment(.state, on: cluster).status == 0)
    let anew = try Self.cluster()
    try send(Array(events.prefix(3)), to: anew)
    let refused = try segment(.state, ["-o", "beginning"], on: anew)
    #expect(refused.status == 65 && refused.text.isEmpty)
    #expect(
      refused.errors == """
        kes-segment: topic events, partition 0: ends at offset 3, but was read up to 5 in an \
        earlier run; the topic was made anew: use another --state, or remove this one

        """)
  }

  @Test func anApplicationThatStandsBehindTheEndOfItsTopicIsRefused() throws {
    try send([EventLines.woke("a", 1000)], to: cluster)
    try commit(7)
    let refused = try segment(.application, on: cluster)
    #expect(refused.status == 65)
    #expect(refused.errors.contains("partition 0: ends at offset 1, but was read up to 7 in an"))
    #expect(refused.errors.contains("kes-purge --reset"))
  }

  @Test(arguments: [Kind.state, .application])
  private func recordsThatAreGoneAreGivenUpOnlyWhereTheUserSaysSo(kind: Kind) throws {
    try send([EventLines.woke("a", 1000)], to: cluster)
    #expect(try segment(kind, on: cluster).status == 0)
    let first = try pushOut()
    try #require(first > 1)
    let refused = try segment(kind, on: cluster)
    #expect(refused.status == 65, "\(refused.errors)")
    #expect(
      refused.errors.hasSuffix(
        "kes-segment: topic events, partition 0: records 1 to \(first - 1) are gone before they were"
          + " read: see the topic's retention; say by --offset where to go on without them\n"))
    let ended = try segment(kind, ["-o", "beginning", "--stats"], on: cluster)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(ended.errors.contains("are gone before they were read; going on at \(first), as"))
    #expect(ended.errors.contains(#""records":\#(41 - first)"#))
    // Once on, --offset is nothing but the beginning again.
    let again = try segment(kind, ["-o", "beginning", "--stats"], on: cluster)
    #expect(again.status == 0 && !again.errors.contains("gone"))
    #expect(again.errors.contains(#""records":0"#))
  }
}
