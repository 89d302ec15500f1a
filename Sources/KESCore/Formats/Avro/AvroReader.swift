// The binary encoding: single values read and written.

/// Reads Avro's binary encoding (spec 1.11, "Binary Encoding") in a run of bytes.
///
/// Every method takes the bytes and the place of a value and returns the place behind it, or
/// `AvroReader.failed`, with `fault` and `faultOffset` set: then nobody knows where the next value
/// begins. What leaves the value's end known, such as bytes in a string that are not UTF-8, is noted
/// in `flaw` and walked over. Never reads outside the bytes.
struct AvroReader {
  static let failed = -1
  /// How many records, arrays, maps and unions may stand inside each other. Our choice.
  static let greatestDepth = 256
  /// How many values the items of a record's arrays may hold that take no bytes. Our choice: such
  /// items cost time and memory that no byte of the input pays for.
  static let greatestEmptyValues = 1 << 16

  private(set) var fault: Fault = .truncated
  private(set) var faultOffset = 0
  /// The first thing wrong with the record at hand that leaves its end known.
  private(set) var flaw: AvroFlaw?
  /// The value read last, of the types that fit.
  private(set) var value: Int64 = 0
  private var depth = 0
  private var emptyValuesLeft = Int64(AvroReader.greatestEmptyValues)

  /// Forgets what was noted of the record before.
  @inline(__always)
  mutating func beginRecord() {
    if flaw != nil { flaw = nil }
    emptyValuesLeft = Int64(AvroReader.greatestEmptyValues)
  }

  @inline(never)
  mutating func fail(_ fault: Fault, at offset: Int) -> Int {
    self.fault = fault
    faultOffset = offset
    depth = 0
    return AvroReader.failed
  }

  @inline(never)
  mutating func note(_ fault: Fault, _ field: FieldName = .none, at offset: Int) {
    if flaw == nil { flaw = AvroFlaw(fault: fault, field: field, offset: offset) }
  }

  // MARK: Primitive values

  /// A long into `value`.
  @inline(__always)
  mutating func long(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    if start < bytes.count {
      let first = bytes[start]
      if first < 0x80 {
        value = Int64(first >> 1) ^ -Int64(first & 1)
        return start &+ 1
      }
      if let word = bytes.wordIfPresent(at: start) {
        let ends = ~word & 0x8080_8080_8080_8080
        if ends != 0 { return longOfWord(word, ends, start) }
      }
    }
    return longSlowly(bytes, start)
  }

  /// A long of two to eight bytes: `ends` has the top bit of every byte that may be the last.
  @inline(__always)
  private mutating func longOfWord(_ word: UInt64, _ ends: UInt64, _ start: Int) -> Int {
    let length = ends.trailingZeroBitCount >> 3 &+ 1
    var bits = word & 0x7F7F_7F7F_7F7F_7F7F & (UInt64.max >> UInt64(64 &- length &* 8))
    // Seven bits of each byte move together: two bytes to 14 bits, four to 28, eight to 56.
    bits = (bits & 0x007F_007F_007F_007F) | (bits & 0x7F00_7F00_7F00_7F00) >> 1
    bits = (bits & 0x0000_3FFF_0000_3FFF) | (bits & 0x3FFF_0000_3FFF_0000) >> 2
    bits = (bits & 0x0000_0000_0FFF_FFFF) | (bits & 0x0FFF_FFFF_0000_0000) >> 4
    value = Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    return start &+ length
  }

  @inline(never)
  private mutating func longSlowly(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var bits: UInt64 = 0
    for length in 0..<10 {
      guard start + length < bytes.count else { return fail(.truncated, at: start) }
      let byte = bytes[start + length]
      // The tenth byte holds the last of 64 bits.
      if length == 9 && byte > 1 { return fail(.badLong, at: start) }
      bits |= UInt64(byte & 0x7F) << UInt64(7 * length)
      if byte < 0x80 {
        value = Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
        return start + length + 1
      }
    }
    return fail(.badLong, at: start)
  }

