// Where in a cluster something happened.

/// A place for messages: as much of it as is known.
public struct KafkaPlace: Hashable, Sendable {
  public var brokers: String?
  public var group: String?
  public var topic: String?
  public var partition: Int32?
  public var offset: Int64?

  public init(
    brokers: String? = nil, group: String? = nil, topic: String? = nil, partition: Int32? = nil,
    offset: Int64? = nil
  ) {
    self.brokers = brokers
    self.group = group
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }

  init(_ partition: KafkaPartition) {
    self.init(topic: partition.topic, partition: partition.number)
  }
}

extension KafkaPlace: CustomStringConvertible {
  public var description: String {
    var parts: [String] = []
    if let topic { parts.append("topic \(topic)") }
    if let partition, partition >= 0 { parts.append("partition \(partition)") }
    if let offset, offset >= 0 { parts.append("offset \(offset)") }
    if let group { parts.append("group \(group)") }
    if parts.isEmpty { parts.append(brokers ?? "Kafka") }
    return parts.joined(separator: ", ")
  }
}
