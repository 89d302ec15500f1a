// A partition of a topic.

/// Which partition it is: a topic's name and a number from 0.
public struct KafkaPartition: Hashable, Comparable, Sendable {
  public var topic: String
  public var number: Int32

  public init(topic: String, number: Int32) {
    self.topic = topic
    self.number = number
  }

  public static func < (left: KafkaPartition, right: KafkaPartition) -> Bool {
    (left.topic, left.number) < (right.topic, right.number)
  }
}

extension KafkaPartition: CustomStringConvertible {
  /// As Kafka's own tools write it.
  public var description: String { "\(topic)-\(number)" }
}
