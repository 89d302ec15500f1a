// What is needed of a run of bytes: words, equality, search, and whether it is UTF-8.

internal import CByteScan
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

  /// The word at an offset of which the caller has made sure: a second check would stand in the
  /// hottest loops there are.
  @inline(__always)
  private func checkedWord(at index: Int) -> UInt64 {
    // Within bounds by the callers' guards; offsets are never negative.
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

  /// The index of the first byte at or after `start` that ends the plain part of a JSON string: a quote,
  /// a backslash, a control character or one beyond ASCII; `count` where there is none. Cost: sixteen
  /// bytes at a time.
  @inline(__always)
  func plainTextEnd(from start: Int) -> Int {
    var index = start
    while index &+ 16 <= count {
      let special = specialBytes(at: index)
      if special != 0 { return index &+ Int(kes_first_special(special)) }
      index &+= 16
    }
    while index < count && isPlain(self[index]) { index &+= 1 }
    return index
  }

  /// Which of the sixteen bytes from `index`, which lie in the span, are not plain.
  @inline(__always)
  private func specialBytes(at index: Int) -> UInt64 {
    unsafe withUnsafeBytes { all in
      // There by the caller's check; a span of sixteen bytes has an address.
      unsafe kes_special_bytes(all.baseAddress.unsafelyUnwrapped + index)
    }
  }

  @inline(__always)
  private func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
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

  /// The index of the first `byte` at or after `start`, if there is one.
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

  /// The index of the first run of `needle`, which must not be empty, at or after `start`.
  func firstIndex(of needle: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while let found = firstIndex(of: needle[0], from: index), found + needle.count <= count {
      if extracting(found..<found + needle.count).hasSameBytes(as: needle) { return found }
      index = found + 1
    }
    return nil
  }

  /// The index of the last `byte`, if there is one. Cost: what lies behind it, by `memchr` over
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

extension ByteBlock {
  /// What `write` appends, as text. Not for the record path.
  package static func text(_ write: (inout ByteBlock) -> Void) -> String {
    var bytes = ByteBlock()
    write(&bytes)
    return bytes.withBytes { String(decodingBytes: $0) }
  }
}

/// Lends the UTF-8 bytes of `text`. Not for the record path.
public func withUTF8Bytes<Result: ~Copyable, Failure: Error>(
  of text: String, _ body: (Span<UInt8>) throws(Failure) -> Result
) throws(Failure) -> Result {
  let bytes = Array(text.utf8)
  return try body(bytes.span)
}

extension Span where Element == UInt8 {
  /// Whether no byte from `start` to `end` is beyond ASCII. Cost: a word at a time; the last word
  /// overlaps the one before it.
  @inline(__always)
  func isASCII(_ start: Int, _ end: Int) -> Bool {
    let length = end &- start
    if length < 8 { return isShortASCII(start, length) }
    var index = start
    while index &+ 8 <= end {
      if word(at: index) & 0x8080_8080_8080_8080 != 0 { return false }
      index &+= 8
    }
    return word(at: end &- 8) & 0x8080_8080_8080_8080 == 0
  }

  /// The same for less than eight bytes.
  @inline(__always)
  private func isShortASCII(_ start: Int, _ length: Int) -> Bool {
    if let word = wordIfPresent(at: start) {
      return word & ~(UInt64.max << UInt64(8 &* length)) & 0x8080_8080_8080_8080 == 0
    }
    var all: UInt8 = 0
    for index in start..<start &+ length { all |= self[index] }
    return all < 0x80
  }

  /// The index of the first byte that begins no character of UTF-8 (RFC 3629: no overlong forms, no
  /// surrogates, none above U+10FFFF); nil where all is well.
  func firstNonUTF8Index() -> Int? {
    var index = 0
    while index < count {
      if self[index] < 0x80 {
        index += 1
      } else if let length = characterLength(at: index) {
        index += length
      } else {
        return index
      }
    }
    return nil
  }

  /// How many bytes the character beyond ASCII at `start` has; nil where it is none.
  func characterLength(at start: Int) -> Int? {
    guard start + 1 < count else { return nil }
    let second = self[start + 1]
    var length = 2
    var isValid = second & 0xC0 == 0x80
    switch self[start] {
    case 0xC2...0xDF: break
    case 0xE0: (length, isValid) = (3, isValid && second >= 0xA0)
    case 0xED: (length, isValid) = (3, isValid && second < 0xA0)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, isValid) = (4, isValid && second >= 0x90)
    case 0xF4: (length, isValid) = (4, isValid && second < 0x90)
    case 0xF1...0xF3: length = 4
    default: isValid = false
    }
    guard isValid, start + length <= count else { return nil }
    for index in start + 2..<start + length where self[index] & 0xC0 != 0x80 { return nil }
    return length
  }

  /// The character at `start` and how many bytes it has; nil where there is none.
  func scalar(at start: Int) -> (value: UInt32, length: Int)? {
    guard start < count else { return nil }
    if self[start] < 0x80 { return (UInt32(self[start]), 1) }
    guard let length = characterLength(at: start) else { return nil }
    var value = UInt32(self[start]) & (0x7F >> UInt32(length))
    for index in start + 1..<start + length { value = value << 6 | UInt32(self[index] & 0x3F) }
    return (value, length)
  }
}

/// U+FEFF at the start of UTF-8: it says nothing there, and a reader may ignore it (RFC 8259, section
/// 8.1).
public enum ByteOrderMark {
  static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Whether `text` begins with one; nil where it ends too early to tell.
  static func begins(_ text: Span<UInt8>) -> Bool? {
    let shown = min(bytes.count, text.count)
    for index in 0..<shown where text[index] != bytes[index] { return false }
    return shown == bytes.count ? true : nil
  }

  /// How many bytes of `text` a mark takes: 3 or 0.
  public static func length(in text: Span<UInt8>) -> Int {
    begins(text) == true ? bytes.count : 0
  }
}
