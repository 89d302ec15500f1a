// A datum as a plain value: what the judges compare.

@testable import KESCore

/// A value of any Avro type. Two that cannot be told apart in data are equal: all NaN are one.
indirect enum TestAvroValue: Hashable {
  case null
  case boolean(Bool)
  case int(Int32)
  case long(Int64)
  /// By their bits.
  case float(UInt32)
  case double(UInt64)
  case bytes([UInt8])
  /// As bytes: a judge may take what is not UTF-8.
  case string([UInt8])
  case fixed([UInt8])
  /// The symbol's place.
  case symbol(Int)
  case array([TestAvroValue])
  case map([TestAvroEntry])
  case branch(Int, TestAvroValue)
  case record([TestAvroValue])

  static func of(_ value: Float) -> TestAvroValue {
    .float(value.isNaN ? Float.nan.bitPattern : value.bitPattern)
  }

  static func of(_ value: Double) -> TestAvroValue {
    .double(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
  }

  static func of(_ text: String) -> TestAvroValue { .string(Array(text.utf8)) }

  /// The same with each map's entries in the order of their keys.
  var ordered: TestAvroValue {
    switch self {
    case .array(let items): .array(items.map(\.ordered))
    case .record(let fields): .record(fields.map(\.ordered))
    case .branch(let index, let value): .branch(index, value.ordered)
    case .map(let entries): .map(TestAvroEntry.ordered(entries))
    default: self
    }
  }
}

/// An entry of a map.
struct TestAvroEntry: Hashable {
  let key: [UInt8]
  let value: TestAvroValue

  static func ordered(_ entries: [TestAvroEntry]) -> [TestAvroEntry] {
    entries.map { TestAvroEntry(key: $0.key, value: $0.value.ordered) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }
}

extension TestAvroValue {
  /// Reads a value in the Avro JSON encoding (spec 1.11, "JSON Encoding"); nil where it is none.
  ///
  /// - Parameter name: what a branch is called.
  init?(
    _ json: JSONValue, as type: Int, of schema: AvroSchema,
    branchName name: (AvroType) -> String = \.name
  ) {
    func inside(_ json: JSONValue, _ type: Int) -> TestAvroValue? {
      TestAvroValue(json, as: type, of: schema, branchName: name)
    }
    switch (schema.types[type], json) {
    case (.null, .null): self = .null
    case (.boolean, .boolean(let value)): self = .boolean(value)
    case (.int, .integer(let value)):
      guard let int = Int32(exactly: value) else { return nil }
      self = .int(int)
    case (.long, .integer(let value)): self = .long(value)
    case (.float, _):
      guard let value = json.testNumber else { return nil }
      self = .of(Float(value))
    case (.double, _):
      guard let value = json.testNumber else { return nil }
      self = .of(value)
    case (.bytes, .string(let text)): self = .bytes(text.unicodeScalars.map { UInt8($0.value) })
    case (.fixed, .string(let text)): self = .fixed(text.unicodeScalars.map { UInt8($0.value) })
    case (.string, .string(let text)): self = .string(Array(text.utf8))
    case (.enumeration(_, let symbols, _), .string(let symbol)):
      guard let place = symbols.firstIndex(of: symbol) else { return nil }
      self = .symbol(place)
    case (.array(let items), .array(let elements)):
      self = .array(elements.compactMap { inside($0, items) })
    case (.map(let values), .object(let members)):
      self = .map(
        members.compactMap { member in
          inside(member.value, values).map {
            TestAvroEntry(key: Array(member.name.utf8), value: $0)
          }
        })
    case (.record(_, let fields), .object(let members)):
      guard members.map(\.name) == fields.map(\.name) else { return nil }
      self = .record(zip(members, fields).compactMap { inside($0.value, $1.type) })
    case (.union(let branches), .null):
      guard let index = branches.firstIndex(where: { schema.types[$0].isNull }) else { return nil }
      self = .branch(index, .null)
    case (.union(let branches), .object(let members)):
      guard members.count == 1,
        let index = branches.firstIndex(where: { name(schema.types[$0]) == members[0].name }),
        let value = inside(members[0].value, branches[index])
      else { return nil }
      self = .branch(index, value)
    default: return nil
    }
  }
}

extension JSONValue {
  /// A number, or what we and `Jansson.value` write for those that JSON does not have.
  fileprivate var testNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }
}

extension AvroType {
  var isNull: Bool {
    if case .null = self { return true }
    return false
  }
}
