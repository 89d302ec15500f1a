// Values to binary data, naively: straight from the spec, section "Binary Encoding".

import TestSupport

@testable import KESCore

/// Encodes values; arrays and maps in blocks, which `generator` cuts where there is one.
struct TestAvroEncoder {
  let schema: AvroSchema
  private var generator: SeededGenerator
  private let cutsBlocks: Bool
  private(set) var bytes: [UInt8] = []

  init(_ schema: AvroSchema, _ generator: SeededGenerator? = nil) {
    self.schema = schema
    self.generator = generator ?? SeededGenerator(seed: 0)
    cutsBlocks = generator != nil
  }

  static func encode(
    _ value: TestAvroValue, as schema: AvroSchema, _ generator: SeededGenerator? = nil
  ) -> [UInt8] {
    var encoder = TestAvroEncoder(schema, generator)
    encoder.append(value, as: schema.root)
    return encoder.bytes
  }

  /// Zig-zag, seven bits a byte, the lowest first.
  static func long(_ value: Int64) -> [UInt8] {
    var rest = UInt64(bitPattern: value) << 1
    if value < 0 { rest = ~rest }
    var bytes: [UInt8] = []
    while rest > 127 {
      bytes.append(UInt8(rest % 128) + 128)
      rest /= 128
    }
    return bytes + [UInt8(rest)]
  }

  /// A string or bytes.
  static func text(_ bytes: [UInt8]) -> [UInt8] { long(Int64(bytes.count)) + bytes }

  mutating func append(_ value: TestAvroValue, as type: Int) {
    switch (value, schema.types[type]) {
    case (.null, .null): break
    case (.boolean(let value), .boolean): bytes.append(value ? 1 : 0)
    case (.int(let value), .int): bytes += TestAvroEncoder.long(Int64(value))
    case (.long(let value), .long): bytes += TestAvroEncoder.long(value)
    case (.float(let bits), .float): append(UInt64(bits), count: 4)
    case (.double(let bits), .double): append(bits, count: 8)
    case (.bytes(let value), .bytes), (.string(let value), .string):
      bytes += TestAvroEncoder.text(value)
    case (.fixed(let value), .fixed(_, let size)) where value.count == size: bytes += value
    case (.symbol(let place), .enumeration): bytes += TestAvroEncoder.long(Int64(place))
    case (.branch(let index, let value), .union(let branches)):
      bytes += TestAvroEncoder.long(Int64(index))
      append(value, as: branches[index])
    case (.record(let values), .record(_, let fields)) where values.count == fields.count:
      for (value, field) in zip(values, fields) { append(value, as: field.type) }
    case (.array(let items), .array(let type)):
      appendBlocks(items) { encoder, item in encoder.append(item, as: type) }
    case (.map(let entries), .map(let type)):
      appendBlocks(entries) { encoder, entry in
        encoder.bytes += TestAvroEncoder.text(entry.key)
        encoder.append(entry.value, as: type)
      }
    default: preconditionFailure("\(value) is no \(schema.name(of: type))")
    }
  }

  /// The lowest byte first.
  private mutating func append(_ bits: UInt64, count: UInt64) {
    for byte in 0..<count { bytes.append(UInt8(bits >> (8 * byte) & 255)) }
  }

  private mutating func appendBlocks<Item>(
    _ items: [Item], _ append: (inout TestAvroEncoder, Item) -> Void
  ) {
    var rest = items[...]
    while !rest.isEmpty {
      let count = cutsBlocks ? Int.random(in: 1...rest.count, using: &generator) : rest.count
      let block = rest.prefix(count)
      rest = rest.dropFirst(count)
      let start = bytes.count
      for item in block { append(&self, item) }
      let data = Array(bytes[start...])
      bytes.removeSubrange(start...)
      if cutsBlocks && generator.chance(30) {
        bytes += TestAvroEncoder.long(-Int64(count)) + TestAvroEncoder.long(Int64(data.count))
      } else {
        bytes += TestAvroEncoder.long(Int64(count))
      }
      bytes += data
    }
    bytes.append(0)
  }
}
