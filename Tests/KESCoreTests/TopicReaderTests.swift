// Reading a topic to its end, without a group.

import Synchronization
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicReaderTests {
  @Test func readingEndsWhereTheTopicEndedAtTheStart() throws {
    let kafka = try KafkaUnderTest()
    let topic = try kafka.topic(partitions: 2)
    let records = (0..<10).map { TestRecord("\($0)") }
    try KafkaProducer(kafka.configuration).sendAll(records, to: topic, partition: 0)
    var reading = TopicReading(topic: topic)
    reading.offset = .beforeEnd(4)
    reading.exitsAtEnd = true
    let reader = try TopicReader(kafka.configuration, reading, signals: Signals())
    var messages = KafkaMessageBatch(capacity: 3)
    var texts: [String?] = []
    reading: while true {
      switch try reader.next(into: &messages, deadline: nil, willWait: {}) {
      case .assigned(let partitions):
        try reader.accept(partitions)
        // What comes after the start is not waited for.
        try KafkaProducer(kafka.configuration).sendAll(
          [TestRecord("10")], to: topic, partition: 0)
      case .messages:
        messages.forEach { message in
          let end = reader.end(of: message.partition)
          if let end, message.offset < end {
            texts.append(TestRecord(message).text)
          }
        }
      case .idle: break
      case .end: break reading
      case let turn: Issue.record("\(turn)")
      }
    }
    #expect(texts == ["6", "7", "8", "9"])
  }

  // MARK: A topic that changes

  /// A reader of `events` that looks for partitions each second of a clock of the test's: it waits for
  /// nothing, so that it takes no signal from other tests.
  fileprivate func follow(
    _ broker: KafkaScriptedBroker, from offset: KafkaOffsetSpecification? = nil,
    time: ReaderTime = ReaderTime(), onNote: @escaping (String) -> Void = { _ in }
  ) throws -> TopicReader {
    let configuration = try KafkaConfiguration(
      brokers: broker.brokers, options: ["topic.metadata.refresh.interval.ms=1000"])
    var reading = TopicReading(topic: "events")
    reading.offset = offset
    let clock = Clock(monotonic: { time.value }, wall: { time.value })
    return try TopicReader(
      configuration, reading, signals: Signals(), clock: clock, onNote: onNote)
  }

  @Test func partitionsThatAreAddedAreReadFromTheirBeginningWithoutAGroup() throws {
    let broker = try KafkaScriptedBroker()
    broker.model { ($0.topics["events"], $0.recordCount) = (1, 7) }
    let time = ReaderTime()
    let reader = try follow(broker, from: .end, time: time)
    var messages = KafkaMessageBatch()
    #expect(try reader.next(into: &messages, deadline: nil, willWait: {}) == .assigned([0]))
    #expect(try reader.accept([0]) == [0: KafkaOffset(7)])
    broker.model { $0.topics["events"] = 3 }
    time.add(1000)
    #expect(try reader.next(into: &messages, deadline: nil, willWait: {}) == .assigned([1, 2]))
    #expect(try reader.accept([1, 2]) == [1: KafkaOffset(0), 2: KafkaOffset(0)])
    #expect(reader.partitionCount == 3)
  }

  @Test func aTopicThatIsDeletedEndsReadingWithoutAGroup() throws {
    let broker = try KafkaScriptedBroker()
    broker.model { $0.topics["events"] = 1 }
    let time = ReaderTime()
    let reader = try follow(broker, time: time)
    var messages = KafkaMessageBatch()
    #expect(try reader.next(into: &messages, deadline: nil, willWait: {}) == .assigned([0]))
    try reader.accept([0])
    broker.model { $0.topics["events"] = nil }
    let failure = try #require(
      #expect(throws: Failure.self) {
        for _ in 0..<10 {
          time.add(1000)
          _ = try reader.next(into: &messages, deadline: time.value, willWait: {})
        }
      })
    #expect(failure.kind == .missing && failure.place.topic == "events", "\(failure)")
  }

  // MARK: Offsets that are not there

  @Test func anOffsetBehindTheEndIsTheEndAndSaidToBe() throws {
    let broker = try KafkaScriptedBroker()
    broker.model { ($0.topics["events"], $0.recordCount) = (1, 7) }
    var notes: [String] = []
    let reader = try follow(broker, from: .number(8)) { notes.append($0) }
    try reader.connect()
    #expect(try reader.accept([0]) == [0: KafkaOffset(7)])
    #expect(notes == ["topic events, partition 0: ends at 7: reading begins there, not at 8"])
    notes = []
    let other = try follow(broker, from: .number(7)) { notes.append($0) }
    try other.connect()
    #expect(try other.accept([0]) == [0: KafkaOffset(7)])
    #expect(notes.isEmpty)
  }

  @Test func anOffsetWhoseRecordIsGoneIsRefusedWithTheRange() throws {
    let broker = try KafkaScriptedBroker()
    broker.model { ($0.topics["events"], $0.recordCount, $0.goneCount) = (1, 7, 3) }
    let reader = try follow(broker, from: .number(2))
    try reader.connect()
    let failure = try #require(#expect(throws: Failure.self) { try reader.accept([0]) })
    #expect(failure.kind == .badData)
    let text = "topic events, partition 0: cannot begin at offset 2: its offsets are 3 to 7; "
    #expect(failure.description.hasPrefix(text), "\(failure)")
  }
}

/// A time that a test sets, in milliseconds.
private final class ReaderTime: Sendable {
  private let milliseconds = Mutex(Int64(0))
  var value: Int64 { milliseconds.withLock { $0 } }
  func add(_ more: Int64) { milliseconds.withLock { $0 += more } }
}
