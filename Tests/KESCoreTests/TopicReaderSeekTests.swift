// Going back to other offsets, as after a transaction that failed, while a group shares its partitions.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicReaderSeekTests {
  private let kafka: KafkaUnderTest
  private let topic: String
  private let group: String
  private let signals = Signals()

  /// A topic of 4 partitions with 5 records each.
  init() throws {
    kafka = try KafkaUnderTest()
    topic = try kafka.topic(partitions: 4)
    group = kafka.unique("group")
    let producer = try KafkaProducer(kafka.configuration)
    for partition in Int32(0)..<4 {
      try producer.sendAll(
        (0..<5).map { TestRecord("\(partition)/\($0)") }, to: topic, partition: partition)
    }
  }

  /// A reader of the group, stepped by a test.
  private final class Member {
    let reader: TopicReader
    private(set) var partitions: Set<Int32> = []
    var records: [String] = []
    private var messages = KafkaMessageBatch()

    init(_ test: borrowing TopicReaderSeekTests) throws {
      var reading = TopicReading(topic: test.topic)
      reading.group = test.group
      reader = try TopicReader(test.kafka.configuration, reading, signals: test.signals)
    }

    /// One turn; `willGiveUp` is called before partitions that are asked back are given up.
    func step(_ willGiveUp: (Set<Int32>) throws -> Void = { _ in }) throws {
      let deadline = Clock.real.monotonic() + 50
      switch try reader.next(into: &messages, deadline: deadline, willWait: {}) {
      case .messages:
        messages.forEach { message in
          records.append(TestRecord(message).text ?? "")
        }
      case .assigned(let assigned):
        partitions.formUnion(assigned)
        // As applications do: reading begins apart from the group's word.
        try reader.accept(assigned, waits: true)
        for partition in assigned { try reader.begin(partition, at: KafkaOffset(0)) }
      case .revoked(let gone), .lost(let gone):
        partitions.subtract(gone)
        try willGiveUp(partitions)
        try reader.giveUp(gone)
      case .idle, .end, .stopped: break
      }
    }
  }

  private func expectSoon(_ condition: () -> Bool, _ step: () throws -> Void) throws {
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while !condition() && !deadline.isOver { try step() }
    #expect(condition())
  }

  private func records(_ partitions: Set<Int32>, from offset: Int) -> Set<String> {
    Set(partitions.flatMap { partition in (offset..<5).map { "\(partition)/\($0)" } })
  }

  @Test func aMemberGoesBackInAllItsPartitions() throws {
    let member = try Member(self)
    try expectSoon({ member.records.count == 20 }) { try member.step() }
    member.records = []
    try member.reader.seek(to: [0: KafkaOffset(3), 1: KafkaOffset(3), 2: KafkaOffset(3)])
    try member.reader.seek(to: [3: KafkaOffset(3)])
    try expectSoon({ member.records.count == 8 }) { try member.step() }
    #expect(Set(member.records) == records([0, 1, 2, 3], from: 3))
  }

  @Test func whatIsAskedBackMeanwhileGoesAndTheRestIsReadFromThere() throws {
    let (first, second) = (try Member(self), try Member(self))
    try expectSoon({ first.records.count == 20 }) { try first.step() }
    first.records = []
    var kept: Set<Int32> = []
    try expectSoon({ !second.partitions.isEmpty }) {
      try first.step { partitions in
        kept = partitions
        let all = (0..<4 as Range<Int32>).map { ($0, KafkaOffset(2)) }
        try first.reader.seek(to: Dictionary(uniqueKeysWithValues: all))
      }
      try second.step()
    }
    #expect(kept.count == 2 && first.partitions == kept)
    try expectSoon({ first.records.count >= 6 && second.records.count >= 10 }) {
      try first.step()
      try second.step()
    }
    #expect(Set(first.records) == records(kept, from: 2) && first.records.count == 6)
    #expect(Set(second.records) == records(second.partitions, from: 0))
  }
}
