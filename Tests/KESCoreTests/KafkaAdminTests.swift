// Topics and groups: asked for and changed.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct KafkaAdminTests {
  private let kafka: KafkaUnderTest
  private let admin: KafkaAdmin
  private let patience = KafkaUnderTest.patience

  init() throws {
    kafka = try KafkaUnderTest()
    admin = try KafkaAdmin(kafka.configuration)
  }

  @Test func aTopicIsDescribed() throws {
    let name = try kafka.topic(partitions: 5)
    let topic = try #require(try admin.topic(name, patience))
    #expect(topic.name == name && topic.partitionCount == 5 && topic.replicationFactor >= 1)
    #expect(topic.partitions.map(\.number) == [0, 1, 2, 3, 4])
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aTopicThatCannotBeSeenIsNotTakenForMissing() throws {
    let mock = try #require(kafka.mock)
    let name = try kafka.topic()
    try mock.setError(3, ofTopic: name)
    #expect(try admin.topic(name, patience) == nil)
    try mock.setError(29, ofTopic: name)
    let error = try #require(
      #expect(throws: Failure.self) { try admin.topic(name, patience) })
    #expect(error.code.name == "TOPIC_AUTHORIZATION_FAILED", "\(error)")
    #expect(error.description.contains("have the brokers' administrator allow it"))
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func waitingForAnAnswerEnds() throws {
    let cluster = try KafkaTestCluster()
    let admin = try KafkaAdmin(KafkaConfiguration(brokers: cluster.brokers))
    try cluster.takeDown()
    let topic = KafkaNewTopic(name: "t", partitionCount: 1)
    let late = try #require(
      #expect(throws: Failure.self) {
        _ = try admin.createTopic(topic, KafkaPatience(milliseconds: 300))
      })
    #expect(late.kind == .unavailable, "\(late)")
    let stopped = try #require(
      #expect(throws: Failure.self) {
        _ = try admin.createTopic(
          topic, KafkaPatience(milliseconds: 60_000, isInterrupted: { true }))
      })
    #expect(stopped.kind == .interrupted, "\(stopped)")
    let asked = try #require(
      #expect(throws: Failure.self) {
        _ = try admin.topic("t", KafkaPatience(milliseconds: 300))
      })
    #expect(asked.kind == .unavailable, "\(asked)")
  }

  @Test(.enabled(if: !KafkaTestCluster.isMock, "the mock cluster knows no groups"))
  func aRealGroupIsDescribedWithItsMembers() throws {
    let topic = try kafka.topic(partitions: 2)
    let name = kafka.unique("group")
    #expect(try admin.group(name, patience).members.isEmpty)
    let consumer = try KafkaConsumer(kafka.configuration, group: name)
    try consumer.subscribe([topic])
    var batch = KafkaMessageBatch()
    while case .idle = try consumer.poll(into: &batch, milliseconds: 1000) {}
    try consumer.acceptAssignment()
    let partition = KafkaPartition(topic: topic, number: 1)
    try consumer.commit([KafkaPosition(partition, KafkaOffset(3))], patience)
    #expect(try admin.group(name, patience).members.count == 1)
    #expect(
      try admin.committedOffsets(ofGroup: name, patience)
        == [KafkaPosition(partition, KafkaOffset(3))])
    #expect(consumer.close(patience))
    try admin.deleteCommittedOffsets(ofGroup: name, [partition], patience)
    #expect(try admin.committedOffsets(ofGroup: name, patience).isEmpty)
  }
}

/// What the mock cluster cannot do, by a broker that answers as it is told.
@Suite(.threadsOfTheirOwn) struct KafkaAdminAnswersTests {
  private let broker: KafkaScriptedBroker
  private let configuration: KafkaConfiguration
  private let admin: KafkaAdmin
  private let patience = KafkaUnderTest.patience

  init() throws {
    broker = try KafkaScriptedBroker()
    configuration = try KafkaConfiguration(brokers: broker.brokers)
    admin = try KafkaAdmin(configuration)
  }

