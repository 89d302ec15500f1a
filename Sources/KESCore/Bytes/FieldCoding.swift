// Fields of fixed width to bytes and back, little-endian: the layout of what the store holds, and more.

extension ByteBlock {
  /// Appends `value`, little-endian.
  @inline(__always)
  mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(field value: Value) {
    let offset = count
    extend(by: MemoryLayout<Value>.size)
    store(value, at: offset)
  }

  /// Appends `value`, big-endian: in keys, so that they sort as the numbers do.
  mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(keyField value: Value) {
    append(field: value.byteSwapped)
  }
}

/// Reads fields one behind the other; remembers when there were too few bytes.
struct FieldReader {
  private var offset: Int
  /// Whether all fields read so far were there.
  private(set) var isComplete = true

  init(from offset: Int = 0) { self.offset = offset }

  /// The next field, little-endian; 0 where the bytes end.
  mutating func next<Value: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>, as type: Value.Type = Value.self
  ) -> Value {
    let size = MemoryLayout<Value>.size
    guard bytes.count - offset >= size else {
      isComplete = false
      return 0
    }
    defer { offset += size }
    return unsafe Value(
      littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type))
  }

  /// The place behind the fields read.
  var end: Int { offset }
}
