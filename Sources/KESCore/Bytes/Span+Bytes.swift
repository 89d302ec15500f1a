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
    index &+ 8 <= count ? checkedWord(at: index) : nil
  }

  /// The word at a place of which the caller has made sure: a second check would stand in the
  /// hottest loops there are.
  @inline(__always)
  private func checkedWord(at index: Int) -> UInt64 {
    // Within bounds by the callers' guards; places are never negative.
    unsafe UInt64(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
  }

  /// Whether the bytes from `index` are those of a literal of 8 to 24; false past the end. Cost: one
  /// check of the bounds, and two or three words, which overlap.
  @inline(__always)
  func hasText(_ text: StaticString, at index: Int) -> Bool {
    let last = text.utf8CodeUnitCount &- 8
    precondition(last >= 0 && last <= 16)
    guard index &+ last &+ 8 <= count else { return false }
    var difference = self.difference(from: text, at: index, word: 0)
    if last > 8 { difference |= self.difference(from: text, at: index, word: 8) }
    if last > 0 { difference |= self.difference(from: text, at: index, word: last) }
    return difference == 0
  }

  /// The bits in which the word at `index` plus `offset` is not that at `offset` of a literal.
  @inline(__always)
  private func difference(from text: StaticString, at index: Int, word offset: Int) -> UInt64 {
    let expected = unsafe UnsafeRawPointer(text.utf8Start).loadUnaligned(
      fromByteOffset: offset, as: UInt64.self)
    return checkedWord(at: index &+ offset) ^ UInt64(littleEndian: expected)
  }

  /// Whether both hold the same bytes. Cost: their length, a word at a time.
  @inline(__always)
  public func hasSameBytes(as other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    if count >= 8 {
      var index = 0
      while index &+ 8 < count {
        if checkedWord(at: index) != other.checkedWord(at: index) { return false }
        index &+= 8
      }
      // The last word may overlap the one before it.
      return checkedWord(at: count &- 8) == other.checkedWord(at: count &- 8)
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
