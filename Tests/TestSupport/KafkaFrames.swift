// The bytes of Kafka's protocol, as far as a test's broker needs them.

import Foundation

/// Reads the fields of a request (Kafka protocol guide, "Protocol Primitive Types").
struct KafkaFrameReader {
  private var bytes: Data

  init(_ bytes: Data) { self.bytes = bytes }

  private mutating func take(_ count: Int) -> Data {
    let taken = bytes.prefix(count)
    bytes = Data(bytes.dropFirst(count))
    return Data(taken)
  }

  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value {
    take(MemoryLayout<Value>.size).reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
  }

  /// nil for a null string.
  mutating func string() -> String? {
    let count = integer(Int16.self)
    return count < 0 ? nil : String(decoding: take(Int(count)), as: UTF8.self)
  }

  /// Empty also for null bytes.
  mutating func counted() -> Data {
    let count = integer(Int32.self)
    return count < 0 ? Data() : take(Int(count))
  }

  /// Empty also for a null array.
  mutating func array<Element>(_ read: (inout KafkaFrameReader) -> Element) -> [Element] {
    let count = integer(Int32.self)
    return count < 0 ? [] : (0..<count).map { _ in read(&self) }
  }

  // MARK: Flexible versions (KIP-482)

  mutating func unsignedVarint() -> Int {
    var (value, shift) = (0, 0)
    while true {
      let byte = integer(UInt8.self)
      value |= Int(byte & 0x7F) << shift
      if byte < 0x80 || shift > 28 { return value }
      shift += 7
    }
  }

  /// nil for a null string.
  mutating func compactString() -> String? {
    let count = unsignedVarint() - 1
    return count < 0 ? nil : String(decoding: take(count), as: UTF8.self)
  }

  /// Empty also for a null array.
  mutating func compactArray<Element>(_ read: (inout KafkaFrameReader) -> Element) -> [Element] {
    (0..<max(unsignedVarint() - 1, 0)).map { _ in read(&self) }
  }

  mutating func skipTags() {
    for _ in 0..<unsignedVarint() {
      _ = unsignedVarint()
      _ = take(unsignedVarint())
    }
  }
}

/// Writes the fields of an answer.
struct KafkaFrameWriter {
  private(set) var bytes = Data()

  mutating func write<Value: FixedWidthInteger>(_ value: Value) {
    let size = MemoryLayout<Value>.size
    for index in 0..<size {
      bytes.append(UInt8(truncatingIfNeeded: value >> Value(8 * (size - 1 - index))))
    }
  }

  mutating func write(_ text: String) {
    write(Int16(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func write(bytes data: Data) {
    write(Int32(data.count))
    bytes.append(data)
  }

  mutating func append(_ data: Data) { bytes.append(data) }

  /// A number in as few bytes as it needs (as Protocol Buffers' `sint64`).
  mutating func write(varint value: Int64) {
    var rest = UInt64(bitPattern: value << 1 ^ value >> 63)
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest | 0x80))
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Bytes of a record, with their count before them; nil for none.
  mutating func write(counted data: Data?) {
    write(varint: data.map { Int64($0.count) } ?? -1)
    append(data ?? Data())
  }

  mutating func write<Element>(
    array: [Element], _ each: (inout KafkaFrameWriter, Element) -> Void
  ) {
    write(Int32(array.count))
    for element in array { each(&self, element) }
  }

  // MARK: Flexible versions (KIP-482)

  mutating func write(unsignedVarint value: Int) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F | 0x80))
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func write(compact text: String) {
    write(unsignedVarint: text.utf8.count + 1)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func write<Element>(
    compactArray array: [Element], _ each: (inout KafkaFrameWriter, Element) -> Void
  ) {
    write(unsignedVarint: array.count + 1)
    for element in array { each(&self, element) }
  }

  mutating func writeNoTags() { write(unsignedVarint: 0) }

  /// The bytes with their length before them.
  var frame: Data {
    var frame = KafkaFrameWriter()
    frame.write(bytes: bytes)
    return frame.bytes
  }
}
