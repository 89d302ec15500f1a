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

/// A cluster, topics in it that nobody else has, and the tools on them.
final class TopicsUnderTest {
  private let kafka: KafkaUnderTest
  let directory: TemporaryDirectory

  /// Nil where the cluster is real.
  var mock: KafkaTestCluster? { kafka.mock }
  var brokers: String { kafka.brokers }

  static let patience = KafkaUnderTest.patience

  /// - Parameter isOwn: makes a mock cluster for this test alone, for faults.
  init(isOwn: Bool = false) throws {
    directory = try TemporaryDirectory()
    kafka = try KafkaUnderTest(cluster: isOwn ? KafkaTestCluster() : nil)
  }

  /// A new topic that nobody else has.
  func topic(_ name: String = "topic", partitions: Int = 1) throws -> String {
    try kafka.topic(name, partitions: partitions)
  }

  /// A name that nobody else has.
  func unique(_ name: String) -> String { kafka.unique(name) }

  // MARK: Tools

  /// The options by which tools find the cluster.
  var options: [String] { ["-b", brokers] + KafkaUnderTest.hurry.flatMap { ["-X", $0] } }

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
    let producer = try KafkaProducer(kafka.configuration)
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
    let consumer = try KafkaConsumer(kafka.configuration)
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
