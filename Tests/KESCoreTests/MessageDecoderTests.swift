// Messages of a topic to records: one record a message, whatever stands in it.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct MessageDecoderTests {
  private let kafka: KafkaUnderTest

  init() throws { kafka = try KafkaUnderTest() }

  private static func woke(_ device: String, _ time: Int64 = 1) -> String {
    #"{"device":"\#(device)","timestamp":\#(time),"event":{"DeviceWokeUp":{}}}"#
  }

  private func topic(_ values: [String?], partitions: Int = 1) throws -> String {
    let topic = try kafka.topic(partitions: partitions)
    let producer = try KafkaProducer(kafka.configuration)
    for partition in 0..<partitions {
      try producer.sendAll(
        values.map { TestRecord($0) }, to: topic, partition: Int32(partition))
    }
    return topic
  }

  private func frames(_ values: [[UInt8]?]) throws -> String {
    let topic = try kafka.topic()
    var records: [TestRecord] = []
    for value in values {
      var record = TestRecord(nil)
      // Without the length, which a topic does not have.
      record.value = value.map { Array($0.dropFirst(4)) }
      records.append(record)
    }
    try KafkaProducer(kafka.configuration).sendAll(records, to: topic, partition: 0)
    return topic
  }

  @Test func valuesComeByteForByte() throws {
    let values = [
      "{\"device\":\n\"a\",\n\"timestamp\":1,\"event\":{\"DeviceWokeUp\":{}}\n}\n",
      Self.woke("b") + "\r\n", " \n" + Self.woke("c"), Self.woke("d") + "\r", Self.woke("e"),
    ]
    let found = try MessageReading().decode(topic(values), partitions: 1, of: kafka)
    #expect(found.lines[0] == values && found.rejected.isEmpty)
  }

  @Test func aLineFeedInAStringIsAsWrongAsEver() throws {
    let found = try MessageReading().decode(
      topic([Self.woke("a\nb"), Self.woke("c")]), partitions: 1, of: kafka)
    #expect(found.rejected[0]?.count == 1 && found.offsets[0] == [1])
    #expect(found.rejected[0]?[0].hasPrefix("0: a control character in a string, found ") == true)
  }

  @Test func twoObjectsInOneValueAreNoRecord() throws {
    let found = try MessageReading().decode(
      topic([Self.woke("a") + "\n" + Self.woke("b"), Self.woke("c")]), partitions: 1, of: kafka)
    #expect(found.rejected[0]?.count == 1 && found.offsets[0] == [1])
    #expect(
      found.rejected[0]?[0].hasPrefix("0: something behind the record's closing brace, found {")
        == true)
  }

  @Test func avroIsHintedAtWhereAValueBeginsAsItsMessagesDo() throws {
    let found = try MessageReading().decode(
      topic([Self.woke("a"), "\u{0}\u{0}\u{0}\u{0}\u{7}\u{2}b"]), partitions: 1, of: kafka)
    #expect(found.offsets[0] == [0] && found.rejected[0]?.count == 1)
    #expect(found.rejected[0]?[0].hasSuffix("; Avro is read with --registry") == true)
  }

  @Test func valuesOfWhiteSpaceAreRejectedEachAtItsOffset() throws {
    let values = ["", " ", "\n", Self.woke("a"), "\r\n\t ", nil, "x", Self.woke("b"), ""]
    let found = try MessageReading().decode(topic(values), partitions: 1, of: kafka)
    let blank = "an empty value; expected a JSON object"
    #expect(
      found.rejected[0] == [
        "0: \(blank)", "1: \(blank)", "2: \(blank)", "4: \(blank)",
        "6: expected a JSON object, found x", "8: \(blank)",
      ])
    #expect(found.offsets[0] == [3, 7] && found.tombstones == 1)
    #expect(found.count == 9 && found.next[0] == 9)
  }

  @Test func aByteOrderMarkBeforeAValueIsPassedOver() throws {
    let mark = "\u{FEFF}"
    let values = [mark + Self.woke("a"), Self.woke("b"), mark + Self.woke("c"), mark, mark + mark]
    let found = try MessageReading().decode(topic(values), partitions: 1, of: kafka)
    #expect(found.lines[0] == [Self.woke("a"), Self.woke("b"), Self.woke("c")])
    #expect(found.rejected[0]?.count == 2)
    #expect(found.rejected[0]?[0] == "3: an empty value; expected a JSON object")
  }

  @Test func valuesOfAnotherKindAreNamedEach() throws {
    let values = [Self.woke("a"), "[" + Self.woke("b") + "]", "\u{0}\u{0}" + Self.woke("c")]
    let found = try MessageReading().decode(topic(values), partitions: 1, of: kafka)
    #expect(
      found.rejected[0] == [
        "1: expected a JSON object a line, found a JSON array",
        "2: expected a JSON object a line, found NUL bytes, as where a log was emptied under its writer",
      ])
  }

  @Test func tombstonesAreCountedWhereverTheyStand() throws {
    let values = [nil, Self.woke("a"), nil, nil, Self.woke("b"), nil]
    let found = try MessageReading().decode(topic(values), partitions: 1, of: kafka)
    #expect(found.offsets[0] == [1, 4] && found.tombstones == 4 && found.next[0] == 6)
    let none = try MessageReading().decode(topic([nil, nil]), partitions: 1, of: kafka)
    #expect(none.count == 2 && none.tombstones == 2 && none.next[0] == 2 && none.lines.isEmpty)
  }

  @Test func eventsThatAreNoneOfOursArePassedOverAtTheirOffsets() throws {
    let beat = #"{"event":{"Heartbeat":{}}}"#
    let values = [beat, Self.woke("a"), beat, nil, beat, "bad", Self.woke("b"), beat, "", beat]
    let topic = try topic(values)
    var reading = MessageReading()
    let all = try reading.decode(topic, partitions: 1, of: kafka)
    #expect(all.offsets[0] == [1, 6] && all.rejected[0]?.count == 7 && all.unknown == 0)
    reading.unknownEvents = .filter
    let found = try reading.decode(topic, partitions: 1, of: kafka)
    #expect(found.offsets[0] == [1, 6] && found.unknown == 5 && found.tombstones == 1)
    #expect(
      found.rejected[0] == [
        "5: expected a JSON object, found bad", "8: an empty value; expected a JSON object",
      ])
    #expect(found.count == 10 && found.next[0] == 10)
    for limit in 1...10 as ClosedRange<Int64> {
      reading.limit = limit
      let some = try reading.decode(topic, partitions: 1, of: kafka)
      #expect(some.count == Int(limit) && some.next[0] == limit)
    }
    reading.stopsAtRejection = true
    let stopped = try reading.decode(topic, partitions: 1, of: kafka)
    #expect(stopped.offsets[0] == [1] && stopped.next[0] == 5 && stopped.unknown == 3)
  }

  @Test func batchesAreOfOnePartitionAndBounded() throws {
    let values = (0..<1000).map { Self.woke(String(repeating: "d", count: 200), Int64($0)) }
    let found = try MessageReading().decode(
      topic(values, partitions: 3), partitions: 3, of: kafka)
    for partition in Int32(0)..<3 {
      #expect(found.lines[partition] == values)
      #expect(found.offsets[partition] == Array(0..<1000))
      #expect(found.next[partition] == 1000)
    }
    #expect(found.batches >= 6 && found.greatestBatch < 129 * 1024)
  }

  @Test func largeValuesComeAloneAndTooLargeOnesAreRejected() throws {
    let large = Self.woke(String(repeating: "x", count: 500_000))
    let values = [Self.woke("a"), large, Self.woke("b"), large + " ", nil]
    var reading = MessageReading()
    reading.greatestRecord = large.utf8.count
    let found = try reading.decode(topic(values), partitions: 1, of: kafka)
    #expect(found.offsets[0] == [0, 1, 2] && found.lines[0]?[1] == large)
    #expect(
      found.rejected[0] == [
        "3: a record longer than \(large.utf8.count) bytes; --max-record SIZE allows longer ones"
      ])
    #expect(found.next[0] == 5 && found.count == 5)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6] as [Int64])
  func aLimitCountsMessagesOfEveryKind(limit: Int64) throws {
    let values = [Self.woke("a"), nil, "bad", Self.woke("b"), "", nil]
    var reading = MessageReading()
    reading.limit = limit
    let found = try reading.decode(topic(values), partitions: 1, of: kafka)
    #expect(found.count == Int(limit) && found.next[0] == limit)
  }

  @Test func theFirstBadMessageIsNextWhereTheRunEndsThere() throws {
    var reading = MessageReading()
    reading.stopsAtRejection = true
    let values = [nil, Self.woke("a"), "bad", Self.woke("b"), "worse"]
    let found = try reading.decode(topic(values), partitions: 1, of: kafka)
    #expect(found.offsets[0] == [1] && found.next[0] == 2)
    #expect(found.rejected[0] == ["2: expected a JSON object, found bad"])
  }

  @Test func nothingIsReadBehindAPartitionsEnd() throws {
    var reading = MessageReading()
    reading.ends = [0: KafkaOffset(2), 1: KafkaOffset(0)]
    let values = (0..<5).map { Self.woke("a", $0) }
    let found = try reading.decode(
      topic(values, partitions: 3), partitions: 3, of: kafka)
    #expect(found.offsets == [0: [0, 1], 2: [0, 1, 2, 3, 4]])
    #expect(found.count == 7)
    // Where all are passed over, what another partition left does not count.
    #expect(found.next[1] == 0)
  }

  @Test func headersComeWithTheirRecords() throws {
    let topic = try kafka.topic()
    var records = [
      TestRecord(Self.woke("a")), TestRecord(Self.woke("b")), TestRecord(Self.woke("c")),
    ]
    records[0].headers = [.init(name: "x", value: [49]), .init(name: "x", value: nil)]
    records[2].headers = [.init(name: "", value: []), .init(name: "ü", value: [0x79])]
    try KafkaProducer(kafka.configuration).sendAll(records, to: topic, partition: 0)
    var reading = MessageReading()
    #expect(try reading.decode(topic, partitions: 1, of: kafka).headers.isEmpty)
    reading.keepsHeaders = true
    let found = try reading.decode(topic, partitions: 1, of: kafka)
    #expect(found.headers[0] == ["0 x=1", "0 x=none", "2 =", "2 ü=y"])
  }

  // MARK: Avro

  private var avro: MessageReading {
    var reading = MessageReading()
    reading.registry = EventVersion.registry
    return reading
  }

  @Test func everyMessageIsReadByItsOwnSchema() throws {
    let values = EventVersion.messages(10) + [nil] + EventVersion.messages(20)
    let found = try avro.decode(frames(values), partitions: 1, of: kafka)
    #expect(found.offsets[0] == [0, 1, 2, 4, 5, 6] && found.tombstones == 1)
    #expect(found.next[0] == 7)
  }

  @Test func badMessagesAreRejectedAlone() throws {
    let good = Frame.message(1, Frame.woke("a", 1))
    let values = [
      Frame.message([]), good, Frame.message([1, 0, 0, 0, 1]), nil, Frame.message(1, [2]), good,
      Frame.message(77, [0]),
    ]
    let found = try avro.decode(frames(values), partitions: 1, of: kafka)
    #expect(found.offsets[0] == [1, 5] && found.next[0] == 7 && found.count == 7)
    #expect(found.rejected[0]?.map { $0.prefix(2) } == ["0:", "2:", "4:", "6:"])
  }

  @Test func whatComesBeforeASchemaThatCannotBeHadIsHandedOut() throws {
    let registry = EventVersion.registry
    registry.failures["schema 2"] = StubSchemaRegistry.unreachable
    var reading = MessageReading()
    reading.registry = registry
    let messages = EventVersion.messages(10)
    let found = try reading.decode(
      frames([messages[0], nil, messages[2], messages[1], messages[0]]), partitions: 1, of: kafka)
    #expect(found.offsets[0] == [0, 2])
    #expect(found.next[0] == 3)
    #expect(found.failure?.contains("status 500") == true)
  }

  @Test func aThousandLargeMessagesComeInBatches() throws {
    let name = String(repeating: "n", count: 2000)
    let one = Frame.message(1, Frame.woke(name, 1))
    let found = try avro.decode(
      frames(Array(repeating: one, count: 1000)), partitions: 1, of: kafka)
    #expect(found.offsets[0] == Array(0..<1000))
    #expect(found.batches >= 16 && found.greatestBatch < 130 * 1024 + 2100)
  }
}
