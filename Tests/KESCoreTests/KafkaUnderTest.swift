// The cluster that a test runs against, and topics of its own in it.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// Mock clusters, or the real one of `KES_TEST_BROKERS`; topics of a real one go away with this.
final class KafkaUnderTest {
  /// nil where the cluster is real.
  let mock: KafkaTestCluster?
  let configuration: KafkaConfiguration
  private let suffix = UUID().uuidString
  private var topics: [String] = []

  /// How long a test waits for what must come before it says that it hangs.
  static let patience = KafkaPatience(milliseconds: 30_000)

  /// What makes tests quick: a group notices its members' words at once.
  private static let hurry = [
    "heartbeat.interval.ms=100", "reconnect.backoff.ms=10",
    "reconnect.backoff.max.ms=50", "retry.backoff.ms=10", "linger.ms=1", "fetch.wait.max.ms=50",
    "fetch.error.backoff.ms=10", "topic.metadata.refresh.fast.interval.ms=10",
    // The mock lets a rebalance wait for it, less a second; real brokers take no less than 6000.
    "session.timeout.ms=\(KafkaTestCluster.isMock ? 2500 : 6000)",
  ]

  /// - Parameter brokerCount: nil shares a cluster with other tests; a number makes one, for
  ///   faults.
  init(brokerCount: Int? = nil, options: [String] = []) throws {
    if let brokers = KafkaTestCluster.realBrokers {
      mock = nil
      configuration = try KafkaConfiguration(
        brokers: brokers, options: KafkaUnderTest.hurry + options)
    } else {
      let cluster =
        try brokerCount.map { try KafkaTestCluster(brokerCount: $0) }
        ?? KafkaTestCluster.shared.get()
      mock = cluster
      configuration = try KafkaConfiguration(
        brokers: cluster.brokers, options: KafkaUnderTest.hurry + options)
    }
  }

  /// A configuration like this one's, with other properties.
  func configuration(_ options: [String]) throws -> KafkaConfiguration {
    try KafkaConfiguration(
      brokers: configuration.brokers, options: KafkaUnderTest.hurry + options)
  }

  /// A new topic that nobody else has.
  func topic(_ name: String = "topic", partitions: Int = 1) throws -> String {
    let name = unique(name)
    try topic(exactly: name, partitions: partitions)
    return name
  }

  /// A new topic of this name, which must be one that nobody else has.
  func topic(exactly name: String, partitions: Int) throws {
    if let mock {
      try mock.createTopic(name, partitions: partitions)
    } else {
      let admin = try KafkaAdmin(configuration)
      let topic = KafkaNewTopic(name: name, partitionCount: Int32(partitions))
      #expect(try admin.createTopic(topic, KafkaUnderTest.patience))
      topics.append(name)
    }
  }

  /// A name for a topic, a group or transactions that nobody else has.
  func unique(_ name: String) -> String { "kes-test-\(name)-\(suffix)-\(KafkaUnderTest.next())" }

  private static func next() -> String { String(UUID().uuidString.prefix(8)) }

  deinit {
    guard !topics.isEmpty, let admin = try? KafkaAdmin(configuration) else { return }
    for topic in topics { _ = try? admin.deleteTopic(topic, KafkaUnderTest.patience) }
  }
}

/// A record as a test sends it and gets it back.
struct TestRecord: Hashable {
  var key: [UInt8]?
  var value: [UInt8]?
  var partition: Int32 = 0
  var offset: Int64 = -1
  var timestamp: EventTime?
  var headers: [Header] = []

  struct Header: Hashable {
    var name: String
    var value: [UInt8]?
  }

  init(_ value: String?, key: String? = nil, timestamp: EventTime? = nil) {
    self.key = key.map { Array($0.utf8) }
    self.value = value.map { Array($0.utf8) }
    self.timestamp = timestamp
  }

  init(_ message: borrowing KafkaMessageView) {
    key = message.withKey { TestRecord.copy($0) }
    value = message.withValue { TestRecord.copy($0) }
    partition = message.partition
    offset = message.offset.rawValue
    timestamp = message.timestamp
    var found: [Header] = []
    message.forEachHeader { name, value in
      let name = String(decoding: name.copied, as: UTF8.self)
      found.append(Header(name: name, value: TestRecord.copy(value)))
    }
    headers = found
  }

  private static func copy(_ bytes: Span<UInt8>?) -> [UInt8]? {
    guard let bytes else { return nil }
    return bytes.copied
  }

  var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }
}

extension Span where Element == UInt8 {
  var copied: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}

extension KafkaProducer {
  /// How many records were handed over, delivered, and not.
  var enqueuedCount: Int64 { client.context.deliveries.enqueuedCount }
  var deliveredCount: Int64 { client.context.deliveries.deliveredCount }
  var failedCount: Int64 { client.context.deliveries.failedCount }

  /// Sends a record of a test.
  func send(
    _ record: TestRecord, to topic: KafkaTopic, partition: Int32? = nil,
    patience: KafkaPatience = KafkaUnderTest.patience
  ) throws(Failure) {
    var headers: KafkaHeaders?
    if !record.headers.isEmpty {
      var made = makeHeaders()
      for header in record.headers {
        if let value = header.value {
          made.add(header.name, value.span)
        } else {
          made.add(header.name, nil as Span<UInt8>?)
        }
      }
      headers = consume made
    }
    try lend(record.key) { key throws(Failure) in
      try lend(record.value) { value throws(Failure) in
        try produce(
          key: key, value: value, to: topic, partition: partition, timestamp: record.timestamp,
          headers: headers.take(), patience: patience)
      }
    }
  }

  /// Sends records, and sees that all were delivered.
  func sendAll(_ records: [TestRecord], to name: String, partition: Int32? = nil) throws {
    let topic = try topic(name)
    for record in records { try send(record, to: topic, partition: partition) }
    try flush(KafkaUnderTest.patience)
  }
}

private func lend(
  _ bytes: [UInt8]?, _ body: (Span<UInt8>?) throws(Failure) -> Void
) throws(Failure) {
  guard let bytes else { return try body(nil) }
  try body(bytes.span)
}

extension KafkaConsumer {
  /// Polls until `isDone` says so of all records so far. Answers no rebalances.
  func collect(
    _ batch: inout KafkaMessageBatch, until isDone: ([TestRecord], [KafkaPosition]) -> Bool
  ) throws -> [TestRecord] {
    var records: [TestRecord] = []
    var ends: [KafkaPosition] = []
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while !isDone(records, ends) {
      if deadline.isOver {
        Issue.record("only \(records.count) records, ends \(ends), in time")
        break
      }
      guard try poll(into: &batch, milliseconds: 1000) == .batch else { continue }
      batch.forEach { records.append(TestRecord($0)) }
      ends += batch.ends
    }
    return records
  }

  /// The next `count` records.
  func collect(_ count: Int) throws -> [TestRecord] {
    var batch = KafkaMessageBatch(capacity: 100)
    return try collect(&batch) { records, _ in records.count >= count }
  }
}
