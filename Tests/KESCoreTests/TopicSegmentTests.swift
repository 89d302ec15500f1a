// kes-segment from topic to topic: sessions, commits, and what a next run finds.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicSegmentTests {
  private func event(_ device: String, _ time: Int, _ kind: String) -> String {
    let content = kind == "DataReceived" ? #"{"name":"n","value":1.0}"# : "{}"
    return #"{"device":"\#(device)","timestamp":\#(time),"event":{"\#(kind)":\#(content)}}"#
  }

  private func kinds(_ records: [TestRecord]) -> [String] {
    records.compactMap { record in
      guard let text = record.text else { return nil }
      return ["DeviceWokeUp", "DataReceived", "AllDataSent", "SessionClosed"]
        .first { text.contains("\"\($0)\"") }
    }
  }

  @Test(arguments: ProcessingGuarantee.allCases)
  func everyPartitionIsSegmentedByItself(_ guarantee: ProcessingGuarantee) throws {
    let application = try ApplicationUnderTest(guarantee: guarantee)
    try application.send([
      (0, event("a", 1000, "DeviceWokeUp")), (0, event("a", 2000, "AllDataSent")),
      (1, event("b", 900_000, "DeviceWokeUp")), (1, event("b", 901_000, "DataReceived")),
    ])
    let directory = try TemporaryDirectory()
    let statistics = try application.run(store: try StateStore.open(directory.path, creating: true))
    #expect(statistics.ledger.records == 4)
    #expect(statistics.ledger.isClosed)
    #expect(statistics.openSessions == 1)
    let found = try application.sessions()
    #expect(
      kinds(found).sorted() == [
        "AllDataSent", "DataReceived", "DeviceWokeUp", "DeviceWokeUp", "SessionClosed",
      ])
    #expect(found.allSatisfy { $0.key != nil })
    #expect(found.contains { $0.timestamp == EventTime(milliseconds: 901_000) })
  }

  @Test(
    .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"),
    arguments: [true, false])
  func whatTheChangelogTellsOfIsNotAppliedAgain(_ keepsState: Bool) throws {
    let application = try ApplicationUnderTest(guarantee: .atLeastOnce, brokerCount: 1)
    let directory = try TemporaryDirectory()
    let store = try StateStore.open(directory.path, creating: true)
    try application.send([(0, event("a", 1000, "DeviceWokeUp"))])
    try application.run(store: store)
    // A group takes no commits while it shares its partitions anew.
    try application.kafka.mock?.fail(.offsetCommit, with: Array(repeating: 27, count: 50))
    try application.send([(0, event("a", 2000, "DataReceived"))])
    try application.run(store: store)
    try application.kafka.mock?.clearFaults(.offsetCommit)
    try application.send([(0, event("a", 3000, "AllDataSent"))])
    let other = try TemporaryDirectory()
    try application.run(
      store: keepsState ? store : try StateStore.open(other.path, creating: true))
    let found = try application.sessions()
    #expect(kinds(found) == ["DeviceWokeUp", "DataReceived", "AllDataSent", "SessionClosed"])
    #expect(found.last?.text?.contains(#""events":3"#) == true)
  }

  private static let spread =
    "{\n\"device\":\"a\",\n\"timestamp\":1,\"event\":{\"DeviceWokeUp\":{}}\n}\n"

  @Test func valuesPassByteForByteWithTheirSessions() throws {
    let application = try ApplicationUnderTest(partitions: 1)
    let plain = event("a", 2, "DataReceived")
    try application.send([(0, Self.spread), (0, plain), (0, plain + "\r\n")])
    let directory = try TemporaryDirectory()
    try application.run(store: try StateStore.open(directory.path, creating: true))
    let values = try application.sessions().compactMap(\.text)
    #expect(values.count == 3)
    let splice = /,"session":"[0-9a-z]{13}"/
    #expect(values.map { $0.replacing(splice, with: "") } == [Self.spread, plain, plain + "\r\n"])
    #expect(values[0].contains("\n,\"session\"") && values[0].hasSuffix("\"}\n"))
  }

  @Test func duplicatesAreToldByTheBytesAsTheyCame() throws {
    let application = try ApplicationUnderTest(partitions: 1)
    let spread = "{\n" + event("a", 2, "DataReceived").dropFirst()
    let tabbed = spread.replacing("\n", with: "\t")
    try application.send([spread, tabbed, spread, tabbed + "\n", tabbed].map { (0, $0) })
    let directory = try TemporaryDirectory()
    let statistics = try application.run(
      store: try StateStore.open(directory.path, creating: true)
    ) { $0.duplicates = .drop }
    #expect(statistics.ledger.duplicate == 2 && statistics.ledger.assigned == 3)
  }

  @Test(arguments: ProcessingGuarantee.allCases, [true, false])
  func aSecondRunGoesOnWithTheSessions(
    _ guarantee: ProcessingGuarantee, _ keepsState: Bool
  ) throws {
    let application = try ApplicationUnderTest(guarantee: guarantee)
    let directory = try TemporaryDirectory()
    try application.send([(0, event("a", 1000, "DeviceWokeUp"))])
    _ = try application.run(store: try StateStore.open(directory.path, creating: true))
    try application.send([(0, event("a", 2000, "AllDataSent"))])
    let other = keepsState ? directory : try TemporaryDirectory()
    let statistics = try application.run(store: try StateStore.open(other.path, creating: true))
    let found = try application.sessions()
    #expect(kinds(found) == ["DeviceWokeUp", "AllDataSent", "SessionClosed"])
    let closing = try #require(found.last?.text)
    #expect(closing.contains(#""events":2"#))
    #expect(closing.contains(#""partial":false"#))
    let restored = try #require(statistics.topic?.restoredRecords)
    #expect(keepsState ? restored == 0 : restored > 0, "\(restored)")
  }
}