  private func failure(_ body: () throws -> Void) throws -> Failure {
    try #require(#expect(throws: Failure.self) { try body() })
  }

  @Test func aTopicIsCreatedOnceAndDeletedOnce() throws {
    #expect(try admin.topic("sessions", patience) == nil)
    let topic = KafkaNewTopic(
      name: "sessions", partitionCount: 6, replicationFactor: 1,
      properties: ["cleanup.policy": "compact"])
    #expect(try admin.createTopic(topic, patience))
    #expect(broker.model { $0.properties["sessions"] } == ["cleanup.policy": "compact"])
    #expect(try admin.topic("sessions", patience)?.partitionCount == 6)
    #expect(try !admin.createTopic(topic, patience))
    #expect(try admin.deleteTopic("sessions", patience))
    #expect(try !admin.deleteTopic("sessions", patience))
    #expect(try admin.topic("sessions", patience) == nil)
  }

  @Test(
    arguments: [
      (38, Failure.Kind.configuration), (37, .configuration), (44, .configuration),
      (17, .configuration), (29, .unavailable), (41, .retriable),
    ] as [(Int16, Failure.Kind)])
  func aTopicThatIsRefusedSaysWhy(code: Int16, kind: Failure.Kind) throws {
    broker.model { $0.topicError = code }
    let topic = KafkaNewTopic(name: "sessions", partitionCount: 6, replicationFactor: 3)
    let error = try failure { _ = try admin.createTopic(topic, patience) }
    #expect(error.code.rawValue == Int32(code) && error.kind == kind, "\(error)")
    #expect(error.description.hasPrefix("topic sessions: cannot create the topic: "))
    let other = try failure { _ = try admin.deleteTopic("sessions", patience) }
    #expect(other.code.rawValue == Int32(code))
  }

  @Test func aTopicThatCannotBeIsRefusedHere() throws {
    for topic in [
      KafkaNewTopic(name: "", partitionCount: 1), KafkaNewTopic(name: "t", partitionCount: 0),
    ] {
      let error = try failure { _ = try admin.createTopic(topic, patience) }
      #expect(error.kind == .configuration, "\(error)")
    }
    #expect(broker.model { $0.topics.isEmpty })
  }

  @Test func whatABrokerCannotDoIsSaid() throws {
    // Brokers before 2.4 want a number of replicas (KIP-464).
    let topic = KafkaNewTopic(name: "sessions", partitionCount: 6)
    let error = try failure { _ = try admin.createTopic(topic, patience) }
    #expect(error.code.name == "_UNSUPPORTED_FEATURE" && error.kind == .configuration, "\(error)")
    #expect(error.reason.contains("replication factor"), "\(error)")
  }

  @Test func aGroupIsDescribedWithItsMembers() throws {
    broker.model { $0.groups["g"] = ("Stable", ["member-1", "member-2"]) }
    let group = try admin.group("g", patience)
    #expect(group.name == "g" && group.state == "Stable")
    #expect(group.members.map(\.identifier) == ["member-1", "member-2"])
    #expect(group.members[0].client == "kes" && group.members[0].host == "/127.0.0.1")
    #expect(group.members[0].partitions == [KafkaPartition(topic: "events", number: 2)])
  }

  @Test(arguments: ["Empty", "Dead"])
  func aGroupWithoutMembersHasNone(state: String) throws {
    if state == "Empty" { broker.model { $0.groups["g"] = ("Empty", []) } }
    let group = try admin.group("g", patience)
    #expect(group.members.isEmpty && group.state == state)
  }

  @Test func aGroupThatIsRefusedSaysWhy() throws {
    broker.model { $0.groupError = 30 }
    let partition = KafkaPartition(topic: "t", number: 0)
    for call in [
      { _ = try admin.group("g", patience) },
      { _ = try admin.committedOffsets(ofGroup: "g", patience) },
      { _ = try admin.deleteCommittedOffsets(ofGroup: "g", [partition], patience) },
    ] as [() throws -> Void] {
      let error = try failure(call)
      #expect(error.code.name == "GROUP_AUTHORIZATION_FAILED", "\(error)")
      #expect(error.place.group == "g")
    }
  }

