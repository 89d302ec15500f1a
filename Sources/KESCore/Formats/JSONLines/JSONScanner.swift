// The grammar of JSON (RFC 8259) over bytes: finds where values end, and refuses what is not JSON.

/// Walks over JSON values in a run of bytes without building anything.
///
/// Every method takes the bytes and the place of a value and returns the place behind it, or
/// `JSONScanner.failed`, with `fault` and `faultOffset` set. The bytes must hold a line feed behind
/// the record, where every loop ends at the latest: no value contains one, and between values they are
/// white space before `recordEnd` alone. Strict where JSON is:
/// no trailing commas, no bare words, no control characters in strings; strings must be UTF-8
/// without lone surrogates, as Avro strings are.
struct JSONScanner {
  static let failed = -1
  /// How many arrays and objects may stand inside each other. Our choice.
  static let greatestDepth = 1024

  private(set) var fault: Fault = .expectedValue
  private(set) var faultOffset = 0
  /// Whether the string scanned last had a backslash in it.
  private(set) var stringHasEscapes = false

  @inline(never)
  mutating func fail(_ fault: Fault, at offset: Int) -> Int {
    self.fault = fault
    faultOffset = offset
    return JSONScanner.failed
  }

  /// The offset of the line feed that ends the record, where others may come before it; 0 in lines.
  var recordEnd = 0

  /// Space, tab and carriage return; a line feed ends the record.
  @inline(__always)
  static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  @inline(__always)
  func skipSpace(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    while JSONScanner.isSpace(bytes[index]) || isInnerLineFeed(bytes, index) { index &+= 1 }
    return index
  }

  /// Whether a line feed is white space of the record.
  @inline(__always)
  private func isInnerLineFeed(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
    bytes[index] == UInt8(ascii: "\n") && index < recordEnd
  }

  // MARK: Strings

  /// A string, from its opening quote.
  @inline(__always)
  mutating func string(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    let index = bytes.plainTextEnd(from: start &+ 1)
    if bytes[index] == UInt8(ascii: "\"") {
      stringHasEscapes = false
      return index &+ 1
    }
    return stringSlowly(bytes, index)
  }

