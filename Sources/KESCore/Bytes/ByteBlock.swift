// A growable run of bytes: what sources fill, records point into and encoders append to.

internal import Glibc

/// A growable, uniquely owned run of bytes.
///
/// The one place where raw memory for bytes is allocated, grown and freed. Growth goes through
/// `realloc`, which moves pages rather than bytes for large blocks, so that growing does not
/// double the resident memory. Every access is checked against `count`.
@safe
public struct ByteBlock: ~Copyable {
  private var base: UnsafeMutableRawPointer
  /// Bytes in use, from the start.
  public private(set) var count: Int
  /// Bytes allocated.
  public private(set) var capacity: Int

  /// Bytes allocated beyond the capacity, so that short copies may move whole pieces.
  private static let slack = 64

  /// An empty block with room for `capacity` bytes.
  public init(capacity: Int = 64) {
    let room = max(capacity, 16)
    unsafe self.base = allocate(bytes: room + ByteBlock.slack)
    self.count = 0
    self.capacity = room
  }

  deinit { unsafe free(base) }

  public var isEmpty: Bool { count == 0 }

  /// The byte at `index`, which must be less than `count`.
  @inline(__always)
  public subscript(index: Int) -> UInt8 {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return unsafe base.load(fromByteOffset: index, as: UInt8.self)
  }

  /// Lends the address of the byte, there or not, for a hint to the processor: not to be read through.
  @inline(__always)
  func withAddress(of offset: Int, _ body: (UnsafeRawPointer) -> Void) {
    unsafe body(UnsafeRawPointer(base + offset))
  }

  /// Makes room for `more` bytes after `count`.
  @inline(__always)
  public mutating func reserve(_ more: Int) {
    if capacity &- count < more { grow(to: count + more) }
  }

  /// Apart, and to be named by other modules, so that what appends is small and is inlined there.
  @inline(never)
  @usableFromInline
  mutating func grow(to needed: Int) {
    let room = max(needed, capacity * 2)
    unsafe base = reallocate(base, bytes: room + ByteBlock.slack)
    capacity = room
  }

