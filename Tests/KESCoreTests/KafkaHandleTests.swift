// Whatever is taken from librdkafka is given back once.

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import KESCore

@Suite struct KafkaFarewellTests {
  @Test func workThatEndsIsWaitedFor() {
    let isDone = Mutex(false)
    #expect(KafkaFarewell.run(milliseconds: 60_000) { isDone.withLock { $0 = true } })
    #expect(isDone.withLock { $0 })
  }

  @Test func workThatDoesNotEndIsLeftBehind() {
    let (first, second) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let ended = KafkaFarewell.run(milliseconds: 20) {
      first.wait()
      second.signal()
    }
    #expect(!ended)
    // It goes on by itself.
    first.signal()
    second.wait()
  }
}

@Suite(.threadsOfTheirOwn) struct KafkaHandleTests {
  private let kafka: KafkaUnderTest
  private let topic: String
  /// Of this test alone, so that its counts are.
  private let configuration: KafkaConfiguration
  private let patience = KafkaUnderTest.patience
  private var counts: KafkaHandleCounts { configuration.counts }

  init() throws {
    kafka = try KafkaUnderTest()
    topic = try kafka.topic()
    configuration = try kafka.configuration(["auto.offset.reset=earliest"])
    try KafkaProducer(kafka.configuration).sendAll(
      (0..<20).map { TestRecord("\($0)", key: "k") }, to: topic)
  }