  /// The high bit of each byte of `word` that ends the plain part of a string: a quote, a
  /// backslash, a control character or one beyond ASCII. Exact for the lowest such byte.
  @inline(__always)
  static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let below = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
    let control = (word &- ones &* 0x20) & ~word
    return (below | control | word) & highs
  }

  /// The rest of a string from a byte that may be anything.
  @inline(never)
  private mutating func stringSlowly(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    var escapes = false
    while true {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        stringHasEscapes = escapes
        return index + 1
      } else if byte == UInt8(ascii: "\\") {
        escapes = true
        index = escape(bytes, index)
      } else if byte < 0x20 {
        let isEnd = byte == 0x0A && index >= recordEnd
        return fail(isEnd ? .unclosedString : .controlCharacter, at: index)
      } else if byte < 0x80 {
        index += 1
      } else {
        index = character(bytes, index)
      }
      if index < 0 { return JSONScanner.failed }
    }
  }

  /// One escape, from its backslash; a surrogate pair counts as one.
  private mutating func escape(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    switch bytes[start + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return start + 2
    case UInt8(ascii: "u"):
      guard let unit = JSONText.hexadecimal(bytes, start + 2) else {
        return fail(.badEscape, at: start)
      }
      if unit & 0xF800 != 0xD800 { return start + 6 }
      guard unit < 0xDC00, bytes[start + 6] == UInt8(ascii: "\\"),
        bytes[start + 7] == UInt8(ascii: "u"),
        let low = JSONText.hexadecimal(bytes, start + 8), low & 0xFC00 == 0xDC00
      else { return fail(.loneSurrogate, at: start) }
      return start + 12
    default:
      return fail(.badEscape, at: start)
    }
  }

  /// One character beyond ASCII.
  private mutating func character(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    bytes.characterLength(at: start).map { start + $0 } ?? fail(.invalidUTF8, at: start)
  }

  // MARK: Numbers

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// A number, from its sign or first digit.
  @inline(__always)
  mutating func number(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    if bytes[index] == UInt8(ascii: "-") { index &+= 1 }
    guard JSONScanner.isDigit(bytes[index]) else { return fail(.badNumber, at: start) }
    if bytes[index] == UInt8(ascii: "0") {
      index &+= 1
      if JSONScanner.isDigit(bytes[index]) { return fail(.badNumber, at: start) }
    } else {
      index = digits(bytes, index)
    }
    if bytes[index] == UInt8(ascii: ".") {
      let fraction = index &+ 1
      index = digits(bytes, fraction)
      if index == fraction { return fail(.badNumber, at: start) }
    }
    if bytes[index] | 0x20 == UInt8(ascii: "e") {
      index &+= 1
      if bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index &+= 1 }
      let exponent = index
      index = digits(bytes, exponent)
      if index == exponent { return fail(.badNumber, at: start) }
    }
    return index
  }

  @inline(__always)
  private func digits(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var index = start
    while let word = bytes.wordIfPresent(at: index) {
      let digits = word ^ 0x3030_3030_3030_3030
      // What is no digit has a bit above its lower four; exact for the lowest such byte.
      let others = (digits | (digits &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0
      if others != 0 { return index &+ others.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while JSONScanner.isDigit(bytes[index]) { index &+= 1 }
    return index
  }

  // MARK: Values

  /// Any value.
  mutating func value(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    switch bytes[start] {
    case UInt8(ascii: "\""): return string(bytes, start)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return container(bytes, start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number(bytes, start)
    default: return literal(bytes, start)
    }
  }

  /// `true`, `false` or `null`.
  mutating func literal(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    let word: StaticString
    switch bytes[start] {
    case UInt8(ascii: "t"): word = "true"
    case UInt8(ascii: "f"): word = "false"
    case UInt8(ascii: "n"): word = "null"
    default: return fail(.expectedValue, at: start)
    }
    let end = start + word.utf8CodeUnitCount
    guard end < bytes.count, bytes.extracting(start..<end).equals(word) else {
      return fail(.badLiteral, at: start)
    }
    return end
  }

  /// An object or array with all that it contains, without recursion: a bit a level says which.
  private mutating func container(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    var kinds = InlineArray<16, UInt64>(repeating: 0)
    var depth = 0
    var index = start
    // Each turn stands before a value.
    while true {
      if bytes[index] == UInt8(ascii: "{") || bytes[index] == UInt8(ascii: "[") {
        let isObject = bytes[index] == UInt8(ascii: "{")
        if depth == JSONScanner.greatestDepth { return fail(.tooDeep, at: index) }
        let bit = UInt64(1) << UInt64(depth & 63)
        if isObject { kinds[depth >> 6] |= bit } else { kinds[depth >> 6] &= ~bit }
        depth += 1
        index = skipSpace(bytes, index + 1)
        if bytes[index] != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          if isObject { index = key(bytes, index) }
          if index < 0 { return JSONScanner.failed }
          continue
        }
        depth -= 1
        index += 1
      } else {
        index = value(bytes, index)
        if index < 0 { return JSONScanner.failed }
      }
      // Behind a value: close what ends here, or go to the next member.
      while true {
        if depth == 0 { return index }
        let isObject = kinds[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1
        index = skipSpace(bytes, index)
        if bytes[index] == UInt8(ascii: ",") {
          index = skipSpace(bytes, index + 1)
          if isObject { index = key(bytes, index) }
          if index < 0 { return JSONScanner.failed }
          break
        }
        guard bytes[index] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          return fail(.expectedComma, at: index)
        }
        depth -= 1
        index += 1
      }
    }
  }

  /// A member's key with its colon, up to its value.
  private mutating func key(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    guard bytes[start] == UInt8(ascii: "\"") else { return fail(.expectedKey, at: start) }
    var index = string(bytes, start)
    if index < 0 { return JSONScanner.failed }
    index = skipSpace(bytes, index)
    guard bytes[index] == UInt8(ascii: ":") else { return fail(.expectedColon, at: index) }
    return skipSpace(bytes, index + 1)
  }
}
