// Values that no data hold: defaults, and empty ones.

extension AvroSchema {
  /// Appends a default in its JSON form (Avro 1.11 spec, "Complex Types", table of field defaults),
  /// encoded as `type`. Returns why it does not fit, or nil; then an unknown part has been appended.
  func encode(_ value: JSONValue, as type: Int, to output: inout ByteBlock) -> String? {
    var writer = AvroDefaultWriter(schema: self, start: output.count)
    return writer.append(value, type, to: &output)
  }

  /// Appends the default of a field, or the empty value of its type: zero, the nil UUID, the empty
  /// string, no items, the default symbol or the first, null where a union has it or else of its first
  /// branch that has one, and of a record those of its fields. It is one that every reader takes: a
  /// default that is none of its logical type counts as none. Returns why there is none, or nil; then an
  /// unknown part has been appended.
  func encodeEmpty(_ field: AvroField, to output: inout ByteBlock) -> String? {
    var writer = AvroDefaultWriter(schema: self, start: output.count)
    writer.isForEveryReader = true
    return writer.appendEmpty([field], to: &output)
  }
}

/// Writes values of a schema that need no data. Records may hold themselves by their defaults, and
/// each two of another, so what is written is bounded.
private struct AvroDefaultWriter {
  /// How many bytes a value may have, of how many values it may consist, and how many records may
  /// stand inside each other. Our choice.
  private static let greatestLength = 1 << 20
  private static let greatestCount = 1 << 16
  private static let greatestDepth = AvroReader.greatestDepth

  let schema: AvroSchema
  let start: Int
  /// Whether defaults must be values of their logical types.
  var isForEveryReader = false
  private var count = 0
  private var depth = 0
  /// The records of which an empty value is being written.
  private var open: Set<Int> = []

  init(schema: AvroSchema, start: Int) {
    self.schema = schema
    self.start = start
  }

  /// Notes one more value; why there can be none.
  private mutating func begin(_ output: borrowing ByteBlock) -> String? {
    count += 1
    let isBounded =
      count <= AvroDefaultWriter.greatestCount && depth <= AvroDefaultWriter.greatestDepth
      && output.count - start <= AvroDefaultWriter.greatestLength
    return isBounded ? nil : "a value that does not end, or is too large"
  }

  // MARK: Defaults

  mutating func append(_ value: JSONValue, _ type: Int, to output: inout ByteBlock) -> String? {
    if let reason = begin(output) { return reason }
    switch (schema.types[type], value) {
    case (.union(let branches), _):
      guard let first = branches.first else { return "a union without branches" }
      output.append(avro: 0 as Int64)
      return append(value, first, to: &output)
    case (.array(let items), .array(let elements)):
      return append(elements.map { ("", $0) }, isMap: false, items, to: &output)
    case (.map(let values), .object(let members)):
      return append(members.map { ($0.name, $0.value) }, isMap: true, values, to: &output)
    case (.record(_, let fields), .object): return append(value, fields, to: &output)
    default: return appendSimple(value, type, to: &output)
    }
  }

  private func appendSimple(
    _ value: JSONValue, _ type: Int, to output: inout ByteBlock
  ) -> String? {
    if isForEveryReader, let logical = schema.logicalTypes[type], !isValue(value, of: logical, type)
    {
      return "no \(logical.rawValue)"
    }
    switch (schema.types[type], value) {
    case (.null, .null): break
    case (.boolean, .boolean(let value)): output.append(avro: value)
    case (.int, .integer(let value)) where Int32(exactly: value) != nil:
      output.append(avro: value)
    case (.long, .integer(let value)): output.append(avro: value)
    case (.float, .integer(let value)): output.append(avro: Float(value))
    case (.float, .real(let value)): output.append(avro: Float(value))
    case (.double, .integer(let value)): output.append(avro: Double(value))
    case (.double, .real(let value)): output.append(avro: value)
    case (.string, .string(let text)): output.append(avro: text)
    case (.bytes, .string(let text)):
      guard let bytes = AvroDefaultWriter.bytes(text) else { return "a byte beyond U+00FF" }
      output.append(avro: bytes.span)
    case (.fixed(_, let size), .string(let text)):
      guard let bytes = AvroDefaultWriter.bytes(text), bytes.count == size else {
        return "not \(size) bytes"
      }
      output.append(bytes.span)
    case (.enumeration(_, let symbols, _), .string(let symbol)):
      guard let place = symbols.firstIndex(of: symbol) else { return "no symbol \"\(symbol)\"" }
      output.append(avro: Int64(place))
    default: return "\(value.kind) for \(schema.name(of: type))"
    }
    return nil
  }

