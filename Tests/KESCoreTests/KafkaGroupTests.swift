// Groups: partitions that come and go, and what was committed.

import TestSupport
import Testing

@testable import KESCore

/// A member of a group, polled by a test, that answers its rebalances.
private final class Member {
  let consumer: KafkaConsumer
  private(set) var partitions: Set<Int32> = []
  private(set) var events: [KafkaRebalance] = []
  private(set) var records: [TestRecord] = []
  private var batch = KafkaMessageBatch()

  init(_ configuration: KafkaConfiguration, group: String, instance: String? = nil) throws {
    consumer = try KafkaConsumer(configuration, group: group, instance: instance)
  }

  /// One poll, whose rebalance is answered.
  func step(_ starts: [KafkaPosition] = []) throws {
    switch try consumer.poll(into: &batch, milliseconds: 50) {
    case .idle: break
    case .batch: batch.forEach { records.append(TestRecord($0)) }
    case .rebalance(let event):
      events.append(event)
      if case .assigned(let assigned) = event {
        partitions.formUnion(assigned.map(\.number))
        try consumer.acceptAssignment(starts)
      } else {
        partitions.subtract(event.partitions.map(\.number))
        try consumer.giveUp()
      }
    }
  }
}

/// Polls all members until `isDone`, or it is clear that it will not be.
private func step(_ members: [Member], until isDone: () -> Bool) throws {
  let deadline = KafkaDeadline(KafkaUnderTest.patience)
  while !isDone() {
    if deadline.isOver {
      Issue.record("\(members.map { ($0.partitions, $0.events) })")
      return
    }
    for member in members { try member.step() }
  }
}

@Suite(.threadsOfTheirOwn) struct KafkaGroupTests {
  private let kafka: KafkaUnderTest
  private let group: String

  init() throws {
    kafka = try KafkaUnderTest(options: ["auto.offset.reset=earliest"])
    group = kafka.unique("group")
  }

  /// librdkafka's assignor has no state then, and the process would end with it.
  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aMemberThatHasNoPartitionsYetMayEnd() throws {
    let faulty = try KafkaUnderTest(brokerCount: 1)
    let topic = try faulty.topic()
    try faulty.mock?.delay(.syncGroup, milliseconds: 60_000)
    var consumer: KafkaConsumer? = try KafkaConsumer(
      faulty.configuration, group: faulty.unique("group"))
    try consumer?.subscribe([topic])
    var batch = KafkaMessageBatch()
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while (consumer?.member ?? "").isEmpty && !deadline.isOver {
      _ = try consumer?.poll(into: &batch, milliseconds: 10)
    }
    #expect(consumer?.member?.isEmpty == false)
    // Both keep the client.
    consumer = nil
    batch = KafkaMessageBatch()
    #expect(faulty.configuration.counts.unbalanced.isEmpty)
  }

  @Test func twoMembersShareAndOneTakesOver() throws {
    let topic = try kafka.topic(partitions: 8)
    let first = try Member(kafka.configuration, group: group)
    try first.consumer.subscribe([topic])
    try step([first]) { first.partitions.count == 8 }
    let second = try Member(kafka.configuration, group: group)
    try second.consumer.subscribe([topic])
    try step([first, second]) { first.partitions.count == 4 && second.partitions.count == 4 }
    #expect(first.partitions.isDisjoint(with: second.partitions))
    // Cooperative: only what moved was asked back.
    #expect(first.events.count { if case .revoked = $0 { true } else { false } } == 1)
    #expect(first.events.flatMap { if case .revoked(let all) = $0 { all } else { [] } }.count == 4)
    #expect(second.consumer.close(KafkaUnderTest.patience))
    try step([first]) { first.partitions.count == 8 }
    #expect(!first.events.contains { if case .lost = $0 { true } else { false } })
  }

