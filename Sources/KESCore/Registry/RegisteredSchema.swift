// A schema as a registry has it.

/// A version under a subject.
public struct RegisteredSchema: Hashable, Sendable {
  public let identifier: SchemaIdentifier
  /// The version's number under its subject, from 1.
  public let version: Int32
  /// Avro, as JSON text; not always as it was registered, but the same document.
  public let schema: String

  public init(identifier: SchemaIdentifier, version: Int32, schema: String) {
    self.identifier = identifier
    self.version = version
    self.schema = schema
  }
}
