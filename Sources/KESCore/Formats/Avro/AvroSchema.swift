// An Avro schema as a table of types, what types mean, and what can be wrong with schemas.

internal import Synchronization

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
    AvroSchema.made.add(1, ordering: .relaxed)
  }

  /// How many schemas this process has made: a run on JSON alone needs none.
  static var madeCount: Int { made.load(ordering: .relaxed) }
  private static let made = Atomic(0)

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

/// The logical types of the specification (Avro 1.12, "Logical Types"). One that the specification
/// does not know, or that stands on a type that cannot have it, is ignored, as it says.
enum AvroLogicalType: String, Sendable {
  case decimal
  case bigDecimal = "big-decimal"
  case uuid
  case date
  case timeMillis = "time-millis"
  case timeMicros = "time-micros"
  case timestampMillis = "timestamp-millis"
  case timestampMicros = "timestamp-micros"
  case timestampNanos = "timestamp-nanos"
  case localTimestampMillis = "local-timestamp-millis"
  case localTimestampMicros = "local-timestamp-micros"
  case localTimestampNanos = "local-timestamp-nanos"
  case duration

  func fits(_ type: AvroType) -> Bool {
    switch (self, type) {
    case (.decimal, .bytes), (.decimal, .fixed), (.bigDecimal, .bytes): true
    case (.uuid, .string), (.uuid, .fixed(_, size: 16)): true
    case (.date, .int), (.timeMillis, .int), (.timeMicros, .long): true
    case (.duration, .fixed(_, size: 12)): true
    case (_, .long): timestampUnit != nil
    default: false
    }
  }

  /// Of a point in time, in whatever zone.
  var timestampUnit: TimeUnit? {
    switch self {
    case .timestampMillis, .localTimestampMillis: .milliseconds
    case .timestampMicros, .localTimestampMicros: .microseconds
    case .timestampNanos, .localTimestampNanos: .nanoseconds
    default: nil
    }
  }

  /// Of a time of day.
  var timeOfDayUnit: TimeUnit? {
    switch self {
    case .timeMillis: .milliseconds
    case .timeMicros: .microseconds
    default: nil
    }
  }
}

extension AvroSchema {
  /// In what values of a type count time, where they may be points in time: a number that does not
  /// say so counts milliseconds (cli.md, section 1). Nil for dates, times of day and all else.
  func timeUnit(of type: Int) -> TimeUnit? {
    switch (types[type], logicalTypes[type]) {
    case (.int, nil), (.long, nil): .milliseconds
    case (.long, let logical?): logical.timestampUnit
    default: nil
    }
  }

  /// The types of the times of events: of `timestamp`, and in a `SessionClosed` of `start` and
  /// `end`; of a union its branches.
  var eventTimes: Set<Int> {
    var found: Set<Int> = []
    for field in rootFields ?? [] {
      if field.name == "timestamp" { found.formUnion(alternatives(of: field.type)) }
      guard field.name == "event" else { continue }
      for branch in alternatives(of: field.type) {
        guard case .record(let name, let inside) = types[branch],
          name.unqualified == "SessionClosed"
        else { continue }
        for time in inside where time.name == "start" || time.name == "end" {
          found.formUnion(alternatives(of: time.type))
        }
      }
    }
    return found
  }

  /// The branches of a union; another type itself.
  private func alternatives(of type: Int) -> [Int] {
    if case .union(let branches) = types[type] { branches } else { [type] }
  }

  /// What a type is called where it is not what it should be: `date (int)`, `null or string`.
  func described(_ type: Int) -> String {
    if case .union(let branches) = types[type], !branches.isEmpty {
      return branches.map(described).joined(separator: " or ")
    }
    return logicalTypes[type].map { "\($0.rawValue) (\(name(of: type)))" } ?? name(of: type)
  }
}

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
