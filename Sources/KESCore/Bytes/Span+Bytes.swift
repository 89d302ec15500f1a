// What the record path needs of a run of bytes: words, equality, search.

internal import Glibc

extension Span where Element == UInt8 {
  /// The eight bytes from `index` as a little-endian word; all eight must lie in the span.
  @inline(__always)
  func word(at index: Int) -> UInt64 {
    unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  /// The four bytes from `index` as a little-endian word; all four must lie in the span.
  @inline(__always)
  func halfWord(at index: Int) -> UInt32 {
    unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self))
  }

  /// The eight bytes from `index` as a little-endian word; nil where the span ends before that.
  @inline(__always)
  func wordIfPresent(at index: Int) -> UInt64? {
    guard index &+ 8 <= count else { return nil }
    // Within bounds by the guard; places are never negative.
    return unsafe UInt64(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
  }

  /// Whether the eight bytes from `index` are those of a literal of eight; false past the end.
  @inline(__always)
  func hasWord(_ text: StaticString, at index: Int) -> Bool {
    precondition(text.utf8CodeUnitCount == 8)
    guard index &+ 8 <= count else { return false }
    // Within bounds by the guard; a second check would stand in the hottest loop there is.
    let found = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: index, as: UInt64.self)
    let expected = unsafe UnsafeRawPointer(text.utf8Start).loadUnaligned(as: UInt64.self)
    return found == expected
  }

  /// Whether both hold the same bytes. Cost: their length, a word at a time.
  @inline(__always)
  public func hasSameBytes(as other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    if count >= 8 {
      var index = 0
      while index &+ 8 <= count {
        if word(at: index) != other.word(at: index) { return false }
        index &+= 8
      }
      // The last word overlaps the one before it.
      return word(at: count &- 8) == other.word(at: count &- 8)
    }
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }

  /// Whether the bytes are those of a literal.
  @inline(__always)
  public func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let literal = unsafe Span(
      _unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount)
    return hasSameBytes(as: literal)
  }

  /// The place of the first `byte` at or after `start`, if there is one.
  @inline(__always)
  public func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count else { return nil }
    return unsafe withUnsafeBytes { all -> Int? in
      guard let base = all.baseAddress,
        let found = unsafe memchr(base + start, Int32(byte), all.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  /// The place of the first run of `needle`, which must not be empty, at or after `start`.
  func firstIndex(of needle: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while let found = firstIndex(of: needle[0], from: index), found + needle.count <= count {
      if extracting(found..<found + needle.count).hasSameBytes(as: needle) { return found }
      index = found + 1
    }
    return nil
  }

  /// The place of the last `byte`, if there is one. Cost: what stands behind it, by `memchr` over
  /// pieces from the end (`memrchr` is not in every C library).
  public func lastIndex(of byte: UInt8) -> Int? {
    var end = count
    while end > 0 {
      let start = Swift.max(0, end - 4096)
      let piece = extracting(start..<end)
      var last: Int?
      while let found = piece.firstIndex(of: byte, from: last.map { $0 + 1 } ?? 0) { last = found }
      if let last { return start + last }
      end = start
    }
    return nil
  }

  /// Whether these bytes come before those of `other` in the order of `memcmp`, shorter first.
  public func isOrdered(before other: Span<UInt8>) -> Bool {
    let common = Swift.min(count, other.count)
    let order = unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right -> Int32 in
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        return unsafe memcmp(first, second, common)
      }
    }
    return order == 0 ? count < other.count : order < 0
  }
}

extension String {
  /// The text of `bytes`, with U+FFFD where they are not UTF-8. Not for the record path.
  public init(decodingBytes bytes: Span<UInt8>) {
    self = unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

/// Lends the UTF-8 bytes of `text`. Not for the record path.
public func withUTF8Bytes<Result: ~Copyable, Failure: Error>(
  of text: String, _ body: (Span<UInt8>) throws(Failure) -> Result
) throws(Failure) -> Result {
  let bytes = Array(text.utf8)
  return try body(bytes.span)
}
