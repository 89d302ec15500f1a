// What a cluster is made of.

/// The brokers of a cluster and its topics, as one of them knows them.
public struct KafkaCluster: Hashable, Sendable {
  public var brokers: [KafkaBroker]
  public var topics: [KafkaTopicDescription]
}

/// A broker, as it says that it is reached.
public struct KafkaBroker: Hashable, Sendable {
  public var identifier: Int32
  public var host: String
  public var port: Int32
}

/// A topic and its partitions, which are numbered from 0.
public struct KafkaTopicDescription: Hashable, Sendable {
  public var name: String
  public var partitionCount: Int32
  /// How many brokers keep a partition, at least.
  public var replicationFactor: Int

  public var partitions: [KafkaPartition] {
    (0..<partitionCount).map { KafkaPartition(topic: name, number: $0) }
  }
}

/// A topic that is to be made.
public struct KafkaNewTopic: Hashable, Sendable {
  public var name: String
  public var partitionCount: Int32
  /// nil leaves it to the brokers (KIP-464).
  public var replicationFactor: Int32?
  /// Such as `cleanup.policy`.
  public var properties: [String: String]

  public init(
    name: String, partitionCount: Int32, replicationFactor: Int32? = nil,
    properties: [String: String] = [:]
  ) {
    self.name = name
    self.partitionCount = partitionCount
    self.replicationFactor = replicationFactor
    self.properties = properties
  }
}

/// A consumer group, as its coordinator knows it.
public struct KafkaGroupDescription: Hashable, Sendable {
  /// A consumer that is in the group now.
  public struct Member: Hashable, Sendable {
    public var identifier: String
    /// What it calls itself (`client.id`).
    public var client: String
    public var host: String
    public var partitions: [KafkaPartition]
  }

  public var name: String
  /// Such as `Stable`, `Empty` or, where there is no such group, `Dead`.
  public var state: String
  public var members: [Member]
}
