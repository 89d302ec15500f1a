// Numbers to and from decimal text.

internal import Glibc

extension ByteBlock {
  /// Appends `value` in decimal.
  @inline(__always)
  public mutating func append(decimal value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  /// Appends `value` in decimal, with leading zeros up to `width` digits.
  @inline(__always)
  public mutating func append(decimal value: UInt64, width: Int = 1) {
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var rest = value
    var index = 20
    repeat {
      index &-= 1
      let next = rest / 10
      digits[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest &- next &* 10)
      rest = next
    } while rest != 0
    let first = Swift.min(index, 20 &- Swift.min(width, 20))
    append(digits.span.extracting(first..<20))
  }

  /// Appends `value` as JSON: with three decimals where it is a whole number of thousandths, as
  /// measurements are, else as the shortest text that reads back the same.
  ///
  /// An infinite value is a number too large for `double`; what is no number at all is the string
  /// `"NaN"`, as Avro's Java encoder writes it.
  @inline(__always)
  public mutating func append(number value: Double) {
    let thousandths = (value * 1000).rounded()
    // Up to 2^53 both are exact, so that dividing rounds as reading the text does.
    guard thousandths.magnitude <= 0x1p53, thousandths / 1000 == value else {
      appendShortest(value)
      return
    }
    if value.sign == .minus { append(UInt8(ascii: "-")) }
    let magnitude = UInt64(thousandths.magnitude)
    append(decimal: magnitude / 1000)
    append(UInt8(ascii: "."))
    append(decimal: magnitude % 1000, width: 3)
  }

  @inline(never)
  private mutating func appendShortest(_ value: Double) {
    if value.isNaN {
      append("\"NaN\"")
    } else if value.isInfinite {
      append(value < 0 ? "-1e999" : "1e999")
    } else {
      append(text: value.description)
    }
  }
}

/// Decimal text as a whole number: every spelling that JSON allows (RFC 8259, section 6), so also
/// `1.7e12` and `1700.0`, as long as the value is whole and fits.
public enum WholeNumber: Equatable, Sendable {
  case value(Int64)
  /// The text has a part behind the point that is not zero.
  case fraction
  /// The value is whole and does not fit 64 bits with a sign.
  case outOfRange

  /// Reads `text`, which must be a number by JSON's grammar. Exact: no floating point is involved.
  /// Cost: O(length).
  public static func parse(_ text: Span<UInt8>) -> WholeNumber { Digits(of: text).value }

  /// The greatest whole number that is not above `text` times ten to the power of `tens`; nil where it
  /// does not fit 64 bits with a sign. Of the same grammar, where digits may also begin with zeros.
  /// Exact. Cost: O(length); a few nanoseconds for up to 19 plain digits and what times need of `tens`.
  @inline(__always)
  static func floor(_ text: Span<UInt8>, timesTenTo tens: Int) -> Int64? {
    if let plain = EightDigits.plainNumber(text), let number = scaled(plain, timesTenTo: tens) {
      return number
    }
    return floorOfAny(text, timesTenTo: tens)
  }

  @inline(never)
  private static func floorOfAny(_ text: Span<UInt8>, timesTenTo tens: Int) -> Int64? {
    Digits(of: text).floor(timesTenTo: Int64(tens))
  }

