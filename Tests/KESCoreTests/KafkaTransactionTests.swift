// All or nothing, with faults at every step.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct KafkaTransactionTests {
  private let patience = KafkaUnderTest.patience

  private func failure(_ body: () throws -> Void) throws -> Failure {
    try #require(#expect(throws: Failure.self) { try body() })
  }

  /// A producer whose transactions are ready.
  private func ready(_ kafka: KafkaUnderTest, _ name: String) throws -> KafkaProducer {
    let producer = try KafkaProducer(kafka.configuration, transactionalIdentifier: name)
    try producer.initTransactions(patience)
    #expect(producer.transactionState == .ready)
    return producer
  }

  private func send(_ texts: [String], _ producer: KafkaProducer, _ topic: String) throws {
    let handle = try producer.topic(topic)
    for text in texts { try producer.send(TestRecord(text, key: "k"), to: handle) }
  }

  // MARK: Without faults

  @Test func aCommittedTransactionIsRead() throws {
    let kafka = try KafkaUnderTest()
    let topic = try kafka.topic()
    let producer = try ready(kafka, kafka.unique("committed"))
    for round in 0..<3 {
      try producer.beginTransaction()
      try send((0..<10).map { "\(round)/\($0)" }, producer, topic)
      try producer.commitTransaction(patience)
      #expect(producer.transactionState == .ready)
      #expect(producer.deliveredCount == Int64(10 * (round + 1)))
    }
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)])
    let texts = try consumer.collect(30).map(\.text)
    #expect(texts == (0..<3).flatMap { round in (0..<10).map { "\(round)/\($0)" } })
  }

  @Test func anAbortedTransactionLeavesTheProducerReady() throws {
    let kafka = try KafkaUnderTest()
    let topic = try kafka.topic()
    let producer = try ready(kafka, kafka.unique("aborted"))
    try producer.beginTransaction()
    try send(["dropped"], producer, topic)
    try producer.abortTransaction(patience)
    #expect(producer.transactionState == .ready && producer.firstFailure == nil)
    try producer.beginTransaction()
    try send(["kept"], producer, topic)
    try producer.commitTransaction(patience)
    if KafkaTestCluster.isMock { return }
    // The mock cluster has no markers: it shows what was aborted, too.
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)])
    #expect(try consumer.collect(1).map(\.text) == ["kept"])
  }

  @Test func emptyTransactionsCommitAndAbort() throws {
    let kafka = try KafkaUnderTest()
    let producer = try ready(kafka, kafka.unique("empty"))
    try producer.beginTransaction()
    try producer.commitTransaction(patience)
    try producer.beginTransaction()
    try producer.abortTransaction(patience)
    #expect(producer.transactionState == .ready)
  }

  @Test func offsetsCommitWithTheTransaction() throws {
    let kafka = try KafkaUnderTest()
    let topic = try kafka.topic()
    let partition = KafkaPartition(topic: topic, number: 0)
    let group = kafka.unique("group")
    let consumer = try KafkaConsumer(kafka.configuration, group: group)
    let producer = try ready(kafka, kafka.unique("offsets"))
    try producer.beginTransaction()
    try producer.sendOffsets(
      [KafkaPosition(partition, KafkaOffset(7))], of: consumer.groupMetadata(), patience)
    try producer.commitTransaction(patience)
    // The mock cluster takes such offsets, and forgets them.
    if KafkaTestCluster.isMock { return }
    #expect(try consumer.committed([partition], patience) == [partition: KafkaOffset(7)])
  }

  @Test func illegalMovesAreRefused() throws {
    let kafka = try KafkaUnderTest()
    let topic = try kafka.topic()
    let consumer = try KafkaConsumer(kafka.configuration, group: kafka.unique("group"))
    let position = KafkaPosition(KafkaPartition(topic: topic, number: 0), KafkaOffset(1))
    let producer = try KafkaProducer(
      kafka.configuration, transactionalIdentifier: kafka.unique("illegal"))
    let handle = try producer.topic(topic)
    let calls: [KafkaTransactionState.Move: () throws -> Void] = [
      .initialise: { try producer.initTransactions(patience) },
      .begin: { try producer.beginTransaction() },
      .produce: { try producer.send(TestRecord("v"), to: handle) },
      .sendOffsets: {
        try producer.sendOffsets([position], of: consumer.groupMetadata(), patience)
      },
      .commit: { try producer.commitTransaction(patience) },
      .abort: { try producer.abortTransaction(patience) },
    ]
    func refused(_ moves: [KafkaTransactionState.Move]) throws {
      let state = producer.transactionState
      for move in moves {
        let error = try failure { try calls[move]?() }
        #expect(error.kind == .bug && error.operation == move.rawValue, "\(error)")
        #expect(error.description.contains("\(state)"), "\(error)")
        #expect(producer.transactionState == state)
      }
    }
    try refused([.begin, .produce, .sendOffsets, .commit, .abort])
    try calls[.initialise]?()
    try refused([.initialise, .produce, .sendOffsets, .commit, .abort])
    try calls[.begin]?()
    try refused([.initialise, .begin])
    for move in [KafkaTransactionState.Move.produce, .sendOffsets, .commit] {
      try calls[move]?()
    }
    let plain = try KafkaProducer(kafka.configuration)
    let error = try failure { try plain.initTransactions(patience) }
    #expect(error.kind == .bug && error.description.contains("has no id"))
  }

  @Test func aZombieIsFenced() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1)
    let topic = try kafka.topic()
    let name = kafka.unique("zombie")
    let zombie = try ready(kafka, name)
    try zombie.beginTransaction()
    try send(["zombie's"], zombie, topic)
    let successor = try ready(kafka, name)
    // The mock cluster has both of them, and must be told: PRODUCER_FENCED.
    try kafka.mock?.fail(.endTransaction, with: [90])
    let error = try failure { try zombie.commitTransaction(patience) }
    #expect(error.kind == .fenced && error.recovery == Failure.Recovery.none, "\(error)")
    #expect(error.description.contains("another instance has taken over"))
    #expect(zombie.transactionState == .dead)
    let again = try failure { try zombie.abortTransaction(patience) }
    #expect(again.kind == .bug)
    try successor.beginTransaction()
    try send(["successor's"], successor, topic)
    try successor.commitTransaction(patience)
  }

  // MARK: Faults

  /// Where a fault strikes, the code that a broker gives, and what that must mean.
  struct Fault: Sendable, CustomTestStringConvertible {
    var step: KafkaTestCluster.API
    var code: Int
    /// nil where librdkafka tries again by itself and succeeds.
    var recovery: Failure.Recovery?
    var kinds: Set<Failure.Kind> = [.unavailable]
    var state: KafkaTransactionState = .ready
    var testDescription: String { "\(step) \(code)" }
  }

  /// The three kinds at each step: what passes, what aborts, what ends the producer.
  static let faults = [
    Fault(step: .initProducerIdentifier, code: 16),  // NOT_COORDINATOR
    Fault(step: .initProducerIdentifier, code: 51),  // CONCURRENT_TRANSACTIONS
    Fault(
      step: .initProducerIdentifier, code: 53, recovery: Failure.Recovery.none,
      kinds: [.fatal], state: .dead),  // TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    Fault(step: .addPartitionsToTransaction, code: 16),
    Fault(step: .addPartitionsToTransaction, code: 51),
    // Noticed by one of the calls behind it: the cause is told by the commit alone.
    Fault(
      step: .addPartitionsToTransaction, code: 29, recovery: .abort,
      kinds: [.unavailable, .retriable], state: .mustAbort),
    Fault(
      step: .addPartitionsToTransaction, code: 47, recovery: Failure.Recovery.none,
      kinds: [.fenced], state: .dead),  // INVALID_PRODUCER_EPOCH
    Fault(step: .addOffsetsToTransaction, code: 14),  // COORDINATOR_LOAD_IN_PROGRESS
    Fault(step: .addOffsetsToTransaction, code: 30, recovery: .abort, state: .mustAbort),
    Fault(
      step: .addOffsetsToTransaction, code: 53, recovery: Failure.Recovery.none,
      kinds: [.fatal], state: .dead),
    Fault(step: .transactionOffsetCommit, code: 14),
    // ILLEGAL_GENERATION: the group has rebalanced.
    Fault(
      step: .transactionOffsetCommit, code: 22, recovery: .abort, kinds: [.retriable],
      state: .mustAbort),
    Fault(
      step: .transactionOffsetCommit, code: 47, recovery: Failure.Recovery.none,
      kinds: [.fenced], state: .dead),
    Fault(step: .endTransaction, code: 16),
    Fault(step: .endTransaction, code: -195),
    Fault(step: .endTransaction, code: 49, recovery: .abort, state: .mustAbort),
    Fault(
      step: .endTransaction, code: 48, recovery: Failure.Recovery.none, kinds: [.fatal],
      state: .dead),  // INVALID_TXN_STATE
    Fault(
      step: .endTransaction, code: 90, recovery: Failure.Recovery.none, kinds: [.fenced],
      state: .dead),  // PRODUCER_FENCED
  ]

  /// A whole transaction, from the first call on.
  private func transaction(
    _ producer: KafkaProducer, _ topic: String, _ consumer: KafkaConsumer
  ) throws {
    if producer.transactionState == .unready { try producer.initTransactions(patience) }
    try producer.beginTransaction()
    try send(["a", "b"], producer, topic)
    try producer.sendOffsets(
      [KafkaPosition(KafkaPartition(topic: topic, number: 0), KafkaOffset(1))],
      of: consumer.groupMetadata(), patience)
    try producer.commitTransaction(patience)
  }

  @Test(
    .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"), arguments: faults)
  func everyFaultMeansWhatItMustAtEveryStep(fault: Fault) throws {
    let kafka = try KafkaUnderTest(brokerCount: 1)
    let topic = try kafka.topic()
    let consumer = try KafkaConsumer(kafka.configuration, group: kafka.unique("group"))
    let producer = try KafkaProducer(
      kafka.configuration, transactionalIdentifier: kafka.unique("fault"))
    try kafka.mock?.fail(fault.step, with: [fault.code])
    guard let recovery = fault.recovery else {
      try transaction(producer, topic, consumer)
      #expect(producer.transactionState == .ready)
      return
    }
    let error = try failure { try transaction(producer, topic, consumer) }
    #expect(error.recovery == recovery && fault.kinds.contains(error.kind), "\(error)")
    #expect(producer.transactionState == fault.state, "\(error)")
    if fault.state != .mustAbort { return }
    try producer.abortTransaction(patience)
    try transaction(producer, topic, consumer)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aFailedDeliveryFailsTheTransaction() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1)
    let topic = try kafka.topic()
    let producer = try ready(kafka, kafka.unique("delivery"))
    try kafka.mock?.fail(.produce, with: [10])
    try producer.beginTransaction()
    try send(["too large for the broker"], producer, topic)
    let error = try failure { try producer.commitTransaction(patience) }
    #expect(error.recovery == .abort, "\(error)")
    // The commit may have ended before it is told of what was not delivered.
    #expect(try failure { try producer.flush(patience) }.kind == .badData)
    try producer.abortTransaction(patience)
    #expect(producer.firstFailure == nil)
    // The next one may notice the gap that the failed delivery left.
    for attempt in 1...3 {
      try producer.beginTransaction()
      try send(["fine"], producer, topic)
      do {
        try producer.commitTransaction(patience)
        break
      } catch {
        #expect(error.recovery == .abort && attempt < 3, "\(error)")
        try producer.abortTransaction(patience)
      }
    }
    #expect(producer.transactionState == .ready)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aCommitThatIsNotAnsweredInTimeGoesOnLater() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1)
    let topic = try kafka.topic()
    let producer = try ready(kafka, kafka.unique("slow"))
    try producer.beginTransaction()
    try send(["v"], producer, topic)
    try producer.flush(patience)
    try kafka.mock?.takeDown()
    let error = try failure {
      try producer.commitTransaction(KafkaPatience(milliseconds: 1200))
    }
    #expect(error.recovery == .retry, "\(error)")
    #expect(producer.transactionState == .committing)
    let abort = try failure { try producer.abortTransaction(patience) }
    #expect(abort.kind == .bug)
    try kafka.mock?.bringUp()
    try producer.commitTransaction(patience)
    #expect(producer.transactionState == .ready)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func gettingReadyWaitsForBrokersAndStopsWhenTold() throws {
    let kafka = try KafkaUnderTest(brokerCount: 1)
    let producer = try KafkaProducer(
      kafka.configuration, transactionalIdentifier: kafka.unique("waits"))
    try kafka.mock?.takeDown()
    let late = try failure {
      try producer.initTransactions(KafkaPatience(milliseconds: 300))
    }
    #expect(late.recovery == .retry && producer.transactionState == .unready, "\(late)")
    let stopped = try failure {
      try producer.initTransactions(
        KafkaPatience(milliseconds: 60_000, isInterrupted: { true }))
    }
    #expect(stopped.kind == .interrupted && producer.transactionState == .unready)
    try kafka.mock?.bringUp()
    try producer.initTransactions(patience)
    #expect(producer.transactionState == .ready)
  }
}
