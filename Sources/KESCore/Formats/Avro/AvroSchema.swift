// An Avro schema as a table of types.

/// A schema (Avro 1.11 spec, "Schema Declaration"): types that name each other by their places, so
/// that records may contain themselves.
public struct AvroSchema: Sendable {
  public let types: [AvroType]
  /// Of the types that have one, by their places.
  let logicalTypes: [Int: AvroLogicalType]
  /// The place of the type of a datum.
  public let root: Int
  /// The schema as it was written, doc and other attributes included.
  public let document: JSONValue

  init(
    types: [AvroType], logicalTypes: [Int: AvroLogicalType], root: Int, document: JSONValue
  ) {
    self.types = types
    self.logicalTypes = logicalTypes
    self.root = root
    self.document = document
  }

  /// Whether both documents hold the same; some registries sort the members of what they are given.
  public func isSame(as other: AvroSchema) -> Bool {
    document == other.document
      || document.withSortedMembers == other.document.withSortedMembers
  }

  /// As text, without white space: what files and registries hold.
  public var text: String { document.description }

  /// What a type is called in messages: its full name, or that of its kind.
  func name(of type: Int) -> String { types[type].name }

  /// The fields of the datum, where it is a record.
  var rootFields: [AvroField]? {
    if case .record(_, let fields) = types[root] { return fields }
    return nil
  }
}

/// One type. Types inside it are places in `AvroSchema.types`.
public enum AvroType: Sendable {
  case null, boolean, int, long, float, double, bytes, string
  case fixed(AvroName, size: Int)
  /// `fallback` is the place of the default symbol.
  case enumeration(AvroName, symbols: [String], fallback: Int?)
  case array(items: Int)
  case map(values: Int)
  case union(branches: [Int])
  case record(AvroName, fields: [AvroField])

  /// The full name, or the kind.
  var name: String {
    switch self {
    case .null: "null"
    case .boolean: "boolean"
    case .int: "int"
    case .long: "long"
    case .float: "float"
    case .double: "double"
    case .bytes: "bytes"
    case .string: "string"
    case .fixed(let name, _), .enumeration(let name, _, _), .record(let name, _): name.full
    case .array: "array"
    case .map: "map"
    case .union: "union"
    }
  }
}

/// A field of a record.
public struct AvroField: Sendable {
  public let name: String
  public let aliases: [String]
  public let type: Int
  /// In the JSON form of the spec, section "Complex Types"; checked where it is used.
  public let fallback: JSONValue?
}

/// The name of a record, enum or fixed, with its namespace (spec, "Names").
public struct AvroName: Hashable, Sendable {
  public let full: String
  /// Full names.
  public let aliases: [String]

  /// The part behind the namespace, and behind the classes around it, which Java's writers put before
  /// a `$`: what schema resolution compares.
  public var unqualified: String { AvroName.unqualified(full) }

  static func unqualified(_ name: String) -> String {
    name.split { $0 == "." || $0 == "$" }.last.map(String.init) ?? name
  }
}
