// Topics for the tests of whole programs: of a mock cluster, or of a real one.

import Foundation
import TestSupport
import Testing

@testable import KESCore

extension KafkaMessageView {
  /// Copies of the bytes.
  var key: [UInt8]? { withKey { KafkaMessageView.copy($0) } }
  var value: [UInt8]? { withValue { KafkaMessageView.copy($0) } }

  private static func copy(_ bytes: Span<UInt8>?) -> [UInt8]? {
    guard let bytes else { return nil }
    return unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
  }
}

/// A message as a test sends it, or finds it.
struct TopicMessage: Equatable {
  var key: Data?
  var value: Data?
  var partition: Int32 = 0
  var time: Int64?
  /// `name=value`; without `=` where there is no value.
  var headers: [String] = []

  init(_ value: String?, key: String? = nil, time: Int64? = nil, headers: [String] = []) {
    self.value = value.map { Data($0.utf8) }
    self.key = key.map { Data($0.utf8) }
    self.time = time
    self.headers = headers
  }

  init(_ message: borrowing KafkaMessageView) {
    key = message.key.map { Data($0) }
    value = message.value.map { Data($0) }
    partition = message.partition
    time = message.timestamp?.milliseconds
    var found: [String] = []
    message.forEachHeader { name, value in
      let name = String(decodingBytes: name)
      if let value {
        found.append("\(name)=\(String(decodingBytes: value))")
      } else {
        found.append(name)
      }
    }
    headers = found
  }

  var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }
  var keyText: String? { key.map { String(decoding: $0, as: UTF8.self) } }
}

/// A cluster, and topics in it that nobody else has; those of a real one go away with this.
final class TopicsUnderTest {
  /// Nil where the cluster is real.
  let mock: KafkaTestCluster?
  let brokers: String
  let directory: TemporaryDirectory
  private let configuration: KafkaConfiguration
  private var topics: [String] = []

  static let patience = KafkaPatience(milliseconds: 30_000)

  /// What makes tests quick (see `KafkaUnderTest`).
  private static let hurry = [
    "heartbeat.interval.ms=100", "reconnect.backoff.ms=10", "reconnect.backoff.max.ms=50",
    "retry.backoff.ms=10", "linger.ms=1", "fetch.wait.max.ms=50", "fetch.error.backoff.ms=10",
    "session.timeout.ms=\(KafkaTestCluster.isMock ? 2500 : 6000)",
  ]

  /// - Parameter isOwn: makes a mock cluster for this test alone, for faults.
  init(isOwn: Bool = false) throws {
    directory = try TemporaryDirectory()
    if let real = KafkaTestCluster.realBrokers, !isOwn {
      (mock, brokers) = (nil, real)
    } else {
      let cluster = try isOwn ? KafkaTestCluster() : KafkaTestCluster.shared.get()
      (mock, brokers) = (cluster, cluster.brokers)
    }
    configuration = try KafkaConfiguration(brokers: brokers, options: TopicsUnderTest.hurry)
  }

  /// A new topic that nobody else has.
  func topic(_ name: String = "topic", partitions: Int = 1) throws -> String {
    let name = unique(name)
    if let mock {
      try mock.createTopic(name, partitions: partitions)
    } else {
      // Events of tests are years old.
      let topic = KafkaNewTopic(
        name: name, partitionCount: Int32(partitions), properties: ["retention.ms": "-1"])
      #expect(try KafkaAdmin(configuration).createTopic(topic, TopicsUnderTest.patience))
    }
    topics.append(name)
    return name
  }

  /// A name that nobody else has.
  func unique(_ name: String) -> String { "kes-test-\(name)-\(UUID().uuidString)" }

  deinit {
    guard mock == nil, let admin = try? KafkaAdmin(configuration) else { return }
    for topic in topics { _ = try? admin.deleteTopic(topic, TopicsUnderTest.patience) }
  }

  // MARK: Tools

  /// The options by which tools find the cluster.
  var options: [String] { ["-b", brokers] + TopicsUnderTest.hurry.flatMap { ["-X", $0] } }

  func run(
    _ tool: String, _ arguments: [String], input: ProgramInput = .empty
  ) throws -> Finished {
    try Program.run(tool, options + arguments, input: input, directory: directory)
  }

  func start(_ tool: String, _ arguments: [String]) throws -> RunningProgram {
    try RunningProgram(tool, options + arguments, directory: directory)
  }

  /// What `kes-read -e` shows of a topic.
  func read(_ topic: String, _ arguments: [String] = ["--format", "json"]) throws -> [String] {
    let finished = try run("kes-read", ["--from", topic, "-e"] + arguments)
    #expect(finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)")
    return finished.lines
  }

  // MARK: Messages

  func send(_ messages: [TopicMessage], to name: String, partition: Int32? = nil) throws {
    let producer = try KafkaProducer(configuration)
    let topic = try producer.topic(name)
    for message in messages {
      var headers = producer.makeHeaders()
      for header in message.headers {
        let parts = header.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 {
          headers.add(parts[0], parts[1])
        } else {
          headers.add(header, nil as Span<UInt8>?)
        }
      }
      var taken: KafkaHeaders? = consume headers
      try lend(message.key) { key throws(Failure) in
        try lend(message.value) { value throws(Failure) in
          try producer.produce(
            key: key, value: value, to: topic, partition: partition,
            timestamp: message.time.map { EventTime(milliseconds: $0) }, headers: taken.take(),
            patience: TopicsUnderTest.patience)
        }
      }
    }
    try producer.flush(TopicsUnderTest.patience)
  }

  private func lend(
    _ data: Data?, _ body: (Span<UInt8>?) throws(Failure) -> Void
  ) throws(Failure) {
    guard let data else { return try body(nil) }
    try body(Array(data).span)
  }

  /// All that a topic holds, partition by partition.
  func messages(_ topic: String) throws -> [TopicMessage] {
    let consumer = try KafkaConsumer(configuration)
    let count = try #require(try consumer.topic(topic, TopicsUnderTest.patience)?.partitionCount)
    let partitions = (0..<count).map { KafkaPartition(topic: topic, number: $0) }
    try consumer.assign(partitions.map { KafkaPosition($0, KafkaOffset(0)) })
    var found: [TopicMessage] = []
    var ended: Set<Int32> = []
    var batch = KafkaMessageBatch()
    let deadline = KafkaDeadline(TopicsUnderTest.patience)
    while ended.count < count {
      if deadline.isOver {
        Issue.record("\(topic) has no end")
        break
      }
      guard try consumer.poll(into: &batch, milliseconds: 1000) == .batch else { continue }
      batch.forEach { found.append(TopicMessage($0)) }
      ended.formUnion(batch.ends.map(\.partition.number))
    }
    return (0..<count).flatMap { number in found.filter { $0.partition == number } }
  }
}
