// Whether bytes are UTF-8.

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

  /// The place of the first byte that begins no character of UTF-8 (RFC 3629: no overlong forms, no
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
