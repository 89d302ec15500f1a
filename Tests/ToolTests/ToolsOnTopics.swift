// An application of kes-segment and its topics, for tests of whole programs.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// Topics and an application that nobody else has, on a mock cluster or the real one of
/// `KES_TEST_BROKERS`, where they go away with this.
final class ToolsOnTopics {
  private let kafka: KafkaUnderTest
  let input: String
  let output: String
  let application: String
  let directory: TemporaryDirectory

  var brokers: String { kafka.brokers }
  var changelog: String { application + "-sessions-changelog" }
  static let patience = KafkaUnderTest.patience

  /// What makes runs quick: a group lets its members in at once.
  private static let hurry =
    (KafkaUnderTest.hurry + ["session.timeout.ms=6000"]).flatMap { ["-X", $0] }

  /// - Parameter cluster: one of its own, for faults; nil shares one with other tests.
  init(partitions: Int = 2, cluster: KafkaTestCluster? = nil) throws {
    kafka = try KafkaUnderTest(cluster: cluster)
    application = kafka.unique("application")
    (input, output) = (application + "-events", application + "-sessions")
    directory = try TemporaryDirectory()
    for topic in [input, output] { try kafka.topic(exactly: topic, partitions: partitions) }
    if kafka.mock == nil {
      kafka.adopt(changelog)
    } else {
      try kafka.topic(exactly: changelog, partitions: partitions)
    }
  }

  /// Sends event lines to a partition of the input.
  func send(_ lines: [String], partition: Int32 = 0) throws {
    let producer = try KafkaProducer(kafka.configuration)
    let topic = try producer.topic(input)
    for line in lines {
      let value = Array(line.utf8.dropLast(line.hasSuffix("\n") ? 1 : 0))
      try producer.produce(
        key: nil, value: value.span, to: topic, partition: partition,
        patience: ToolsOnTopics.patience)
    }
    try producer.flush(ToolsOnTopics.patience)
  }

  /// A transaction that has sent a record to a topic, and is open.
  func openTransaction(on name: String) throws -> KafkaProducer {
    let producer = try KafkaProducer(
      kafka.configuration, transactionalIdentifier: application + "-transactions")
    try producer.initTransactions(ToolsOnTopics.patience)
    try producer.beginTransaction()
    let value = Array("never committed".utf8)
    try producer.produce(
      key: value.span, value: value.span, to: try producer.topic(name), partition: 0,
      patience: ToolsOnTopics.patience)
    try producer.flush(ToolsOnTopics.patience)
    return producer
  }

  /// The arguments of a kes-segment of the application.
  func segmenting(_ options: [String] = []) -> [String] {
    ["-b", brokers, "--from", input, "--to", output, "--application-id", application]
      + ToolsOnTopics.hurry + options
  }

  /// Runs kes-segment to the end of the input.
  @discardableResult
  func segment(_ options: [String] = []) throws -> Finished {
    let ended = try Program.run(
      "kes-segment", segmenting(["-e", "--emit", "all"] + options), directory: directory)
    try #require(ended.status == 0, "\(ended.errors)")
    return ended
  }

  /// Runs kes-purge on the application.
  func purge(_ options: [String]) throws -> Finished {
    try Program.run("kes-purge", purging(options), directory: directory)
  }

  /// The arguments of a kes-purge of the application.
  func purging(_ options: [String]) -> [String] {
    ["-b", brokers, "--application-id", application] + options
  }

  /// What the output topic has, as lines.
  func sessions() throws -> [String] {
    let read = try Program.run(
      "kes-read", ["-b", brokers, "--from", output, "-e", "--format", "json"])
    try #require(read.status == 0, "\(read.errors)")
    return read.lines
  }
}

extension String {
  /// The lines but for what a tool says of a version of librdkafka that is known to hang: the suite runs
  /// on such ones, too (`make check-rdkafka`).
  var withoutCaution: [Substring] {
    split(separator: "\n").filter { !$0.contains("may wait for ever after an outage of brokers") }
  }
}
