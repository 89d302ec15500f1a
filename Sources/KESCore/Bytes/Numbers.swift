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
  public static func parse(_ text: Span<UInt8>) -> WholeNumber {
    var digits = Digits()
    var index = 0
    let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
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
        digits.take(byte &- UInt8(ascii: "0"), at: seen)
        seen += 1
      }
      index += 1
    }
    let exponent = index < text.count ? Self.exponent(text, from: index + 1) : 0
    return digits.value(pointAt: (pointAt ?? seen) + exponent, isNegative: isNegative)
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
}

/// The significant digits of a decimal number: its first 19, and the position of the last nonzero one.
private struct Digits {
  private var leading: UInt64 = 0
  private var firstNonzero: Int64 = -1
  private var lastNonzero: Int64 = -1
  private var kept: Int64 = 0

  mutating func take(_ digit: UInt8, at position: Int64) {
    if digit != 0 {
      if firstNonzero < 0 { firstNonzero = position }
      lastNonzero = position
    }
    if firstNonzero >= 0 && kept < 19 {
      leading = leading * 10 + UInt64(digit)
      kept += 1
    }
  }

  /// The whole number whose decimal point stands before digit `pointAt`.
  func value(pointAt: Int64, isNegative: Bool) -> WholeNumber {
    if firstNonzero < 0 { return .value(0) }
    if lastNonzero >= pointAt { return .fraction }
    let length = pointAt - firstNonzero
    if length > 19 { return .outOfRange }
    var magnitude = leading
    for _ in 0..<max(0, length - kept) { magnitude *= 10 }
    for _ in 0..<max(0, kept - length) { magnitude /= 10 }
    if isNegative {
      if magnitude > Int64.min.magnitude { return .outOfRange }
      return .value(Int64(truncatingIfNeeded: 0 &- magnitude))
    }
    return magnitude > UInt64(Int64.max) ? .outOfRange : .value(Int64(magnitude))
  }
}

extension Int64 {
  /// The sum, held at the greatest number; both must not be negative.
  package func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
