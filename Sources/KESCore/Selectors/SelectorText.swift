// What selectors ask of strings: all by code points, all over UTF-8 that is known to be good.

/// Operations on text.
enum SelectorText {
  /// How many code points `text` has.
  static func length(_ text: Span<UInt8>) -> Int {
    if text.isASCII(0, text.count) { return text.count }
    var count = 0
    for index in 0..<text.count where text[index] & 0xC0 != 0x80 { count &+= 1 }
    return count
  }

  /// Where the code point numbered `number` begins; the end where there are not so many.
  private static func place(of number: Int, in text: Span<UInt8>) -> Int {
    var left = number
    var index = 0
    while index < text.count {
      if text[index] & 0xC0 != 0x80 {
        if left == 0 { return index }
        left -= 1
      }
      index += 1
    }
    return index
  }

  /// The bytes of the code points of a slice.
  static func slice(_ text: Span<UInt8>, _ slice: Slice) -> Range<Int> {
    let numbers = slice.range(of: length(text))
    let start = place(of: numbers.lowerBound, in: text)
    let rest = text.extracting(start..<text.count)
    return start..<(start + place(of: numbers.count, in: rest))
  }

  @inline(__always)
  static func hasPrefix(_ text: Span<UInt8>, _ prefix: Span<UInt8>) -> Bool {
    text.count >= prefix.count
      && text.extracting(0..<prefix.count).hasSameBytes(as: prefix)
  }

  @inline(__always)
  static func hasSuffix(_ text: Span<UInt8>, _ suffix: Span<UInt8>) -> Bool {
    text.count >= suffix.count
      && text.extracting(text.count - suffix.count..<text.count).hasSameBytes(as: suffix)
  }

  @inline(__always)
  static func contains(_ text: Span<UInt8>, _ part: Span<UInt8>) -> Bool {
    part.isEmpty || text.firstIndex(of: part, from: 0) != nil
  }

  /// Appends `text` with the letters of ASCII in one case.
  static func append(_ text: Span<UInt8>, upper: Bool, to output: inout ByteBlock) {
    let first = upper ? UInt8(ascii: "a") : UInt8(ascii: "A")
    for index in 0..<text.count {
      let byte = text[index]
      output.append(byte &- first < 26 ? byte ^ 0x20 : byte)
    }
  }

  /// Whether the contents of a JSON string, escapes and all, are `plain`. The string must have passed
  /// the scanner.
  static func equals(_ escaped: Span<UInt8>, unescaped plain: Span<UInt8>) -> Bool {
    var (index, place) = (0, 0)
    while index < escaped.count {
      if escaped[index] != UInt8(ascii: "\\") {
        guard place < plain.count, plain[place] == escaped[index] else { return false }
        (index, place) = (index + 1, place + 1)
        continue
      }
      let scalar = JSONText.escape(escaped, &index)
      guard let found = plain.scalar(at: place), found.value == scalar else { return false }
      place += found.length
    }
    return place == plain.count
  }
}

/// `[START:END]`, either of which may be left out or count from the end.
struct Slice: Hashable, Sendable, BitwiseCopyable {
  var start: Int32?
  var end: Int32?

  /// Which of `count` are in it, as jq 1.8 reckons (`parse_slice`).
  func range(of count: Int) -> Range<Int> {
    let start = place(self.start, of: count) ?? 0
    let end = place(self.end, of: count) ?? count
    return start..<max(start, end)
  }

  private func place(_ number: Int32?, of count: Int) -> Int? {
    guard let number else { return nil }
    return min(max(number < 0 ? Int(number) + count : Int(number), 0), count)
  }
}