  private mutating func append(
    _ value: JSONValue, _ fields: [AvroField], to output: inout ByteBlock
  ) -> String? {
    depth += 1
    defer { depth -= 1 }
    for field in fields {
      guard let member = value[field.name] ?? field.fallback else {
        return "no value for \"\(field.name)\""
      }
      if let reason = append(member, field.type, to: &output) { return reason }
    }
    return nil
  }

  private mutating func append(
    _ items: [(key: String, value: JSONValue)], isMap: Bool, _ type: Int,
    to output: inout ByteBlock
  ) -> String? {
    if !items.isEmpty { output.append(avro: Int64(items.count)) }
    for item in items {
      if isMap { output.append(avro: item.key) }
      if let reason = append(item.value, type, to: &output) { return reason }
    }
    output.append(avro: 0 as Int64)
    return nil
  }

  /// Whether a default is one of its logical type, too: conversions refuse no number and no UUID.
  private func isValue(
    _ value: JSONValue, of logical: AvroLogicalType, _ type: Int
  ) -> Bool {
    switch (logical, schema.types[type], value) {
    case (.uuid, .string, .string(let text)): AvroDefaultWriter.isUUID(text)
    case (.decimal, .bytes, .string(let text)), (.bigDecimal, .bytes, .string(let text)):
      !text.isEmpty
    default: true
    }
  }

  /// Five groups of hexadecimal digits (RFC 4122, section 3).
  private static func isUUID(_ text: String) -> Bool {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    return groups.map(\.utf8.count) == [8, 4, 4, 4, 12]
      && groups.joined().utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
  }

  /// Bytes in the JSON form: a character each, U+0000 to U+00FF.
  private static func bytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  // MARK: Empty values

  private mutating func appendEmpty(_ type: Int, to output: inout ByteBlock) -> String? {
    switch schema.types[type] {
    case .union(let branches):
      return begin(output) ?? appendEmpty(branches: branches, to: &output)
    case .record(_, let fields):
      if let reason = begin(output) { return reason }
      if !open.insert(type).inserted { return "a record that holds itself" }
      defer { open.remove(type) }
      return appendEmpty(fields, to: &output)
    case .enumeration(_, let symbols, _) where symbols.isEmpty: return "an enum without symbols"
    case .fixed(_, let size) where size > AvroDefaultWriter.greatestLength:
      return "a value that is too large"
    default: return append(emptyValue(of: type), type, to: &output)
    }
  }

  /// As a default would have it.
  private func emptyValue(of type: Int) -> JSONValue {
    switch (schema.types[type], schema.logicalTypes[type]) {
    case (.boolean, _): .boolean(false)
    case (.int, _), (.long, _), (.float, _), (.double, _): .integer(0)
    case (.string, .uuid): .string("00000000-0000-0000-0000-000000000000")
    // Numbers take some bytes: two's complement, as few as can be; the same as bytes, and the scale.
    case (.bytes, .decimal): .string("\0")
    case (.bytes, .bigDecimal): .string("\u{2}\0\0")
    case (.string, _), (.bytes, _): .string("")
    case (.fixed(_, let size), _): .string(String(repeating: "\0", count: size))
    case (.enumeration(_, let symbols, let fallback), _): .string(symbols[fallback ?? 0])
    case (.array, _): .array([])
    case (.map, _): .object([])
    case (.null, _), (.union, _), (.record, _): .null
    }
  }

  private mutating func appendEmpty(
    branches: [Int], to output: inout ByteBlock
  ) -> String? {
    var failure = "a union without branches"
    let start = output.count
    let nulls = branches.indices.filter { schema.name(of: branches[$0]) == "null" }
    for index in nulls + branches.indices.filter({ !nulls.contains($0) }) {
      let branch = branches[index]
      output.append(avro: Int64(index))
      guard let reason = appendEmpty(branch, to: &output) else { return nil }
      failure = reason
      output.truncate(to: start)
    }
    return failure
  }

  mutating func appendEmpty(
    _ fields: [AvroField], to output: inout ByteBlock
  ) -> String? {
    for field in fields {
      let start = output.count
      if let fallback = field.fallback, append(fallback, field.type, to: &output) == nil {
        continue
      }
      output.truncate(to: start)
      if let reason = appendEmpty(field.type, to: &output) { return reason }
    }
    return nil
  }
}
