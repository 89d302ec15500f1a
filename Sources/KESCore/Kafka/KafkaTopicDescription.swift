// What a cluster says of a topic.

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
