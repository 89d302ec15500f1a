// A schema as a tree, to be made at random, changed, and written as JSON.

@testable import KESCore

/// A type as it stands in a schema.
indirect enum TestAvroSchema: Hashable {
  case primitive(String)
  /// A type declared before, by its full name.
  case reference(String)
  case array(TestAvroSchema)
  case map(TestAvroSchema)
  case union([TestAvroSchema])
  case record(TestAvroName, [TestAvroField])
  case enumeration(TestAvroName, symbols: [String], fallback: String?)
  case fixed(TestAvroName, size: Int)

  /// What tells branches of a union apart.
  var branchName: String {
    switch self {
    case .primitive(let name), .reference(let name): name
    case .array: "array"
    case .map: "map"
    case .union: "union"
    case .record(let name, _), .enumeration(let name, _, _), .fixed(let name, _): name.full
    }
  }

  var isUnion: Bool {
    if case .union = self { return true }
    return false
  }

  var document: JSONValue {
    switch self {
    case .primitive(let name), .reference(let name): .string(name)
    case .array(let items): .testObject(["type": .string("array"), "items": items.document])
    case .map(let values): .testObject(["type": .string("map"), "values": values.document])
    case .union(let branches): .array(branches.map(\.document))
    case .record(let name, let fields):
      .object(name.members("record") + [JSONMember("fields", .array(fields.map(\.document)))])
    case .enumeration(let name, let symbols, let fallback):
      .object(
        name.members("enum") + [JSONMember("symbols", .array(symbols.map { .string($0) }))]
          + (fallback.map { [JSONMember("default", .string($0))] } ?? []))
    case .fixed(let name, let size):
      .object(name.members("fixed") + [JSONMember("size", .integer(Int64(size)))])
    }
  }

  var text: String { document.description }
}

/// The name of a named type. Always written with its namespace, unless there is none at all.
struct TestAvroName: Hashable {
  var name: String
  var namespace: String
  /// Full names.
  var aliases: [String] = []

  var full: String { namespace.isEmpty ? name : "\(namespace).\(name)" }

  fileprivate func members(_ kind: String) -> [JSONMember] {
    var members = [JSONMember("type", .string(kind)), JSONMember("name", .string(name))]
    if !namespace.isEmpty { members.append(JSONMember("namespace", .string(namespace))) }
    if !aliases.isEmpty {
      members.append(JSONMember("aliases", .array(aliases.map { .string($0) })))
    }
    return members
  }
}

struct TestAvroField: Hashable {
  var name: String
  var aliases: [String] = []
  var type: TestAvroSchema
  var fallback: JSONValue?

  fileprivate var document: JSONValue {
    var members = [JSONMember("name", .string(name)), JSONMember("type", type.document)]
    if !aliases.isEmpty {
      members.append(JSONMember("aliases", .array(aliases.map { .string($0) })))
    }
    if let fallback { members.append(JSONMember("default", fallback)) }
    return .object(members)
  }
}

extension JSONValue {
  static func testObject(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
    .object(members.map { JSONMember($0.key, $0.value) })
  }
}
