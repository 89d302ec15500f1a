// Logs with all that can stand between records, as a reader sees them.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct PreparedLogTests {
  private static let partition = KafkaPartition(topic: "events", number: 0)

  /// A log, what of it is read from the beginning, and where reading comes to its end.
  struct Prepared: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let log: KafkaLog
    let texts: [String]
    let end: Int64

    init(_ name: String, _ texts: [String], end: Int64, _ make: (inout KafkaLog) -> Void) {
      var made = KafkaLog()
      make(&made)
      (testDescription, log, self.texts, self.end) = (name, made, texts, end)
    }

    static let all = [
      Prepared("a commit", ["a", "b"], end: 3) {
        $0.append([.init("a"), .init("b")], producer: 7)
        $0.endTransaction(of: 7, commits: true)
      },
      Prepared("an abort", ["a"], end: 4) {
        $0.append([.init("a")])
        $0.append([.init("b"), .init("c")], producer: 8)
        $0.endTransaction(of: 8, commits: false)
      },
      Prepared("an open transaction", ["a"], end: 1) {
        $0.append([.init("a")])
        $0.append([.init("b")], producer: 9)
        $0.append([.init("c")])
      },
      Prepared("a compacted batch", ["a", "d"], end: 6) {
        $0.append([.init("a"), nil, nil])
        $0.append([.init("d"), nil, nil])
      },
      Prepared("an empty batch", ["a", "c"], end: 6) {
        $0.append([.init("a")])
        $0.append([nil, nil])
        $0.append([.init("c")])
        $0.append([nil, nil])
      },
      Prepared("transactions at the same time", ["b", "c"], end: 6) {
        $0.append([.init("a")], producer: 1)
        $0.append([.init("b")], producer: 2)
        $0.append([.init("c")])
        $0.endTransaction(of: 1, commits: false)
        $0.endTransaction(of: 2, commits: true)
        $0.append([nil])
      },
    ]
  }

  @Test(arguments: Prepared.all)
  func committedRecordsAreReadUpToTheEndBehindAllElse(_ prepared: Prepared) throws {
    let broker = try KafkaScriptedBroker()
    broker.model { $0.logs["events"] = [prepared.log] }
    let consumer = try KafkaConsumer(try KafkaConfiguration(brokers: broker.brokers))
    try consumer.assign([KafkaPosition(Self.partition, KafkaOffset(0))])
    var batch = KafkaMessageBatch()
    var end: KafkaOffset?
    let records = try consumer.collect(&batch) { _, ends in
      end = ends.last?.offset
      return end == KafkaOffset(prepared.end)
    }
    #expect(records.map(\.text) == prepared.texts)
    let marks = try consumer.watermarks([Self.partition], KafkaUnderTest.patience)
    #expect(marks[Self.partition]?.high == KafkaOffset(prepared.end))
  }

  @Test func recordsHaveTheirKeysTimesAndHeaders() throws {
    var log = KafkaLog()
    let headers: [(name: String, value: Data?)] = [("kind", Data("x".utf8)), ("none", nil)]
    log.append([
      .init(key: "k", "a", time: 1_700_000_000_500),
      .init(key: nil, nil, time: 1_700_000_000_100, headers: headers),
    ])
    let broker = try KafkaScriptedBroker()
    broker.model { [log] in $0.logs["events"] = [log] }
    let consumer = try KafkaConsumer(try KafkaConfiguration(brokers: broker.brokers))
    try consumer.assign([KafkaPosition(Self.partition, KafkaOffset(0))])
    let records = try consumer.collect(2)
    var first = TestRecord("a", key: "k", timestamp: EventTime(milliseconds: 1_700_000_000_500))
    first.offset = 0
    var second = TestRecord(nil, timestamp: EventTime(milliseconds: 1_700_000_000_100))
    second.offset = 1
    second.headers = [.init(name: "kind", value: Array("x".utf8)), .init(name: "none", value: nil)]
    #expect(records == [first, second])
  }

  @Test func aGroupOfOneJoinsCommitsAndLeaves() throws {
    let broker = try KafkaScriptedBroker()
    broker.model { $0.logs["events", default: [KafkaLog()]][0].append([.init("a"), .init("b")]) }
    let consumer = try KafkaConsumer(
      try KafkaConfiguration(brokers: broker.brokers), group: "g")
    try consumer.subscribe(["events"])
    var batch = KafkaMessageBatch()
    while true {
      let found = try consumer.poll(into: &batch, milliseconds: 20_000)
      if case .rebalance = found { break }
      try #require(found == .batch)
    }
    try consumer.acceptAssignment()
    #expect(broker.model { $0.members["g"] } == consumer.member)
    let places = [KafkaPosition(Self.partition, KafkaOffset(2))]
    try consumer.commit(places, KafkaUnderTest.patience)
    #expect(broker.model { $0.committed["g"] } == ["events": [0: 2]])
    let known = try consumer.committed([Self.partition], KafkaUnderTest.patience)
    #expect(known == [Self.partition: KafkaOffset(2)])
    #expect(consumer.close(KafkaUnderTest.patience))
    #expect(broker.model { $0.members["g"] } == nil)
  }

  @Test func whatRetentionHasRemovedIsOutOfRange() throws {
    let broker = try KafkaScriptedBroker()
    broker.model {
      $0.logs["events", default: [KafkaLog()]][0].append([.init("a"), .init("b")])
      $0.logs["events"]?[0].removeRecords(before: 2)
    }
    let consumer = try KafkaConsumer(try KafkaConfiguration(brokers: broker.brokers))
    try consumer.assign([KafkaPosition(Self.partition, KafkaOffset(0))])
    var batch = KafkaMessageBatch()
    let error = try #require(
      #expect(throws: Failure.self) { try consumer.poll(into: &batch, milliseconds: 20_000) })
    #expect(error.code == .gone && error.place.partition == 0)
  }
}
