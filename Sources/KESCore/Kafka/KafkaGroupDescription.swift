// A consumer group, as its coordinator knows it.

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