  /// An int into `value`.
  @inline(__always)
  mutating func int(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    let end = long(bytes, start)
    if end >= 0 && Int64(Int32(truncatingIfNeeded: value)) != value {
      return fail(.badLong, at: start)
    }
    return end
  }

  /// The length of a string or bytes into `value`; returns where the contents begin. The contents
  /// lie in the bytes.
  @inline(__always)
  mutating func length(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    let end = long(bytes, start)
    if end < 0 { return AvroReader.failed }
    if UInt64(bitPattern: value) > UInt64(bytes.count &- end) {
      return fail(value < 0 ? .badLength : .truncated, at: start)
    }
    return end
  }

  /// A string, which should be UTF-8. Its contents are the last `value` bytes before its end.
  @inline(__always)
  mutating func string(_ bytes: Span<UInt8>, _ start: Int, _ field: FieldName = .none) -> Int {
    let contents = length(bytes, start)
    if contents < 0 { return AvroReader.failed }
    let end = contents &+ Int(value)
    if !bytes.isASCII(contents, end) { checkUTF8(bytes, contents, end, field) }
    return end
  }

  @inline(never)
  private mutating func checkUTF8(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ field: FieldName
  ) {
    if let offset = bytes.extracting(start..<end).firstNonUTF8Index() {
      note(.invalidUTF8, field, at: start + offset)
    }
  }

  /// A boolean, 0 or 1 into `value`.
  @inline(__always)
  mutating func boolean(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    guard start < bytes.count else { return fail(.truncated, at: start) }
    value = Int64(bytes[start])
    return value <= 1 ? start &+ 1 : fail(.badBoolean, at: start)
  }

  @inline(__always)
  mutating func skip(_ count: Int, _ bytes: Span<UInt8>, _ start: Int) -> Int {
    count <= bytes.count &- start ? start &+ count : fail(.truncated, at: start)
  }

  /// The index of a union's branch, or of an enum's symbol, less than `count`, into `value`.
  @inline(__always)
  mutating func index(
    below count: Int, _ fault: Fault, _ bytes: Span<UInt8>, _ start: Int
  ) -> Int {
    let end = long(bytes, start)
    if end < 0 { return AvroReader.failed }
    return UInt64(bitPattern: value) < UInt64(count) ? end : fail(fault, at: start)
  }

  /// The count of a block of items into `value`, never more than the bytes can hold; the size that
  /// may stand behind it is passed over.
  ///
  /// - Parameter emptyValues: of items that take no bytes how many values one holds; else 0.
  mutating func itemCount(_ bytes: Span<UInt8>, _ start: Int, emptyValues: Int64) -> Int {
    var index = long(bytes, start)
    if index < 0 { return AvroReader.failed }
    var count = value
    if count < 0 {
      // The least long has no positive counterpart.
      if count == .min { return fail(.badCount, at: start) }
      index = long(bytes, index)
      if index < 0 { return AvroReader.failed }
      // Whether it is that of the items is not looked at, as libavro does not: where it leads lies
      // perhaps behind the record.
      if value < 0 { return fail(.badCount, at: start) }
      count = -count
    }
    if emptyValues == 0 {
      if count > bytes.count - index { return fail(.badCount, at: start) }
    } else {
      if count > emptyValuesLeft / emptyValues { return fail(.badCount, at: start) }
      emptyValuesLeft -= count * emptyValues
    }
    value = count
    return index
  }

  // MARK: Depth

  /// Goes one type deeper; false where that is deeper than `greatest`.
  mutating func enter(below greatest: Int) -> Bool {
    depth += 1
    return depth <= greatest
  }

  mutating func leave() { if depth > 0 { depth -= 1 } }
}

/// What is wrong with a record whose end is known.
struct AvroFlaw: Equatable {
  let fault: Fault
  let field: FieldName
  let offset: Int

  /// Whether the record is an event of another branch than ours.
  var isUnknownEvent: Bool { fault == .unknownBranch && field == .event }
}

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