  @Test func readingGoesOnWhereItWasCommitted() throws {
    let topic = try kafka.topic()
    let partition = KafkaPartition(topic: topic, number: 0)
    let producer = try KafkaProducer(kafka.configuration)
    try producer.sendAll((0..<6).map { TestRecord("\($0)") }, to: topic)
    do {
      let member = try Member(kafka.configuration, group: group)
      try member.consumer.subscribe([topic])
      try step([member]) { member.records.count >= 6 }
      #expect(try member.consumer.committed([partition], KafkaUnderTest.patience).isEmpty)
      try member.consumer.commit(
        [KafkaPosition(partition, KafkaOffset(4))], KafkaUnderTest.patience)
      #expect(
        try member.consumer.committed([partition], KafkaUnderTest.patience)
          == [partition: KafkaOffset(4)])
      #expect(member.consumer.close(KafkaUnderTest.patience))
    }
    let next = try Member(kafka.configuration, group: group)
    try next.consumer.subscribe([topic])
    try step([next]) { next.records.count >= 2 }
    #expect(next.records.map(\.text) == ["4", "5"])
  }

  @Test func anAssignmentMayBeginElsewhere() throws {
    let topic = try kafka.topic(partitions: 2)
    let producer = try KafkaProducer(kafka.configuration)
    for partition in Int32(0)..<2 {
      try producer.sendAll(
        (0..<3).map { TestRecord("\(partition)/\($0)") }, to: topic, partition: partition)
    }
    let member = try Member(kafka.configuration, group: group)
    try member.consumer.subscribe([topic])
    let start = KafkaPosition(KafkaPartition(topic: topic, number: 1), KafkaOffset(2))
    while member.partitions.count < 2 { try member.step([start]) }
    try step([member]) { member.records.count >= 4 }
    #expect(Set(member.records.map(\.text)) == ["0/0", "0/1", "0/2", "1/2"])
  }

  @Test func aRebalanceMustBeAnswered() throws {
    let topic = try kafka.topic()
    let consumer = try KafkaConsumer(kafka.configuration, group: group)
    try consumer.subscribe([topic])
    var batch = KafkaMessageBatch()
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    var found = KafkaConsumer.Poll.idle
    while found == .idle && !deadline.isOver {
      found = try consumer.poll(into: &batch, milliseconds: 100)
    }
    #expect(found == .rebalance(.assigned([KafkaPartition(topic: topic, number: 0)])))
    for call in [
      { _ = try consumer.poll(into: &batch, milliseconds: 0) }, { try consumer.giveUp() },
    ] as [() throws -> Void] {
      let error = try #require(#expect(throws: Failure.self) { try call() })
      #expect(error.kind == .bug)
    }
    // Closing answers it.
    #expect(consumer.close(KafkaUnderTest.patience))
    #expect(consumer.close(KafkaUnderTest.patience))
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aRefusedCommitIsThrown() throws {
    let faulty = try KafkaUnderTest(brokerCount: 1)
    let mock = try #require(faulty.mock)
    let topic = try faulty.topic()
    let partition = KafkaPartition(topic: topic, number: 0)
    let member = try Member(faulty.configuration, group: group)
    try member.consumer.subscribe([topic])
    try step([member]) { member.partitions.count == 1 }
    // REBALANCE_IN_PROGRESS, GROUP_AUTHORIZATION_FAILED.
    for (code, kind) in [(27, Failure.Kind.retriable), (30, .unavailable)] {
      try mock.fail(.offsetCommit, with: [code])
      let error = try #require(
        #expect(throws: Failure.self) {
          try member.consumer.commit(
            [KafkaPosition(partition, KafkaOffset(1))], KafkaUnderTest.patience)
        })
      #expect(error.code.rawValue == Int32(code) && error.kind == kind, "\(error)")
      #expect(error.place.group == group)
    }
    try member.consumer.commit(
      [KafkaPosition(partition, KafkaOffset(1))], KafkaUnderTest.patience)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func partitionsOfAMemberThatIsForgottenAreLost() throws {
    let faulty = try KafkaUnderTest(brokerCount: 1, options: ["auto.offset.reset=earliest"])
    let mock = try #require(faulty.mock)
    let topic = try faulty.topic(partitions: 2)
    let member = try Member(faulty.configuration, group: group)
    try member.consumer.subscribe([topic])
    try step([member]) { member.partitions.count == 2 }
    // UNKNOWN_MEMBER_ID: the group took us for dead.
    try mock.fail(.heartbeat, with: [25])
    try step([member]) { member.events.count >= 2 }
    guard case .lost(let lost) = member.events[1] else {
      Issue.record("\(member.events)")
      return
    }
    #expect(Set(lost.map(\.number)) == [0, 1])
    try step([member]) { member.partitions.count == 2 }
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aGroupFollowsItsCoordinator() throws {
    let faulty = try KafkaUnderTest(brokerCount: 2)
    let mock = try #require(faulty.mock)
    try mock.setCoordinator(ofGroup: group, broker: 1)
    let topic = try faulty.topic()
    let partition = KafkaPartition(topic: topic, number: 0)
    let member = try Member(faulty.configuration, group: group)
    try member.consumer.subscribe([topic])
    try step([member]) { member.partitions.count == 1 }
    try mock.setCoordinator(ofGroup: group, broker: 2)
    // The first may be refused by the broker that was it.
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while !deadline.isOver {
      do {
        try member.consumer.commit(
          [KafkaPosition(partition, KafkaOffset(1))], KafkaUnderTest.patience)
        break
      } catch {
        #expect(error.kind == .retriable, "\(error)")
        try member.step()
      }
    }
    #expect(!deadline.isOver)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aStaticMemberWhoseInstanceIsTakenIsFenced() throws {
    let faulty = try KafkaUnderTest(brokerCount: 1, options: ["auto.offset.reset=earliest"])
    let topic = try faulty.topic()
    let member = try Member(faulty.configuration, group: group, instance: "instance-1")
    try member.consumer.subscribe([topic])
    try step([member]) { member.partitions.count == 1 }
    // FENCED_INSTANCE_ID
    try faulty.mock?.fail(.heartbeat, with: [82])
    let error = try #require(
      #expect(throws: Failure.self) {
        let deadline = KafkaDeadline(KafkaUnderTest.patience)
        while !deadline.isOver { try member.step() }
      })
    #expect(error.kind == .fenced && error.recovery == Failure.Recovery.none, "\(error)")
    #expect(throws: Failure.self) { for _ in 0..<10 { try member.step() } }
  }
}
