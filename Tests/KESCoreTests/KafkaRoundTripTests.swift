// Records come back as they were sent.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct KafkaRoundTripTests {
  private let kafka: KafkaUnderTest

  init() throws { kafka = try KafkaUnderTest() }

  /// Sends records to a partition and reads it from its beginning.
  private func roundTrip(
    _ records: [TestRecord], _ options: [String] = []
  ) throws -> [TestRecord] {
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration(options))
    try producer.sendAll(records, to: topic, partition: 0)
    #expect(producer.deliveredCount == Int64(records.count) && producer.failedCount == 0)
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([
      KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)
    ])
    return try consumer.collect(records.count)
  }

  @Test func keysAndValuesAreNilOrEmptyOrFull() throws {
    let texts = [nil, "", "x", "événement", "\u{0}\n"]
    let sent = texts.flatMap { key in texts.map { TestRecord($0, key: key) } }
    let received = try roundTrip(sent)
    #expect(received.map(\.key) == sent.map(\.key))
    #expect(received.map(\.value) == sent.map(\.value))
    #expect(received.map(\.offset) == (0..<Int64(sent.count)).map { $0 })
  }

  @Test func aTombstoneIsTold() throws {
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll([TestRecord(nil, key: "a"), TestRecord("", key: "a")], to: topic)
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([
      KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)
    ])
    var batch = KafkaMessageBatch(capacity: 1)
    var tombstones: [Bool] = []
    while tombstones.count < 2 {
      _ = try consumer.poll(into: &batch, milliseconds: 1000)
      batch.forEach { message in
        tombstones.append(message.isTombstone)
        #expect(message.withValue { $0?.isEmpty ?? true })
      }
    }
    #expect(tombstones == [true, false])
  }

  @Test func headersKeepOrderRepetitionAndMissingValues() throws {
    var record = TestRecord("v", key: "k")
    record.headers = [
      .init(name: "reason", value: Array("wrong".utf8)), .init(name: "none", value: nil),
      .init(name: "empty", value: []), .init(name: "reason", value: [0, 255]),
    ]
    let received = try roundTrip([record, TestRecord("w")])
    #expect(received[0].headers == record.headers)
    #expect(received[1].headers.isEmpty)
  }

  @Test func timesAreKeptFromTheFirstMillisecondOn() throws {
    let times: [Int64] = [1, 1_700_000_000_123, 4_102_444_800_000]
    let sent = times.map { TestRecord("v", timestamp: EventTime(milliseconds: $0)) }
    #expect(try roundTrip(sent).map(\.timestamp) == sent.map(\.timestamp))
    // The library would take 0 for now.
    let early = [0, -1, Int64.min].map {
      TestRecord("v", timestamp: EventTime(milliseconds: $0))
    }
    let first = EventTime(milliseconds: 1)
    #expect(try roundTrip(early).map(\.timestamp) == [first, first, first])
  }

  @Test(arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
  func everyCompressionIsRead(codec: String) throws {
    var generator = SplitMix64(seed: 5)
    let sent = (0..<200).map { index in
      TestRecord(
        String(repeating: "ab", count: Int(generator.next() % 200)), key: "device-\(index)")
    }
    let received = try roundTrip(sent, ["compression.codec=\(codec)"])
    #expect(received.map(\.value) == sent.map(\.value))
    #expect(received.map(\.key) == sent.map(\.key))
  }

  @Test func partitionsGoByTheKeyAsJavaClientsDecide() throws {
    let topic = try kafka.topic(partitions: 7)
    let sent = (0..<100).map { TestRecord("v", key: "device-\($0)") }
    try KafkaProducer(kafka.configuration).sendAll(sent, to: topic)
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign(
      (0..<7).map { KafkaPosition(KafkaPartition(topic: topic, number: $0), .beginning) })
    let received = try consumer.collect(100)
    for record in received {
      let key = record.key ?? []
      #expect(record.partition == KafkaPartitioner.partition(ofKey: key.span, count: 7))
    }
    #expect(Set(received.map(\.partition)).count == 7)
  }

  @Test func aRecordOfAMillionBytesFits() throws {
    let record = TestRecord(String(repeating: "x", count: 990_000))
    #expect(try roundTrip([record])[0].value?.count == 990_000)
  }

  @Test func theEndOfAPartitionIsToldWithItsOffset() throws {
    let topic = try kafka.topic(partitions: 2)
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll([TestRecord("a"), TestRecord("b")], to: topic, partition: 1)
    let consumer = try KafkaConsumer(kafka.configuration)
    let partitions = (0..<2).map { KafkaPartition(topic: topic, number: $0) }
    try consumer.assign(partitions.map { KafkaPosition($0, .beginning) })
    var ends: [KafkaPosition] = []
    var batch = KafkaMessageBatch()
    let records = try consumer.collect(&batch) { _, found in
      ends = found
      return Set(found.map(\.partition)).count == 2
    }
    #expect(records.map(\.text) == ["a", "b"])
    #expect(
      Set(ends) == [
        KafkaPosition(partitions[0], KafkaOffset(0)), KafkaPosition(partitions[1], KafkaOffset(2)),
      ])
  }
}
