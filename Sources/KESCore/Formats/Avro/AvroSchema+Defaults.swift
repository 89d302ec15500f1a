// Values that no data hold: defaults, and empty ones.

extension AvroSchema {
  /// How many bytes an empty value may have. Our choice: schemas of a few lines can have huge ones.
  private static let greatestEmptyValue = 1 << 16
  /// How many values a default may be made of, those inside it included. Our choice, as above.
  private static let greatestDefault = 1 << 16

  /// Appends a default in its JSON form (Avro 1.11 spec, "Complex Types", table of field defaults),
  /// encoded as `type`. Returns why it does not fit, or nil.
  func encode(_ value: JSONValue, as type: Int, to output: inout ByteBlock) -> String? {
    var left = AvroSchema.greatestDefault
    return encode(value, as: type, depth: 0, left: &left, to: &output)
  }

  private func encode(
    _ value: JSONValue, as type: Int, depth: Int, left: inout Int, to output: inout ByteBlock
  ) -> String? {
    left -= 1
    if depth > AvroReader.greatestDepth || left < 0 { return "a default without an end" }
    switch (types[type], value) {
    case (.null, .null): return nil
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
      guard let bytes = AvroSchema.bytes(text) else { return "a byte beyond U+00FF" }
      output.append(avro: Int64(bytes.count))
      output.append(bytes.span)
    case (.fixed(_, let size), .string(let text)):
      guard let bytes = AvroSchema.bytes(text), bytes.count == size else {
        return "not \(size) bytes"
      }
      output.append(bytes.span)
    case (.enumeration(_, let symbols, _), .string(let symbol)):
      guard let place = symbols.firstIndex(of: symbol) else { return "no symbol \"\(symbol)\"" }
      output.append(avro: Int64(place))
    case (.union(let branches), _):
      guard let first = branches.first else { return "a union without branches" }
      output.append(avro: 0 as Int64)
      return encode(value, as: first, depth: depth + 1, left: &left, to: &output)
    case (.array(let items), .array(let elements)):
      return encode(
        elements.map { ("", $0) }, isMap: false, as: items, depth: depth, left: &left, to: &output)
    case (.map(let values), .object(let members)):
      return encode(
        members.map { ($0.name, $0.value) }, isMap: true, as: values, depth: depth, left: &left,
        to: &output)
    case (.record(_, let fields), .object):
      for field in fields {
        guard let member = value[field.name] ?? field.fallback else {
          return "no value for \"\(field.name)\""
        }
        if let reason = encode(
          member, as: field.type, depth: depth + 1, left: &left, to: &output)
        {
          return reason
        }
      }
    default: return "\(value.kind) for \(name(of: type))"
    }
    return nil
  }

  private func encode(
    _ items: [(key: String, value: JSONValue)], isMap: Bool, as type: Int, depth: Int,
    left: inout Int, to output: inout ByteBlock
  ) -> String? {
    if !items.isEmpty { output.append(avro: Int64(items.count)) }
    for item in items {
      if isMap { output.append(avro: item.key) }
      if let reason = encode(item.value, as: type, depth: depth + 1, left: &left, to: &output) {
        return reason
      }
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

  /// Appends the empty value of a type: zero, the empty string, no items, the first symbol, the
  /// first branch that has an empty value; of a record its defaults, or else empty values. False
  /// where there is none: a record that always contains itself, or one of more than
  /// `AvroSchema.greatestEmptyValue` bytes.
  func encodeEmpty(_ type: Int, to output: inout ByteBlock) -> Bool {
    let start = output.count
    return encodeEmpty(type, inside: [], limit: start + AvroSchema.greatestEmptyValue, to: &output)
  }

  private func encodeEmpty(
    _ type: Int, inside records: Set<Int>, limit: Int, to output: inout ByteBlock
  ) -> Bool {
    switch types[type] {
    case .null: break
    case .boolean: output.append(avro: false)
    case .int, .long, .bytes, .string, .array, .map: output.append(avro: 0 as Int64)
    case .enumeration(_, let symbols, _):
      if symbols.isEmpty { return false }
      output.append(avro: 0 as Int64)
    case .float: output.append(avro: 0 as Float)
    case .double: output.append(avro: 0 as Double)
    case .fixed(_, let size):
      if size > limit - output.count { return false }
      for _ in 0..<size { output.append(0 as UInt8) }
    case .union(let branches):
      let start = output.count
      for (index, branch) in branches.enumerated() {
        output.truncate(to: start)
        output.append(avro: Int64(index))
        if encodeEmpty(branch, inside: records, limit: limit, to: &output) { return true }
      }
      return false
    case .record(_, let fields):
      if records.contains(type) { return false }
      let inside = records.union([type])
      for field in fields {
        let start = output.count
        if let fallback = field.fallback, encode(fallback, as: field.type, to: &output) == nil {
          continue
        }
        output.truncate(to: start)
        if !encodeEmpty(field.type, inside: inside, limit: limit, to: &output) { return false }
      }
    }
    return output.count <= limit
  }
}