  private var start: KafkaPosition {
    KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)
  }

  @Test func aConsumerThatReads() throws {
    do {
      let consumer = try KafkaConsumer(configuration)
      try consumer.assign([start])
      #expect(try consumer.collect(20).count == 20)
      _ = try consumer.watermarks([start.partition], patience)
      _ = try consumer.resolve(.beforeEnd(1), in: [start.partition], patience)
    }
    #expect(counts.unbalanced.isEmpty)
    #expect(counts.openedCount(.message) >= 20 && counts.openedCount(.client) == 1)
    // Its own queue, and the one that closing needs.
    #expect(counts.openedCount(.queue) == 2 && counts.openedCount(.descriptor) == 4)
  }

  @Test func aBatchThatOutlivesItsConsumer() throws {
    var batch = KafkaMessageBatch(capacity: 5)
    do {
      let consumer = try KafkaConsumer(configuration)
      try consumer.assign([start])
      while batch.count < 5 { _ = try consumer.poll(into: &batch, milliseconds: 1000) }
    }
    // The messages keep the client, and can still be read.
    #expect(batch.withMessage(at: 4) { TestRecord($0).text } == "4")
    #expect(counts.unbalanced == [.message: 5, .client: 1])
    batch.removeAll()
    #expect(counts.unbalanced[.message] == nil)
    batch = KafkaMessageBatch(capacity: 1)
    #expect(counts.unbalanced.isEmpty)
  }

  @Test func aBatchThatGoesWithItsMessages() throws {
    do {
      let consumer = try KafkaConsumer(configuration)
      try consumer.assign([start])
      var batch = KafkaMessageBatch(capacity: 5)
      while batch.count < 5 { _ = try consumer.poll(into: &batch, milliseconds: 1000) }
    }
    #expect(counts.unbalanced.isEmpty)
  }

  @Test func aMemberOfAGroupThatCommits() throws {
    do {
      let consumer = try KafkaConsumer(configuration, group: kafka.unique("group"))
      try consumer.subscribe([topic])
      var batch = KafkaMessageBatch()
      while case .idle = try consumer.poll(into: &batch, milliseconds: 1000) {}
      try consumer.acceptAssignment()
      try consumer.commit([KafkaPosition(start.partition, KafkaOffset(3))], patience)
      _ = try consumer.committed([start.partition], patience)
      _ = try consumer.groupMetadata()
      // Left without closing: that is done by `deinit`.
    }
    #expect(counts.unbalanced.isEmpty)
    #expect(counts.openedCount(.event) == 1 && counts.openedCount(.metadata) == 1)
  }

  @Test func aConsumerThatIsMisused() throws {
    do {
      let consumer = try KafkaConsumer(configuration)
      _ = try? consumer.subscribe([topic])
      _ = try? consumer.groupMetadata()
      _ = try? consumer.seek(to: [start])
      try consumer.assign([KafkaPosition(start.partition, KafkaOffset(5000))])
    }
    #expect(counts.unbalanced.isEmpty)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aMemberThatCannotLeaveInTime() throws {
    let faulty = try KafkaUnderTest(brokerCount: 1, options: ["auto.offset.reset=earliest"])
    do {
      let consumer = try KafkaConsumer(faulty.configuration, group: kafka.unique("group"))
      try consumer.subscribe([faulty.topic()])
      var batch = KafkaMessageBatch()
      while case .idle = try consumer.poll(into: &batch, milliseconds: 1000) {}
      try consumer.acceptAssignment()
      // What it asks of the group from now on is not answered.
      try faulty.mock?.setLatency(milliseconds: 20_000)
      let start = KafkaDeadline.now
      _ = consumer.close(KafkaPatience(milliseconds: 100))
      #expect(KafkaDeadline.now - start < 10_000)
    }
    // Nobody waits for the end of such a client, but it comes.
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while !faulty.configuration.counts.unbalanced.isEmpty && !deadline.isOver { usleep(10_000) }
    #expect(faulty.configuration.counts.unbalanced.isEmpty)
  }

  @Test func aProducerThatSends() throws {
    do {
      let producer = try KafkaProducer(configuration)
      var record = TestRecord("v")
      record.headers = [.init(name: "h", value: [1])]
      try producer.sendAll([record, record], to: topic)
    }
    #expect(counts.unbalanced.isEmpty)
    #expect(counts.openedCount(.headers) == 2 && counts.openedCount(.topic) == 1)
  }

  @Test func aProducerThatFails() throws {
    do {
      let producer = try KafkaProducer(configuration)
      var record = TestRecord("v")
      record.headers = [.init(name: "h", value: nil)]
      _ = try? producer.sendAll([record], to: topic, partition: 77)
      _ = try? producer.topic("")
      _ = try? producer.initTransactions(patience)
      _ = try? producer.commitTransaction(patience)
      // Goes with a record that is under way.
      try producer.send(record, to: producer.topic(topic))
    }
    #expect(counts.unbalanced.isEmpty)
  }

  @Test func transactionsThatCommitAbortAndFail() throws {
    do {
      let consumer = try KafkaConsumer(configuration, group: kafka.unique("group"))
      let producer = try KafkaProducer(
        configuration, transactionalIdentifier: kafka.unique("handles"))
      let early = #expect(throws: Failure.self) { try producer.beginTransaction() }
      #expect(early?.kind == .bug)
      try producer.initTransactions(patience)
      try producer.beginTransaction()
      try producer.sendOffsets([start], of: consumer.groupMetadata(), patience)
      try producer.commitTransaction(patience)
      try producer.beginTransaction()
      try producer.abortTransaction(patience)
    }
    #expect(counts.unbalanced.isEmpty)
  }

  @Test func errorsOfTheLibraryInTransactions() throws {
    guard KafkaTestCluster.isMock else { return }
    let faulty = try KafkaUnderTest(brokerCount: 1)
    do {
      let producer = try KafkaProducer(
        faulty.configuration, transactionalIdentifier: kafka.unique("errors"))
      try producer.initTransactions(patience)
      try producer.beginTransaction()
      try producer.send(TestRecord("v"), to: producer.topic(faulty.topic()))
      try faulty.mock?.fail(.endTransaction, with: [49])
      _ = try? producer.commitTransaction(patience)
      try producer.abortTransaction(patience)
    }
    #expect(faulty.configuration.counts.unbalanced.isEmpty)
    #expect(faulty.configuration.counts.openedCount(.error) >= 1)
  }

  @Test func clientsThatCannotBeMade() throws {
    let wrong = try kafka.configuration(["security.protocol=ssl", "ssl.ca.location=/no/such"])
    #expect(throws: Failure.self) { try KafkaConsumer(wrong) }
    #expect(throws: Failure.self) { try KafkaConsumer(wrong, group: "g", instance: "i") }
    #expect(throws: Failure.self) { try KafkaProducer(wrong, transactionalIdentifier: "t") }
    #expect(throws: Failure.self) { try KafkaAdmin(wrong) }
    #expect(wrong.counts.unbalanced.isEmpty)
    #expect(wrong.counts.openedCount(.configuration) == 5 && wrong.counts.openedCount(.client) == 0)
  }
}
