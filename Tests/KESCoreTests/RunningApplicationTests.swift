// What a process of an application sets up before it reads.

import TestSupport
import Testing

@testable import KESCore

@Suite struct RunningApplicationTests {
  @Test(arguments: [1, 5] as [Int32])
  func aChangelogIsMadeCompactedWithAPartitionForEachOfTheInput(_ partitions: Int32) throws {
    let broker = try KafkaScriptedBroker()
    broker.model { $0.topics["events"] = partitions }
    let configuration = try KafkaConfiguration(brokers: broker.brokers)
    let directory = try ScratchDirectory()
    var application = SegmentApplication(identifier: "application")
    application.guarantee = .atLeastOnce
    let signals = Signals()
    let sender = try TopicSender(signals: signals) { () throws(KafkaError) in
      try KafkaProducer(configuration)
    }
    let reader = try TopicReader(configuration, TopicReading(topic: "events"), signals: signals)
    try reader.connect()
    _ = try RunningApplication(
      application, configuration, sender: sender,
      store: try StateStore.open(directory.path, creating: true), reader: reader, replication: 1)
    let changelog = "application-sessions-changelog"
    #expect(broker.model { $0.topics[changelog] } == partitions)
    #expect(broker.model { $0.properties[changelog] } == ["cleanup.policy": "compact"])
  }
}
