// Places behind the markers that a real broker writes.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(
  .enabled(if: !KafkaTestCluster.isMock, "the mock cluster writes no markers"), .threadsOfTheirOwn)
struct TransactionPlaceTests {
  private let tools: ToolsOnTopics
  private var group: String { tools.application + "-group" }

  /// A topic with a transaction that was committed, and one that was aborted.
  init() throws {
    tools = try ToolsOnTopics(partitions: 1)
    try send([EventLines.woke("a", 1), EventLines.sent("a", 2)], commits: true)
    try send([EventLines.woke("b", 3)], commits: false)
  }

  private func send(_ lines: [String], commits: Bool) throws {
    let producer = try KafkaProducer(
      try KafkaConfiguration(brokers: tools.brokers),
      transactionalIdentifier: tools.application + "-transactions")
    try producer.initTransactions(ToolsOnTopics.patience)
    try producer.beginTransaction()
    let topic = try producer.topic(tools.input)
    for line in lines {
      try producer.produce(
        key: nil, value: Array(line.utf8.dropLast()).span, to: topic, partition: 0,
        patience: ToolsOnTopics.patience)
    }
    if commits {
      try producer.commitTransaction(ToolsOnTopics.patience)
    } else {
      try producer.flush(ToolsOnTopics.patience)
      try producer.abortTransaction(ToolsOnTopics.patience)
    }
  }

  /// How far a group is behind the end of a topic; nil where it stands nowhere.
  private func lag(of group: String, on topic: String) throws -> Int64? {
    let consumer = try KafkaConsumer(try KafkaConfiguration(brokers: tools.brokers), group: group)
    let partition = KafkaPartition(topic: topic, number: 0)
    let end = try consumer.watermarks([partition], ToolsOnTopics.patience)[partition]?.high
    let place = try consumer.committed([partition], ToolsOnTopics.patience)[partition]
    guard let end, let place else { return nil }
    return end.rawValue - place.rawValue
  }

  private func expectNoLag(on topic: String) throws {
    let read = try Program.run(
      "kes-read", ["-b", tools.brokers, "--from", topic, "-G", group, "-e", "--stats"])
    #expect(read.status == 0 && read.errors.contains(#""records_behind":0,"#), "\(read.errors)")
    #expect(try lag(of: group, on: topic) == 0)
  }

  @Test func aGroupThatHasReadAllHasNoLag() throws { try expectNoLag(on: tools.input) }

  @Test func anApplicationHasNoLagNorHasWhoReadsIt() throws {
    try tools.segment()
    #expect(try lag(of: tools.application, on: tools.input) == 0)
    #expect(try tools.sessions().count == 3)
    try expectNoLag(on: tools.output)
  }
}
