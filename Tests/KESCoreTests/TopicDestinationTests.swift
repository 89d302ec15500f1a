// Records of an output's buffer as messages of a topic: their values, and what happens where the schema
// of a value cannot be had.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicDestinationTests {
  private let kafka: KafkaUnderTest
  private let topic: String
  private let sender: TopicSender

  init() throws {
    kafka = try KafkaUnderTest()
    topic = try kafka.topic()
    let configuration = kafka.configuration
    sender = try TopicSender(signals: Signals()) { () throws(Failure) in
      try KafkaProducer(configuration)
    }
  }

  private func stream(
    _ schemas: WriterSchemas? = nil
  ) -> (stream: OutputStream, records: TopicRecords) {
    let destination = TopicDestination(
      topic: topic, sender: sender, keys: MessageKeys(topic: topic), schemas: schemas)
    return (OutputStream(destination, name: "topic"), destination.records)
  }

  /// Appends and notes a value of device `d`.
  private func append(
    _ value: [UInt8], schema: Int = 0, to output: (stream: OutputStream, records: TopicRecords)
  ) {
    var batch = Batch(blockSize: 64)
    batch.append(TestEvent(key: "d", time: 5, role: .data, bytes: "e"), position: 0)
    output.stream.buffer.append(value.span)
    output.records.schema = schema
    output.records.note(0, of: batch, end: output.stream.buffer.count)
  }

  private func received(_ count: Int) throws -> [TestRecord] {
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)])
    return try consumer.collect(count)
  }

  @Test func aValueIsWhatWasAppendedByteForByte() throws {
    let output = stream()
    let values = ["{\n}", "{}\n\n", "\n{}", "{}"].map { Array($0.utf8) }
    for value in values[..<3] { append(value, to: output) }
    try output.stream.flush()
    #expect(output.records.count == 0 && output.stream.buffer.isEmpty)
    append(values[3], to: output)
    try output.stream.finish()
    let records = try received(4)
    #expect(records.map(\.value) == values)
    #expect(records.allSatisfy { $0.key == Array("d".utf8) })
    #expect(records.allSatisfy { $0.timestamp == EventTime(milliseconds: 5) })
  }

  @Test func eachValueNamesItsSchema() throws {
    let registry = StubSchemaRegistry([
      7: AvroSchema.event.text, 9: AvroSchema.sessionEvent.text,
    ])
    let avro = AvroOutput()
    let output = stream(
      WriterSchemas(
        of: avro, registry: registry, subject: nil, registers: false,
        known: AvroSchemaTable(wantsDetails: false)))
    let numbers = [avro.begin(.sessionEvent), avro.begin(.event)]
    for (index, number) in [1, 0, 0, 1].enumerated() {
      append([UInt8(index)], schema: numbers[number], to: output)
    }
    try output.stream.finish()
    let expected = [(7, 0), (9, 1), (9, 2), (7, 3)] as [(Int32, UInt8)]
    #expect(try received(4).map(\.value) == expected.map { [0] + Frame.raw($0) + [$1] })
    #expect(
      registry.questions == ["identifier events-value", "identifier session-events-value"])
  }

  @Test func whereASchemaCannotBeHadNothingIsSentAndAllStays() throws {
    let registry = StubSchemaRegistry([
      7: AvroSchema.event.text, 9: AvroSchema.sessionEvent.text,
    ])
    registry.failures["identifier session-events-value"] = StubSchemaRegistry.unreachable
    let avro = AvroOutput()
    let output = stream(
      WriterSchemas(
        of: avro, registry: registry, subject: nil, registers: false,
        known: AvroSchemaTable(wantsDetails: false)))
    for (index, schema) in [AvroSchema.event, .sessionEvent].enumerated() {
      append([UInt8(index)], schema: avro.begin(schema), to: output)
    }
    let failure = #expect(throws: Failure.self) { try output.stream.flush() }
    // What came before is not to be written, as it is where the input is at fault.
    #expect(failure?.side == .output && failure?.kind == .unavailable)
    #expect(sender.producer.enqueuedCount == 0 && output.records.count == 2)
    registry.failures = [:]
    try output.stream.finish()
    #expect(try received(2).map(\.value) == [[0] + Frame.raw(7) + [0], [0] + Frame.raw(9) + [1]])
  }

  @Test func whatIsDiscardedIsNotSent() throws {
    let output = stream()
    append([1], to: output)
    output.stream.discard()
    append([2], to: output)
    try output.stream.finish()
    #expect(try received(1).map(\.value) == [[2]])
  }
}
