// Where reading stands in a partition.

/// A partition, and the offset of the record that is read next.
public struct KafkaPosition: Hashable, Sendable {
  public var partition: KafkaPartition
  public var offset: KafkaOffset

  public init(_ partition: KafkaPartition, _ offset: KafkaOffset) {
    self.partition = partition
    self.offset = offset
  }
}

extension KafkaPosition: CustomStringConvertible {
  public var description: String { "\(partition)@\(offset)" }
}
