// Values that no data hold: defaults, and empty ones.

extension AvroSchema {
  /// Appends a default in its JSON form (Avro 1.11 spec, "Complex Types", table of field defaults),
  /// encoded as `type`. Returns why it does not fit, or nil; then an unknown part has been appended.
  func encode(_ value: JSONValue, as type: Int, to output: inout ByteBlock) -> String? {
    var writer = AvroDefaultWriter(schema: self, start: output.count)
    return writer.append(value, type, to: &output)
  }

  /// Appends the empty value of a type: zero, the empty string, no items, the first symbol, the
  /// first branch that has one; of a record its defaults, or else empty values. Returns why there is
  /// none, or nil; then an unknown part has been appended.
  func encodeEmpty(_ type: Int, to output: inout ByteBlock) -> String? {
    var writer = AvroDefaultWriter(schema: self, start: output.count)
    return writer.appendEmpty(type, to: &output)
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

  mutating func appendEmpty(_ type: Int, to output: inout ByteBlock) -> String? {
    if let reason = begin(output) { return reason }
    switch schema.types[type] {
    case .null: break
    case .boolean: output.append(avro: false)
    case .enumeration(_, let symbols, _) where symbols.isEmpty: return "an enum without symbols"
    case .int, .long, .bytes, .string, .enumeration, .array, .map: output.append(avro: 0 as Int64)
    case .float: output.append(avro: 0 as Float)
    case .double: output.append(avro: 0 as Double)
    case .fixed(_, let size):
      if size > AvroDefaultWriter.greatestLength { return "a value that is too large" }
      for _ in 0..<size { output.append(0 as UInt8) }
    case .union(let branches): return appendEmpty(branches: branches, to: &output)
    case .record(_, let fields):
      if !open.insert(type).inserted { return "a record that holds itself" }
      defer { open.remove(type) }
      return appendEmpty(fields, to: &output)
    }
    return nil
  }

  private mutating func appendEmpty(
    branches: [Int], to output: inout ByteBlock
  ) -> String? {
    var failure = "a union without branches"
    let start = output.count
    for (index, branch) in branches.enumerated() {
      output.append(avro: Int64(index))
      guard let reason = appendEmpty(branch, to: &output) else { return nil }
      failure = reason
      output.truncate(to: start)
    }
    return failure
  }

  private mutating func appendEmpty(
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