  @inline(__always)
  public mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count &+= 1
  }

  @inline(__always)
  public mutating func append(_ bytes: Span<UInt8>) {
    reserve(bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      if let from = source.baseAddress {
        unsafe (base + count).copyMemory(from: from, byteCount: source.count)
      }
    }
    count &+= bytes.count
  }

  /// Appends a literal, the first `count` (at most 16) bytes of two words, each from its lowest byte
  /// on, and another literal: all with one check for room.
  @inline(__always)
  public mutating func append(
    _ before: StaticString, _ first: UInt64, _ second: UInt64, count added: Int,
    _ after: StaticString
  ) {
    precondition(added >= 0 && added <= 16)
    let middle = before.utf8CodeUnitCount
    let length = middle &+ added &+ after.utf8CodeUnitCount
    // Both words fit: what `added` does not count lies in the slack, or under `after`.
    reserve(length)
    let end = unsafe base + count
    unsafe end.copyMemory(from: before.utf8Start, byteCount: middle)
    unsafe end.storeBytes(of: first.littleEndian, toByteOffset: middle, as: UInt64.self)
    unsafe end.storeBytes(of: second.littleEndian, toByteOffset: middle &+ 8, as: UInt64.self)
    unsafe (end + (middle &+ added)).copyMemory(
      from: after.utf8Start, byteCount: after.utf8CodeUnitCount)
    count &+= length
  }

  /// Appends the first `count` (at most 8) bytes of a word, from its lowest byte on.
  @inline(__always)
  public mutating func append(word: UInt64, count added: Int) {
    precondition(added >= 0 && added <= 8)
    // What `added` does not count lies in the slack.
    reserve(added)
    unsafe (base + count).storeBytes(of: word.littleEndian, as: UInt64.self)
    count &+= added
  }

  /// Appends a literal's bytes.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    reserve(text.utf8CodeUnitCount)
    unsafe (base + count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    count &+= text.utf8CodeUnitCount
  }

  /// Appends the UTF-8 bytes of `text`. Not for the record path.
  public mutating func append(text: String) {
    for byte in text.utf8 { append(byte) }
  }

  /// Puts `byte` before that at `place`.
  mutating func insert(_ byte: UInt8, at place: Int) {
    append(byte)
    move(from: place, to: place + 1, count - 1 - place)
    store(byte, at: place)
  }

  /// Appends `bytes` as text: as they are where they are UTF-8, else each as the character of its number,
  /// U+0000 to U+00FF, as Avro's JSON encoding has bytes.
  mutating func append(text bytes: Span<UInt8>) {
    var index = 0
    while let length = bytes.scalar(at: index)?.length { index += length }
    if index == bytes.count { return append(bytes) }
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if byte >= 0x80 { append(0xC0 | byte >> 6) }
      append(byte < 0x80 ? byte : 0x80 | byte & 0x3F)
    }
  }

  /// Appends bytes `range` of another block.
  @inline(__always)
  public mutating func append(_ other: borrowing ByteBlock, _ offset: Int, _ length: Int) {
    precondition(offset >= 0 && length >= 0 && length <= other.count &- offset)
    reserve(length)
    if length <= 256 {
      // Whole pieces, so that lines of about one length take the same turns: what is read and
      // written too much lies in the slack of both blocks.
      var done = 0
      while done < length {
        let piece = unsafe other.base.loadUnaligned(
          fromByteOffset: offset &+ done, as: SIMD64<UInt8>.self)
        unsafe base.storeBytes(of: piece, toByteOffset: count &+ done, as: SIMD64<UInt8>.self)
        done &+= 64
      }
    } else {
      unsafe (base + count).copyMemory(from: other.base + offset, byteCount: length)
    }
    count &+= length
  }

  /// Lends up to `room` uninitialised bytes after `count`; `fill` returns how many it wrote.
  ///
  /// The memory is valid until `fill` returns.
  public mutating func appendUnsafe<Failure: Error>(
    room: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    reserve(room)
    let written = try unsafe fill(UnsafeMutableRawBufferPointer(start: base + count, count: room))
    precondition(written >= 0 && written <= room)
    count += written
    return written
  }

  /// Lends the bytes from `offset`, `length` of them. Valid until `body` returns.
  @inline(__always)
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ offset: Int, _ length: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(offset >= 0 && length >= 0 && length <= count - offset)
    return try body(unsafe Span(_unsafeStart: start(at: offset), count: length))
  }

  /// Lends all bytes. Valid until `body` returns.
  @inline(__always)
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withBytes(0, count, body)
  }

  @inline(__always)
  private func start(at offset: Int) -> UnsafePointer<UInt8> {
    unsafe UnsafePointer((base + offset).assumingMemoryBound(to: UInt8.self))
  }

  /// Forgets the bytes from `count` on.
  @inline(__always)
  public mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count)
    self.count = count
  }

  /// Adds `length` bytes of unspecified value, to be written by `overwrite`.
  public mutating func extend(by length: Int) {
    reserve(length)
    count += length
  }

  /// Replaces the bytes from `offset` on by `bytes`, within `count`.
  @inline(__always)
  public mutating func overwrite(at offset: Int, with bytes: Span<UInt8>) {
    precondition(offset >= 0 && bytes.count <= count - offset)
    unsafe bytes.withUnsafeBytes { source in
      if let from = source.baseAddress {
        unsafe (base + offset).copyMemory(from: from, byteCount: source.count)
      }
    }
  }

  /// The little-endian integer at `offset`; within `count`.
  @inline(__always)
  public func load<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    precondition(offset >= 0 && MemoryLayout<Value>.size <= count - offset)
    return unsafe Value(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// Writes `value` little-endian at `offset`; within `count`.
  @inline(__always)
  public mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: Value, at offset: Int
  ) {
    precondition(offset >= 0 && MemoryLayout<Value>.size <= count - offset)
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
  }

  /// Moves `length` bytes from one offset to another, which they may overlap; both within `count`.
  public mutating func move(from source: Int, to target: Int, _ length: Int) {
    precondition(source >= 0 && target >= 0 && length >= 0)
    precondition(length <= count - source && length <= count - target)
    unsafe memmove(base + target, base + source, length)
  }

  /// Removes the first `length` bytes, moving the rest to the front. Cost: the bytes that stay.
  public mutating func removeFirst(_ length: Int) {
    precondition(length >= 0 && length <= count)
    if length == 0 { return }
    unsafe memmove(base, base + length, count - length)
    count -= length
  }
}

/// `malloc` that stops the process when memory is exhausted, as Swift's own allocation does.
private func allocate(bytes: Int) -> UnsafeMutableRawPointer {
  guard let memory = unsafe malloc(bytes) else { preconditionFailure("out of memory") }
  return unsafe memory
}

private func reallocate(
  _ old: UnsafeMutableRawPointer, bytes: Int
) -> UnsafeMutableRawPointer {
  guard let memory = unsafe realloc(old, bytes) else { preconditionFailure("out of memory") }
  return unsafe memory
}

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

  /// The offset behind the fields read.
  var end: Int { offset }
}
