// What becomes of records that are sent, also where brokers fail.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct KafkaProducerTests {
  private let patience = KafkaUnderTest.patience

  private func failure(_ body: () throws -> Void) throws -> Failure {
    try #require(#expect(throws: Failure.self) { try body() })
  }

  // MARK: Without faults

  @Test func aRecordThatIsTooLargeIsRefusedAndTheRestIsSent() throws {
    let kafka = try KafkaUnderTest(options: ["message.max.bytes=10000"])
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    let handle = try producer.topic(topic)
    try producer.send(TestRecord("before"), to: handle)
    let error = try failure {
      try producer.send(
        TestRecord(String(repeating: "x", count: 20_000)), to: handle, partition: 0)
    }
    #expect(error.kind == .badData && error.code.name == "MSG_SIZE_TOO_LARGE")
    #expect(error.description.hasPrefix("topic \(topic), partition 0: cannot send a record: "))
    #expect(error.description.contains("message.max.bytes"))
    try producer.send(TestRecord("after"), to: handle)
    try producer.flush(patience)
    #expect(producer.enqueuedCount == 2 && producer.deliveredCount == 2)
    // A header that was refused with its record is freed, too.
    var large = TestRecord(String(repeating: "x", count: 20_000))
    large.headers = [.init(name: "h", value: [1])]
    _ = try failure { try producer.send(large, to: handle) }
    #expect(kafka.configuration.counts.unbalanced[.headers] == nil)
  }

  @Test func aFullQueueIsWaitedForAndDropsNothing() throws {
    let kafka = try KafkaUnderTest(options: ["queue.buffering.max.messages=10"])
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    let records = (0..<500).map { TestRecord("\($0)") }
    try producer.sendAll(records, to: topic)
    #expect(producer.deliveredCount == 500)
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)])
    #expect(try consumer.collect(500).map(\.text) == records.map(\.text))
  }

  @Test func aPartitionThatIsNotThereIsSaid() throws {
    let kafka = try KafkaUnderTest()
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    let error = try failure { try producer.sendAll([TestRecord("v")], to: topic, partition: 9) }
    #expect(error.kind == .missing, "\(error)")
    #expect(error.place.topic == topic && error.place.partition == 9)
  }

  @Test func nothingSentIsFlushedAtOnce() throws {
    let kafka = try KafkaUnderTest()
    let producer = try KafkaProducer(kafka.configuration)
    try producer.flush(KafkaPatience(milliseconds: 0))
    #expect(producer.firstFailure == nil && producer.enqueuedCount == 0)
  }

  @Test func headersThatNoRecordTakesAreFreed() throws {
    let kafka = try KafkaUnderTest()
    let configuration = try kafka.configuration([])
    do {
      let producer = try KafkaProducer(configuration)
      var headers = producer.makeHeaders()
      headers.add("a", "b")
    }
    #expect(configuration.counts.unbalanced.isEmpty)
  }

  // MARK: Faults

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aQueueThatStaysFullIsSaid() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1, options: ["queue.buffering.max.messages=10"])
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll([TestRecord("first")], to: topic)
    try kafka.mock?.takeDown()
    let handle = try producer.topic(topic)
    let error = try failure {
      for _ in 0..<100 {
        try producer.send(
          TestRecord("v"), to: handle, patience: KafkaPatience(milliseconds: 150))
      }
    }
    #expect(error.code.name == "_QUEUE_FULL" && error.kind == .unavailable, "\(error)")
    #expect(producer.enqueuedCount == 11)
    let stopped = try failure {
      try producer.send(
        TestRecord("v"), to: handle,
        patience: KafkaPatience(milliseconds: 60_000, isInterrupted: { true }))
    }
    #expect(stopped.kind == .interrupted)
    // Nothing that was taken is lost when the brokers come back.
    try kafka.mock?.bringUp()
    try producer.flush(patience)
    #expect(producer.deliveredCount == 11)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func whatPassesIsTriedAgainInOrder() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1)
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    // Not leader, not enough replicas, a timeout, a broken connection.
    try kafka.mock?.fail(.produce, with: [6, 19, 7, -195])
    let records = (0..<50).map { TestRecord("\($0)") }
    try producer.sendAll(records, to: topic)
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)])
    #expect(try consumer.collect(50).map(\.text) == records.map(\.text))
  }

  @Test(
    .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"),
    arguments: [(10, Failure.Kind.badData), (29, .unavailable), (87, .badData)])
  func aFailedDeliveryIsThrownWithItsPlace(code: Int, kind: Failure.Kind) throws {
    let kafka = try KafkaUnderTest(brokerCount: 1, options: ["enable.idempotence=false"])
    let topic = try kafka.topic(partitions: 2)
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll([TestRecord("good")], to: topic, partition: 0)
    try kafka.mock?.fail(.produce, with: [code])
    let error = try failure {
      try producer.sendAll([TestRecord("bad")], to: topic, partition: 1)
    }
    #expect(error.code.rawValue == Int32(code) && error.kind == kind, "\(error)")
    #expect(error.description.hasPrefix("topic \(topic), partition 1: cannot deliver a record: "))
    #expect(producer.failedCount == 1 && producer.deliveredCount == 1)
    // It stays: who asks later is told, too.
    #expect(try failure { try producer.flush(patience) } == error)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func recordsThatAreStillUnderWayAreSaid() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1)
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll([TestRecord("first")], to: topic)
    try kafka.mock?.takeDown()
    let handle = try producer.topic(topic)
    for _ in 0..<3 { try producer.send(TestRecord("v"), to: handle) }
    let error = try failure { try producer.flush(KafkaPatience(milliseconds: 300)) }
    #expect(error.kind == .unavailable && error.code.name == "_TIMED_OUT", "\(error)")
    #expect(error.description.contains("3 of 4 records are not delivered"), "\(error)")
    let stopped = try failure {
      try producer.flush(KafkaPatience(milliseconds: 60_000, isInterrupted: { true }))
    }
    #expect(stopped.kind == .interrupted)
    try kafka.mock?.bringUp()
    try producer.flush(patience)
    #expect(producer.deliveredCount == 4)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func recordsThatTakeTooLongFail() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1, options: ["message.timeout.ms=300"])
    let topic = try kafka.topic()
    let producer = try KafkaProducer(kafka.configuration)
    try kafka.mock?.takeDown()
    let error = try failure {
      try producer.sendAll([TestRecord("v")], to: topic, partition: 0)
    }
    #expect(error.code.name == "_MSG_TIMED_OUT" && error.kind == .unavailable, "\(error)")
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func sendingFollowsTheLeader() throws {
    let kafka = try KafkaUnderTest(brokerCount: 2)
    let topic = try kafka.topic()
    try kafka.mock?.setLeader(1, ofTopic: topic, partition: 0)
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll([TestRecord("1")], to: topic)
    try kafka.mock?.setLeader(2, ofTopic: topic, partition: 0)
    try producer.sendAll([TestRecord("2")], to: topic)
    #expect(producer.deliveredCount == 2)
  }
}
