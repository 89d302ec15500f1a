// A record as a test sends it and gets it back, and who sends and gets them.

import Foundation
import TestSupport
import Testing

@testable import KESCore

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
