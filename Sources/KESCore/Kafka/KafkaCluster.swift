// What a cluster is made of.

/// The brokers of a cluster and its topics, as one of them knows them.
public struct KafkaCluster: Hashable, Sendable {
  public var brokers: [KafkaBroker]
  public var topics: [KafkaTopicDescription]
}
