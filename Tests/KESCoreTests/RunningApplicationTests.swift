// What a process of an application sets up before it reads.

import TestSupport
import Testing

@testable import KESCore

@Suite struct RunningApplicationTests {
  private let broker: KafkaScriptedBroker
  private let directory: TemporaryDirectory
  private let changelog = "application-sessions-changelog"

  init() throws { (broker, directory) = (try KafkaScriptedBroker(), try TemporaryDirectory()) }

  /// A process of an application that reads `events`, set up.
  private func start() throws -> (RunningApplication, TopicReader) {
    let configuration = try KafkaConfiguration(brokers: broker.brokers)
    var application = SegmentApplication(identifier: "application")
    application.guarantee = .atLeastOnce
    let signals = Signals()
    let sender = try TopicSender(signals: signals) { () throws(Failure) in
      try KafkaProducer(configuration)
    }
    let reader = try TopicReader(configuration, TopicReading(topic: "events"), signals: signals)
    try reader.connect()
    let running = try RunningApplication(
      application, configuration, sender: sender,
      store: try StateStore.open(directory.path, creating: true), reader: reader, replication: 1)
    return (running, reader)
  }

  @Test(arguments: [1, 5] as [Int32])
  func aChangelogIsMadeCompactedWithAPartitionForEachOfTheInput(_ partitions: Int32) throws {
    broker.model { $0.topics["events"] = partitions }
    _ = try start()
    #expect(broker.model { $0.topics[changelog] } == partitions)
    #expect(broker.model { $0.properties[changelog] } == ["cleanup.policy": "compact"])
  }

  @Test func partitionsThatAreAddedUnderARunDoNotFitItsChangelog() throws {
    broker.model { $0.topics["events"] = 2 }
    let (running, reader) = try start()
    try running.requireChangelog(of: [0, 1], reader)
    broker.model { $0.topics["events"] = 4 }
    let failure = try #require(
      #expect(throws: Failure.self) { try running.requireChangelog(of: [1, 3], reader) })
    #expect(failure.kind == .configuration)
    #expect(
      failure.description.hasPrefix(
        "topic \(changelog): cannot use it as a changelog: it has 2 partitions, but events has 4"))
  }
}
