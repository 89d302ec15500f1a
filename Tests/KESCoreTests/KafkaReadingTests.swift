// Where reading begins and ends, without a group.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct KafkaReadingTests {
  private let kafka: KafkaUnderTest
  private let topic: String
  private var partition: KafkaPartition { KafkaPartition(topic: topic, number: 0) }

  /// A topic with the records 0 to 9, a second apart.
  init() throws {
    kafka = try KafkaUnderTest()
    topic = try kafka.topic(partitions: 2)
    let records = (0..<10).map { index in
      TestRecord("\(index)", timestamp: EventTime(milliseconds: 1_700_000_000_000 + index * 1000))
    }
    try KafkaProducer(kafka.configuration).sendAll(records, to: topic, partition: 0)
  }

  @Test(arguments: [
    ("beginning", 0), ("end", 10), ("0", 0), ("7", 7), ("-3", 7), ("-10", 0), ("-99", 0),
    ("-0", 10),
  ])
  func everyFormOfOffsetBeginsWhereItSays(text: String, offset: Int64) throws {
    let consumer = try KafkaConsumer(kafka.configuration)
    let specification = try #require(KafkaOffsetSpecification(text))
    let positions = try consumer.resolve(specification, in: [partition], KafkaUnderTest.patience)
    #expect(positions == [KafkaPosition(partition, KafkaOffset(offset))])
    try consumer.assign(positions)
    var batch = KafkaMessageBatch()
    let records = try consumer.collect(&batch) { _, ends in !ends.isEmpty }
    #expect(records.map(\.text) == (offset..<10).map { "\($0)" })
  }

  @Test(
    .enabled(if: !KafkaTestCluster.isMock, "the mock cluster knows no offsets by time"),
    arguments: [
      (1_700_000_000_000, 0), (1_700_000_003_000, 3), (1_700_000_003_001, 4),
      (1_700_000_099_000, 10), (0, 0),
    ] as [(Int64, Int64)])
  func timesBeginAtTheFirstRecordThen(time: Int64, offset: Int64) throws {
    let consumer = try KafkaConsumer(kafka.configuration)
    let specification = KafkaOffsetSpecification.time(EventTime(milliseconds: time))
    let positions = try consumer.resolve(specification, in: [partition], KafkaUnderTest.patience)
    #expect(positions.map(\.offset) == [KafkaOffset(offset)])
  }

  @Test func watermarksAreThoseOfEachPartition() throws {
    let other = KafkaPartition(topic: topic, number: 1)
    let expected = [
      partition: KafkaWatermarks(low: KafkaOffset(0), high: KafkaOffset(10)),
      other: KafkaWatermarks(low: KafkaOffset(0), high: KafkaOffset(0)),
    ]
    let consumer = try KafkaConsumer(kafka.configuration)
    #expect(try consumer.watermarks([partition, other], KafkaUnderTest.patience) == expected)
    let admin = try KafkaAdmin(kafka.configuration)
    #expect(try admin.watermarks([other, partition], KafkaUnderTest.patience) == expected)
    #expect(try admin.watermarks([], KafkaUnderTest.patience).isEmpty)
  }

  @Test func aPartitionThatIsNotThereIsSaid() throws {
    let consumer = try KafkaConsumer(kafka.configuration)
    let missing = KafkaPartition(topic: topic, number: 7)
    let error = try #require(
      #expect(throws: Failure.self) {
        try consumer.watermarks([partition, missing], KafkaPatience(milliseconds: 2000))
      })
    #expect(error.kind == .missing, "\(error)")
    #expect(error.place.topic == topic)
  }

  @Test func recordsThatAreGoneAreNotPassedOverInSilence() throws {
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(partition, KafkaOffset(99))])
    var batch = KafkaMessageBatch()
    let error = try #require(
      #expect(throws: Failure.self) {
        for _ in 0..<30 { _ = try consumer.poll(into: &batch, milliseconds: 1000) }
      })
    #expect(error.code.name == "_AUTO_OFFSET_RESET", "\(error)")
    #expect(error.kind == .unavailable)
    #expect(error.place.topic == topic && error.place.partition == 0)
    #expect(error.description.contains("--offset"), "\(error)")
  }

  @Test func seekingGoesBackAndDropsWhatHadArrived() throws {
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([KafkaPosition(partition, .beginning)])
    var batch = KafkaMessageBatch(capacity: 4)
    while batch.count < 4 { _ = try consumer.poll(into: &batch, milliseconds: 1000) }
    try consumer.seek(to: [KafkaPosition(partition, KafkaOffset(2))])
    let records = try consumer.collect(&batch) { records, _ in records.count >= 8 }
    #expect(records.map(\.text) == (2..<10).map { "\($0)" })
  }

  @Test func ofManySeeksTheLastCounts() throws {
    let other = KafkaPartition(topic: topic, number: 1)
    let consumer = try KafkaConsumer(kafka.configuration)
    try consumer.assign([
      KafkaPosition(partition, .beginning), KafkaPosition(other, .beginning),
    ])
    for offset in 0..<50 as Range<Int64> {
      try consumer.seek(
        to: [KafkaPosition(partition, KafkaOffset(offset % 10)), KafkaPosition(other, .beginning)])
    }
    try consumer.seek(to: [KafkaPosition(partition, KafkaOffset(7))])
    var batch = KafkaMessageBatch()
    let records = try consumer.collect(&batch) { records, _ in records.count >= 3 }
    #expect(records.map(\.text) == ["7", "8", "9"])
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aFollowerIsReadWhereTheLeaderSaysSo() throws {
    let faulty = try KafkaUnderTest(brokerCount: 2)
    let topic = try faulty.topic()
    try faulty.mock?.setLeader(1, ofTopic: topic, partition: 0)
    try faulty.mock?.setFollower(2, ofTopic: topic, partition: 0)
    try KafkaProducer(faulty.configuration).sendAll([TestRecord("a"), TestRecord("b")], to: topic)
    let consumer = try KafkaConsumer(faulty.configuration)
    try consumer.assign([KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)])
    #expect(try consumer.collect(2).map(\.text) == ["a", "b"])
  }

  /// Where the client does not see that there is room, each of 200 fetches waits for a second.
  @Test func aQueueThatWasFullIsFilledAgainAtOnce() throws {
    let text = String(repeating: "x", count: 1000)
    let small = try kafka.configuration([
      "queued.max.messages.kbytes=16", "fetch.message.max.bytes=16384", "batch.size=16384",
    ])
    let topic = try kafka.topic()
    let records = (0..<3200).map { TestRecord("\($0) \(text)") }
    try KafkaProducer(small).sendAll(records, to: topic)
    let consumer = try KafkaConsumer(small)
    try consumer.assign([KafkaPosition(KafkaPartition(topic: topic, number: 0), .beginning)])
    #expect(try consumer.collect(3200).map(\.text) == records.map(\.text))
  }

  @Test func callsThatNeedAGroupAreRefusedWithoutOne() throws {
    let consumer = try KafkaConsumer(kafka.configuration)
    let calls: [() throws -> Void] = [
      { try consumer.subscribe(["t"]) },
      { try consumer.commit([KafkaPosition(partition, KafkaOffset(1))], KafkaUnderTest.patience) },
      { _ = try consumer.committed([partition], KafkaUnderTest.patience) },
      { _ = try consumer.groupMetadata() }, { try consumer.acceptAssignment() },
      { try consumer.giveUp() },
    ]
    for call in calls {
      let error = try #require(#expect(throws: Failure.self) { try call() })
      #expect(error.kind == .bug)
    }
  }
}
