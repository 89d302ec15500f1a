// What can be wrong with schemas.

/// Text that is no Avro schema, or two schemas of which one does not resolve into the other.
public enum AvroSchemaError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text is not JSON.
  case notJSON(JSONError)
  /// A declaration breaks a rule; `path` leads to it: `Event.event.DataReceived.value`.
  case invalid(path: String, reason: String)
  /// Data of the writer's schema cannot be read as the reader's; `path` leads to the field.
  case unresolvable(writer: String, reader: String, path: String, reason: String)

  public var description: String {
    switch self {
    case .notJSON(let error): "the schema is not JSON: \(error)"
    case .invalid(let path, let reason): "the schema is wrong at \(path): \(reason)"
    case .unresolvable(let writer, let reader, let path, let reason):
      "the writer's schema \(writer) does not resolve into the reader's \(reader), at \(path):"
        + " \(reason)"
    }
  }
}
