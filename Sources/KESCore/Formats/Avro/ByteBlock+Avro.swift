// Avro's binary encoding of primitive values (spec 1.11, "Binary Encoding"), written.

extension ByteBlock {
  /// An int or a long: zig-zag, then seven bits a byte, the lowest first.
  @inline(__always)
  mutating func append(avro value: Int64) {
    var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  mutating func append(avro value: Double) { append(word: value.bitPattern, count: 8) }

  @inline(__always)
  mutating func append(avro value: Float) { append(word: UInt64(value.bitPattern), count: 4) }

  @inline(__always)
  mutating func append(avro value: Bool) { append(value ? 1 : 0 as UInt8) }

  /// Bytes or a string: the length, and what there is.
  @inline(__always)
  mutating func append(avro bytes: Span<UInt8>) {
    append(avro: Int64(bytes.count))
    append(bytes)
  }

  /// A string of a schema or a name, not of a record.
  mutating func append(avro text: String) {
    let bytes = Array(text.utf8)
    append(avro: bytes.span)
  }
}
