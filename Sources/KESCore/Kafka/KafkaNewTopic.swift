// A topic that is to be made.

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
