// How a topic is to be read.

/// What of a topic to read, and how.
public struct TopicReading: Sendable {
  public var topic: String
  /// Whose committed offsets reading goes on from, and with whose other members the partitions are
  /// shared; nil reads all partitions for itself.
  public var group: String?
  /// Makes us a static member of the group (KIP-345).
  public var instance: String?
  /// Where to begin: before what the group has committed; nil for that, or the beginning.
  public var offset: KafkaOffsetSpecification?
  /// Whether reading ends where the partitions ended when it began.
  public var exitsAtEnd = false
  /// How long to wait for a broker at the start, in milliseconds.
  public var connectTimeout: Int64 = 10_000

  public init(topic: String) { self.topic = topic }
}