  /// The product for what times need of `tens`, if it fits.
  @inline(__always)
  private static func scaled(_ number: UInt64, timesTenTo tens: Int) -> Int64? {
    switch tens {
    case 0: return Int64(exactly: number)
    case -3: return Int64(exactly: number / 1000)
    case -6: return Int64(exactly: number / 1_000_000)
    case 3: return number < 1 << 52 ? Int64(exactly: number &* 1000) : nil
    default: return nil
    }
  }
}

/// Eight characters of digits at once, as a word whose lowest byte is the first.
enum EightDigits {
  /// The values of eight digits, a byte each; nil where not all are digits.
  @inline(__always)
  static func values(of word: UInt64) -> UInt64? {
    let digits = word ^ 0x3030_3030_3030_3030
    let isNumber = (digits | (digits &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0
    return isNumber ? digits : nil
  }

  /// The four numbers of two digits each, 16 bits each.
  @inline(__always)
  static func pairs(_ digits: UInt64) -> UInt64 {
    (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
  }

  /// The number that the eight digits stand for. Each step joins neighbours: ones to tens, hundreds,
  /// ten thousands.
  @inline(__always)
  static func number(_ digits: UInt64) -> UInt64 {
    let pairs = pairs(digits)
    let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
    return (fours &* 10000 &+ fours >> 32) & 0xFFFF_FFFF
  }

  /// The number of a text that is nothing but 1 to 19 digits; nil for others.
  @inline(__always)
  static func plainNumber(_ text: Span<UInt8>) -> UInt64? {
    guard text.count > 0, text.count <= 19 else { return nil }
    var number: UInt64 = 0
    var index = 0
    while let word = text.wordIfPresent(at: index) {
      guard let digits = values(of: word) else { return nil }
      number = number &* 100_000_000 &+ self.number(digits)
      index &+= 8
    }
    while index < text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      number = number &* 10 &+ UInt64(digit)
      index &+= 1
    }
    return number
  }
}

/// A decimal number's sign, its first 19 significant digits, and where its last nonzero one stands.
private struct Digits {
  private var leading: UInt64 = 0
  private var firstNonzero: Int64 = -1
  private var lastNonzero: Int64 = -1
  private var kept: Int64 = 0
  private var isNegative = false
  /// How many digits stand before the decimal point; below 0 where zeros stand between it and them.
  private var pointAt: Int64 = 0

  /// Reads `text`, which must be a number by JSON's grammar, but for zeros before its digits.
  init(of text: Span<UInt8>) {
    var index = 0
    isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    var pointAt: Int64? = nil
    var seen: Int64 = 0
    while index < text.count {
      let byte = text[index]
      if byte == UInt8(ascii: ".") {
        pointAt = seen
      } else if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
        break
      } else {
        take(byte &- UInt8(ascii: "0"), at: seen)
        seen += 1
      }
      index += 1
    }
    let exponent = index < text.count ? Digits.exponent(text, from: index + 1) : 0
    self.pointAt = (pointAt ?? seen) + exponent
  }

  /// The exponent's value, held within plus or minus 2^40, beyond which only zero is in range.
  private static func exponent(_ text: Span<UInt8>, from start: Int) -> Int64 {
    var index = start
    var isNegative = false
    if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
      isNegative = text[index] == UInt8(ascii: "-")
      index += 1
    }
    var value: Int64 = 0
    while index < text.count {
      value = min(value * 10 + Int64(text[index] &- UInt8(ascii: "0")), 1 << 40)
      index += 1
    }
    return isNegative ? -value : value
  }

  private mutating func take(_ digit: UInt8, at position: Int64) {
    if digit != 0 {
      if firstNonzero < 0 { firstNonzero = position }
      lastNonzero = position
    }
    if firstNonzero >= 0 && kept < 19 {
      leading = leading * 10 + UInt64(digit)
      kept += 1
    }
  }

  /// The number, if it is whole.
  var value: WholeNumber {
    if firstNonzero >= 0 && lastNonzero >= pointAt { return .fraction }
    return floor(timesTenTo: 0).map { .value($0) } ?? .outOfRange
  }

  /// The greatest whole number that is not above ten to the power of `tens` times this one; nil where it
  /// does not fit.
  func floor(timesTenTo tens: Int64) -> Int64? {
    if firstNonzero < 0 { return 0 }
    let length = pointAt + tens - firstNonzero
    if length > 19 { return nil }
    var magnitude = length > 0 ? leading : 0
    for _ in 0..<max(0, length - kept) { magnitude *= 10 }
    for _ in 0..<max(0, min(kept, kept - length)) { magnitude /= 10 }
    guard isNegative else { return Int64(exactly: magnitude) }
    if lastNonzero >= pointAt + tens { magnitude += 1 }
    return magnitude > Int64.min.magnitude ? nil : Int64(truncatingIfNeeded: 0 &- magnitude)
  }
}

extension Int64 {
  /// The sum, held at the greatest number; both must not be negative.
  package func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
