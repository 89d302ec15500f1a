// A broker of a cluster.

/// A broker, as it says that it is reached.
public struct KafkaBroker: Hashable, Sendable {
  public var identifier: Int32
  public var host: String
  public var port: Int32
}
