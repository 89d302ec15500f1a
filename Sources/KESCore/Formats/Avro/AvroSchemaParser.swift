// JSON to schemas, with the rules of the spec for names, unions and symbols.

extension AvroSchema {
  /// What types, fields and symbols may be called.
  public enum NameRule: Sendable {
    /// Letters, digits and _, no digit first (spec 1.11, "Names").
    case specification
    /// As other writers called them: what comes with data is read by whatever its names are, as Java's
    /// reader of container files does (our choice).
    case any
  }

  /// Reads a schema. Throws `AvroSchemaError.notJSON` or `.invalid`.
  public init(parsing text: String, names: NameRule = .any) throws(AvroSchemaError) {
    let document: JSONValue
    do { document = try JSONValue(parsing: text) } catch { throw .notJSON(error) }
    try self.init(document, names: names)
  }

  /// Reads a schema from its document. Throws `AvroSchemaError.invalid`.
  public init(_ document: JSONValue, names: NameRule = .any) throws(AvroSchemaError) {
    var parser = AvroSchemaParser(names: names)
    let root = try parser.type(document, AvroSchemaParser.Scope(namespace: "", path: ""))
    self.init(
      types: parser.types, logicalTypes: parser.logicalTypes, root: root, document: document)
  }
}

/// Fills the table of types (spec 1.11, "Schema Declaration", "Names", "Aliases").
private struct AvroSchemaParser {
  /// Where a declaration stands.
  struct Scope {
    /// Of the enclosing named type; empty for none.
    var namespace: String
    var path: String

    func inside(_ step: String) -> Scope {
      Scope(namespace: namespace, path: path.isEmpty ? step : "\(path).\(step)")
    }

    func fails(_ reason: String) -> AvroSchemaError {
      .invalid(path: path.isEmpty ? "its root" : path, reason: reason)
    }
  }

  /// How many values a record may hold that takes no bytes. Our choice: such records can double
  /// their predecessors, and nothing in the data pays for walking over them.
  private static let greatestEmptyRecord = 1024

  private let names: AvroSchema.NameRule
  private(set) var types: [AvroType] = []
  private(set) var logicalTypes: [Int: AvroLogicalType] = [:]
  /// Of types whose values take no bytes, how many values one holds.
  private var emptyValues: [Int: Int] = [:]
  /// Named types by their full names.
  private var places: [String: Int] = [:]

  init(names: AvroSchema.NameRule) { self.names = names }

  private static let primitives: [String: AvroType] = [
    "null": .null, "boolean": .boolean, "int": .int, "long": .long, "float": .float,
    "double": .double, "bytes": .bytes, "string": .string,
  ]

  mutating func type(_ value: JSONValue, _ scope: Scope) throws(AvroSchemaError) -> Int {
    switch value {
    case .string(let name): return try reference(name, scope)
    case .array(let branches): return try union(branches, scope)
    case .object:
      let count = types.count
      let place = try declaration(value, scope)
      // What is declared elsewhere means what it means there.
      if place >= count { noteLogicalType(value["logicalType"], of: place) }
      return place
    default: throw scope.fails("expected a type, found \(value.kind)")
    }
  }

  private mutating func noteLogicalType(_ name: JSONValue?, of place: Int) {
    guard let logical = AvroLogicalType(rawValue: name?.text ?? ""), logical.fits(types[place])
    else { return }
    logicalTypes[place] = logical
  }

  private mutating func add(_ type: AvroType) -> Int {
    types.append(type)
    return types.count - 1
  }

  private mutating func reference(_ name: String, _ scope: Scope) throws(AvroSchemaError) -> Int {
    if let primitive = AvroSchemaParser.primitives[name] { return add(primitive) }
    // Java's writer leaves out the namespace of types that have none, and its reader finds them.
    if let place = places[AvroSchemaParser.qualified(name, scope.namespace)] ?? places[name] {
      return place
    }
    throw scope.fails("\"\(name)\" is neither a type nor declared before")
  }

  private mutating func declaration(
    _ value: JSONValue, _ scope: Scope
  ) throws(AvroSchemaError) -> Int {
    guard let kind = value["type"] else { throw scope.fails("a declaration without \"type\"") }
    switch kind {
    case .string("record"), .string("error"): return try record(value, scope)
    case .string("enum"): return try enumeration(value, scope)
    case .string("fixed"): return try fixed(value, scope)
    case .string("array"):
      guard let items = value["items"] else { throw scope.fails("an array without \"items\"") }
      return add(.array(items: try type(items, scope.inside("items"))))
    case .string("map"):
      guard let values = value["values"] else { throw scope.fails("a map without \"values\"") }
      return add(.map(values: try type(values, scope.inside("values"))))
    default: return try type(kind, scope)
    }
  }

  private mutating func union(
    _ branches: [JSONValue], _ scope: Scope
  ) throws(AvroSchemaError) -> Int {
    var found: [Int] = []
    var names: Set<String> = []
    for branch in branches {
      let place = try type(branch, scope)
      if case .union = types[place] { throw scope.fails("a union directly inside a union") }
      if !names.insert(types[place].name).inserted {
        throw scope.fails("a union with two branches \(types[place].name)")
      }
      found.append(place)
    }
    return add(.union(branches: found))
  }

  // MARK: Named types

