// Waiting for messages that something else may end.

import Foundation
import Glibc
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct KafkaWaitingTests {
  private let kafka: KafkaUnderTest
  private let topic: String
  private let consumer: KafkaConsumer
  private var partition: KafkaPartition { KafkaPartition(topic: topic, number: 0) }

  /// A consumer that has read its partition to the end.
  init() throws {
    kafka = try KafkaUnderTest()
    topic = try kafka.topic()
    consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(partition, .beginning)])
    var batch = KafkaMessageBatch()
    _ = try consumer.collect(&batch) { _, ends in !ends.isEmpty }
    try drain()
  }

  /// Polls until nothing is left, as one must before waiting for the descriptor.
  private func drain() throws {
    var batch = KafkaMessageBatch()
    while try consumer.poll(into: &batch, milliseconds: 0) != .idle {}
  }

  /// Waits with poll(2) for the consumer's descriptor.
  private func isReadable(milliseconds: Int32) -> Bool {
    var descriptor = pollfd(fd: consumer.descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, milliseconds) == 1
  }

  // MARK: Calls that do not come back

  /// As `rd_kafka_send_offsets_to_transaction` of some versions.
  @Test(arguments: [true, false])
  func aCallThatDoesNotComeBackIsLeftAlone(isInterrupted: Bool) throws {
    let client = try KafkaProducer(kafka.configuration).client
    let patience = KafkaPatience(milliseconds: isInterrupted ? 3_600_000 : 10) { isInterrupted }
    let isOver = DispatchSemaphore(value: 0)
    let began = ContinuousClock.now
    let error = try #require(
      #expect(throws: Failure.self) {
        try client.waiting("wait", client.place, KafkaDeadline(patience)) { _ in
          isOver.wait()
          return 0
        }
      })
    isOver.signal()
    #expect(error.kind == (isInterrupted ? .interrupted : .unavailable), "\(error)")
    #expect(ContinuousClock.now - began < .seconds(30))
  }

  @Test func aCallThatComesBackIsAnswered() throws {
    let client = try KafkaProducer(kafka.configuration).client
    // Also where nobody wants to wait, and it does not take long.
    for isInterrupted in [true, false] {
      let patience = KafkaPatience(milliseconds: 500) { isInterrupted }
      let milliseconds = try client.waiting("wait", client.place, KafkaDeadline(patience)) { $0 }
      #expect((1...500).contains(milliseconds))
    }
  }

  @Test func theDescriptorTellsOfEveryArrival() throws {
    let producer = try KafkaProducer(kafka.configuration)
    var batch = KafkaMessageBatch(capacity: 2)
    for round in 0..<10 {
      try producer.sendAll([TestRecord("\(round)")], to: topic)
      var records: [TestRecord] = []
      while records.isEmpty {
        // Nothing else wakes it: a missed arrival would end the wait by its time.
        #expect(isReadable(milliseconds: 20_000))
        while try consumer.poll(into: &batch, milliseconds: 0) != .idle {
          batch.forEach { records.append(TestRecord($0)) }
        }
      }
      #expect(records.map(\.text) == ["\(round)"])
    }
  }

  @Test func messagesThatDoNotFitInABatchComeWithTheNext() throws {
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll((0..<7).map { TestRecord("\($0)") }, to: topic)
    var batch = KafkaMessageBatch(capacity: 2)
    let records = try consumer.collect(&batch) { records, _ in records.count >= 7 }
    #expect(records.map(\.text) == (0..<7).map { "\($0)" })
  }

  @Test func anEmptyPollReturnsInTime() throws {
    var batch = KafkaMessageBatch()
    let start = KafkaDeadline.now
    #expect(try consumer.poll(into: &batch, milliseconds: 0) == .idle)
    #expect(try consumer.poll(into: &batch, milliseconds: 50) == .idle)
    #expect(KafkaDeadline.now - start < 5000)
  }

  /// SIGTERM itself would end the tests; SIGUSR1 comes through the same pipe.
  @Test func aSignalEndsTheWaitBesideMessages() throws {
    let signals = Signals()
    _ = signals.takeReport()
    #expect(signals.wait(for: consumer.descriptor, milliseconds: 0) == .deadline)
    // Pipelines of other tests in this process may take it first.
    var isSeen = false
    for _ in 0..<1000 where !isSeen {
      kill(getpid(), SIGUSR1)
      isSeen =
        signals.wait(for: consumer.descriptor, milliseconds: 20) == .signal && signals.takeReport()
    }
    #expect(isSeen)
    try KafkaProducer(kafka.configuration).sendAll([TestRecord("v")], to: topic)
    #expect(signals.wait(for: consumer.descriptor, milliseconds: 20_000) == .ready)
    var batch = KafkaMessageBatch()
    #expect(try consumer.collect(&batch) { records, _ in !records.isEmpty }.count == 1)
  }
}
