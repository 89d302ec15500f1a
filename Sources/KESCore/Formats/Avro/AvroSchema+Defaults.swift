// Values that no data hold: defaults, and empty ones.

extension AvroSchema {
  /// Appends a default in its JSON form (Avro 1.11 spec, "Complex Types", table of field defaults),
  /// encoded as `type`. Returns why it does not fit, or nil.
  func encode(_ value: JSONValue, as type: Int, to output: inout ByteBlock) -> String? {
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
      return encode(value, as: first, to: &output)
    case (.array(let items), .array(let elements)):
      return encode(elements.map { ("", $0) }, isMap: false, as: items, to: &output)
    case (.map(let values), .object(let members)):
      return encode(members.map { ($0.name, $0.value) }, isMap: true, as: values, to: &output)
    case (.record(_, let fields), .object):
      for field in fields {
        guard let member = value[field.name] ?? field.fallback else {
          return "no value for \"\(field.name)\""
        }
        if let reason = encode(member, as: field.type, to: &output) { return reason }
      }
    default: return "\(value.kind) for \(name(of: type))"
    }
    return nil
  }

  private func encode(
    _ items: [(key: String, value: JSONValue)], isMap: Bool, as type: Int,
    to output: inout ByteBlock
  ) -> String? {
    if !items.isEmpty { output.append(avro: Int64(items.count)) }
    for item in items {
      if isMap { output.append(avro: item.key) }
      if let reason = encode(item.value, as: type, to: &output) { return reason }
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
  /// first branch; of a record its defaults, or else empty values.
  func encodeEmpty(_ type: Int, to output: inout ByteBlock) {
    switch types[type] {
    case .null: break
    case .boolean: output.append(avro: false)
    case .int, .long, .bytes, .string, .enumeration, .array, .map: output.append(avro: 0 as Int64)
    case .float: output.append(avro: 0 as Float)
    case .double: output.append(avro: 0 as Double)
    case .fixed(_, let size): for _ in 0..<size { output.append(0 as UInt8) }
    case .union(let branches):
      output.append(avro: 0 as Int64)
      if let first = branches.first { encodeEmpty(first, to: &output) }
    case .record(_, let fields):
      for field in fields {
        let start = output.count
        if let fallback = field.fallback, encode(fallback, as: field.type, to: &output) == nil {
          continue
        }
        output.truncate(to: start)
        encodeEmpty(field.type, to: &output)
      }
    }
  }
}
