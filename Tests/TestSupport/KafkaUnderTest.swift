// The cluster that a test runs against, and topics of its own in it.

import Foundation
public import KESCore

/// A mock cluster, or the real one of `KES_TEST_BROKERS`; topics of a real one go away with this.
public final class KafkaUnderTest {
  /// nil where the cluster is real.
  public let mock: KafkaTestCluster?
  public let brokers: String
  public let configuration: KafkaConfiguration
  private let suffix = UUID().uuidString
  private var topics: [String] = []

  /// How long a test waits for what must come before it says that it hangs.
  public static let patience = KafkaPatience(milliseconds: 30_000)

  /// What makes tests quick: a group notices its members' words at once.
  public static let hurry = [
    "heartbeat.interval.ms=100", "reconnect.backoff.ms=10",
    "reconnect.backoff.max.ms=50", "retry.backoff.ms=10", "linger.ms=1", "fetch.wait.max.ms=50",
    "fetch.error.backoff.ms=10", "topic.metadata.refresh.fast.interval.ms=10",
    // The mock lets a rebalance wait for it, less a second; real brokers take no less than 6000.
    "session.timeout.ms=\(KafkaTestCluster.isMock ? 2500 : 6000)",
  ]

  /// - Parameter cluster: a mock, even where there is a real one; nil shares one with other tests.
  public init(cluster: KafkaTestCluster?, options: [String] = []) throws {
    mock = try cluster ?? (KafkaTestCluster.isMock ? KafkaTestCluster.shared.get() : nil)
    brokers = mock?.brokers ?? KafkaTestCluster.realBrokers ?? ""
    configuration = try KafkaConfiguration(
      brokers: brokers, options: KafkaUnderTest.hurry + options)
  }

  /// - Parameter brokerCount: nil shares a mock with other tests; a number makes one, for faults.
  public convenience init(brokerCount: Int? = nil, options: [String] = []) throws {
    let count = KafkaTestCluster.isMock ? brokerCount : nil
    try self.init(
      cluster: try count.map { try KafkaTestCluster(brokerCount: $0) }, options: options)
  }

  /// A configuration like this one's, with other properties.
  public func configuration(_ options: [String]) throws -> KafkaConfiguration {
    try KafkaConfiguration(brokers: brokers, options: KafkaUnderTest.hurry + options)
  }

  /// A new topic that nobody else has.
  public func topic(_ name: String = "topic", partitions: Int = 1) throws -> String {
    let name = unique(name)
    try topic(exactly: name, partitions: partitions)
    return name
  }

  /// A new topic of this name, which must be one that nobody else has.
  public func topic(exactly name: String, partitions: Int) throws {
    if let mock { return try mock.createTopic(name, partitions: partitions) }
    // Events of tests are years old: brokers would remove them at once.
    let topic = KafkaNewTopic(
      name: name, partitionCount: Int32(partitions), properties: ["retention.ms": "-1"])
    _ = try KafkaAdmin(configuration).createTopic(topic, KafkaUnderTest.patience)
    topics.append(name)
  }

  /// Has a topic go away with the others that a tool makes.
  public func adopt(_ name: String) { if mock == nil { topics.append(name) } }

  /// A name for a topic, a group or transactions that nobody else has.
  public func unique(_ name: String) -> String {
    "kes-test-\(name)-\(suffix)-\(UUID().uuidString.prefix(8))"
  }

  deinit {
    guard !topics.isEmpty, let admin = try? KafkaAdmin(configuration) else { return }
    for topic in topics { _ = try? admin.deleteTopic(topic, KafkaUnderTest.patience) }
  }
}