  @Test func committedOffsetsAreListedAndDeleted() throws {
    let partitions = (0..<3).map { KafkaPartition(topic: "t", number: $0) }
    broker.model { $0.committed["g"] = ["t": [0: 5, 1: -1, 2: 7]] }
    #expect(
      try admin.committedOffsets(ofGroup: "g", patience) == [
        KafkaPosition(partitions[0], KafkaOffset(5)), KafkaPosition(partitions[2], KafkaOffset(7)),
      ])
    try admin.deleteCommittedOffsets(ofGroup: "g", [partitions[0]], patience)
    #expect(
      try admin.committedOffsets(ofGroup: "g", patience) == [
        KafkaPosition(partitions[2], KafkaOffset(7))
      ])
    // GROUP_SUBSCRIBED_TO_TOPIC
    broker.model { $0.topicError = 86 }
    let error = try failure {
      try admin.deleteCommittedOffsets(ofGroup: "g", [partitions[2]], patience)
    }
    #expect(error.place.topic == "t" && error.place.partition == 2, "\(error)")
  }

  @Test(
    arguments: [(0, 0), (3000, 3), (3001, 4), (9000, 9), (9001, 10), (99_000, 10)]
      as [(Int64, Int64)])
  func timesBeginAtTheFirstRecordThen(time: Int64, offset: Int64) throws {
    broker.model { $0.topics["t"] = 2 }
    broker.model { $0.recordCount = 10 }
    let partitions = (0..<2).map { KafkaPartition(topic: "t", number: $0) }
    let specification = KafkaOffsetSpecification.time(EventTime(milliseconds: time))
    #expect(
      try admin.resolve(specification, in: partitions, patience)
        == partitions.map { KafkaPosition($0, KafkaOffset(offset)) })
    #expect(
      try admin.resolve(.beforeEnd(3), in: partitions, patience)
        == partitions.map { KafkaPosition($0, KafkaOffset(7)) })
  }

  @Test func aTopicTellsItsProperties() throws {
    let model = try KafkaModelBroker()
    model.createTopic("t", partitions: 1, properties: ["retention.ms": "-1"])
    let configuration = try KafkaConfiguration(brokers: model.brokers)
    do {
      let admin = try KafkaAdmin(configuration)
      let found = try admin.properties(ofTopic: "t", patience)
      #expect(found["retention.ms"] == "-1" && found["cleanup.policy"] == "delete", "\(found)")
      let missing = try failure { _ = try admin.properties(ofTopic: "u", patience) }
      #expect(missing.kind == .missing && missing.place.topic == "u", "\(missing)")
      model.fail(.describeConfigs, with: [29])
      let refused = try failure { _ = try admin.properties(ofTopic: "t", patience) }
      #expect(refused.code.name == "TOPIC_AUTHORIZATION_FAILED", "\(refused)")
    }
    #expect(configuration.counts.unbalanced.isEmpty)
    // The other broker knows no such request.
    let unknown = try failure { _ = try admin.properties(ofTopic: "t", patience) }
    #expect(unknown.code.isUnsupported, "\(unknown)")
  }

  @Test func everythingThatWasAskedIsGivenBack() throws {
    let configuration = try KafkaConfiguration(brokers: broker.brokers)
    do {
      let admin = try KafkaAdmin(configuration)
      _ = try admin.createTopic(
        KafkaNewTopic(name: "t", partitionCount: 1, replicationFactor: 1), patience)
      _ = try admin.deleteTopic("t", patience)
      _ = try admin.group("g", patience)
      broker.model { $0.groupError = 30 }
      _ = try? admin.group("g", patience)
      _ = try? admin.committedOffsets(ofGroup: "g", patience)
      _ = try? admin.createTopic(KafkaNewTopic(name: "", partitionCount: 1), patience)
    }
    #expect(configuration.counts.unbalanced.isEmpty)
    #expect(configuration.counts.openedCount(.event) == 6)
  }
}
