// Reading a topic to its end, without a group.

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
      case .end: break reading
      case let turn: Issue.record("\(turn)")
      }
    }
    #expect(texts == ["6", "7", "8", "9"])
  }
}
