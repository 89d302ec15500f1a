// A schema's number in a registry.

/// The id under which a registry knows a schema: the same for all subjects, and never given to
/// another schema (Confluent Schema Registry, API reference, "Schemas").
public struct SchemaIdentifier: BitwiseCopyable, Hashable, Comparable, Sendable {
  public let rawValue: Int32

  @inline(__always)
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static func < (left: SchemaIdentifier, right: SchemaIdentifier) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension SchemaIdentifier: CustomStringConvertible {
  public var description: String { String(rawValue) }
}