  private mutating func record(_ value: JSONValue, _ scope: Scope) throws(AvroSchemaError) -> Int {
    let name = try name(of: value, scope)
    let inner = Scope(
      namespace: AvroSchemaParser.namespace(of: name.full),
      path: scope.path.isEmpty ? name.full : scope.path)
    let place = try declare(name, .record(name, fields: []), inner)
    guard let declared = value["fields"]?.elements else {
      throw inner.fails("a record without a list of \"fields\"")
    }
    var fields: [AvroField] = []
    var names: Set<String> = []
    for field in declared {
      let parsed = try self.field(field, inner)
      if !names.insert(parsed.name).inserted {
        throw inner.fails("two fields are called \"\(parsed.name)\"")
      }
      fields.append(parsed)
    }
    types[place] = .record(name, fields: fields)
    if let count = countOfEmptyValues(fields) {
      if count > AvroSchemaParser.greatestEmptyRecord {
        throw inner.fails(
          "a record without bytes that holds more than \(AvroSchemaParser.greatestEmptyRecord)"
            + " values")
      }
      emptyValues[place] = count
    }
    return place
  }

  /// How many values a record of these fields holds; nil where they take bytes.
  private func countOfEmptyValues(_ fields: [AvroField]) -> Int? {
    var sum = 1
    for field in fields {
      switch types[field.type] {
      case .null, .fixed(_, size: 0): sum += 1
      default:
        guard let count = emptyValues[field.type] else { return nil }
        sum += count
      }
    }
    return sum
  }

  private mutating func field(
    _ value: JSONValue, _ scope: Scope
  ) throws(AvroSchemaError) -> AvroField {
    guard let name = value["name"]?.text else { throw scope.fails("a field without a \"name\"") }
    let inner = scope.inside(name)
    try requireName(name, inner)
    guard let declared = value["type"] else { throw inner.fails("a field without a \"type\"") }
    let aliases = try AvroSchemaParser.strings(value["aliases"], "aliases", inner)
    return AvroField(
      name: name, aliases: aliases, type: try type(declared, inner), fallback: value["default"])
  }

  private mutating func enumeration(
    _ value: JSONValue, _ scope: Scope
  ) throws(AvroSchemaError) -> Int {
    let name = try name(of: value, scope)
    let symbols = try AvroSchemaParser.strings(value["symbols"], "symbols", scope)
    if value["symbols"] == nil { throw scope.fails("an enum without \"symbols\"") }
    if Set(symbols).count < symbols.count { throw scope.fails("an enum that repeats a symbol") }
    for symbol in symbols { try requireName(symbol, scope) }
    var fallback: Int?
    if let symbol = value["default"] {
      fallback = symbols.firstIndex { .string($0) == symbol }
      if fallback == nil { throw scope.fails("an enum whose default is none of its symbols") }
    }
    return try declare(name, .enumeration(name, symbols: symbols, fallback: fallback), scope)
  }

  private mutating func fixed(_ value: JSONValue, _ scope: Scope) throws(AvroSchemaError) -> Int {
    let name = try name(of: value, scope)
    guard let size = value["size"]?.integer, (0...Int64(Int32.max)).contains(size) else {
      throw scope.fails("a fixed without a \"size\" of 0 to \(Int32.max)")
    }
    return try declare(name, .fixed(name, size: Int(size)), scope)
  }

  private mutating func declare(
    _ name: AvroName, _ type: AvroType, _ scope: Scope
  ) throws(AvroSchemaError) -> Int {
    if places[name.full] != nil { throw scope.fails("\(name.full) is declared twice") }
    let place = add(type)
    places[name.full] = place
    return place
  }

  private func name(of value: JSONValue, _ scope: Scope) throws(AvroSchemaError) -> AvroName {
    guard let name = value["name"]?.text else {
      throw scope.fails("a named type without a \"name\"")
    }
    let full = AvroSchemaParser.qualified(name, value["namespace"]?.text ?? scope.namespace)
    for part in full.split(separator: ".", omittingEmptySubsequences: false) {
      try requireName(String(part), scope)
    }
    // With a namespace it can be told apart, and other writers do not mind.
    let plain = names == .any ? full : AvroName.unqualified(full)
    if AvroSchemaParser.primitives[plain] != nil {
      throw scope.fails("\(full) is the name of a primitive type")
    }
    let aliases = try AvroSchemaParser.strings(value["aliases"], "aliases", scope)
    let namespace = AvroSchemaParser.namespace(of: full)
    return AvroName(
      full: full, aliases: aliases.map { AvroSchemaParser.qualified($0, namespace) })
  }

  // MARK: Names

  /// Of a name that begins with its only dot, as protobuf's may, that is not part.
  private static func qualified(_ name: String, _ namespace: String) -> String {
    if name.lastIndex(of: ".") == name.startIndex { return String(name.dropFirst()) }
    return name.contains(".") || namespace.isEmpty ? name : "\(namespace).\(name)"
  }

  private static func namespace(of full: String) -> String {
    full.lastIndex(of: ".").map { String(full[..<$0]) } ?? ""
  }

  private func requireName(_ name: String, _ scope: Scope) throws(AvroSchemaError) {
    if names == .any { return }
    let isValid =
      name.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    if !isValid || !name.utf8.allSatisfy(AvroSchemaParser.isNameByte) {
      throw scope.fails("\"\(name)\" is not a name: letters, digits and _, no digit first")
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func strings(
    _ value: JSONValue?, _ attribute: String, _ scope: Scope
  ) throws(AvroSchemaError) -> [String] {
    guard let value else { return [] }
    guard let elements = value.elements else {
      throw scope.fails("\"\(attribute)\" is not a list")
    }
    var strings: [String] = []
    for element in elements {
      guard let text = element.text else {
        throw scope.fails("\"\(attribute)\" holds \(element.kind)")
      }
      strings.append(text)
    }
    return strings
  }
}
