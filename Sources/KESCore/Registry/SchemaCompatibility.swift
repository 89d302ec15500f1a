// Whether one schema may follow another.

/// What a registry says of a schema that would follow the latest version of a subject.
public enum SchemaCompatibility: Hashable, Sendable {
  case compatible
  /// The registry's reasons, if it gives any.
  case incompatible(reasons: [String])
}
