// Decimal text as a binary floating-point number.

internal import Glibc

/// Reads the numbers of JSON (RFC 8259, section 6) as doubles.
public enum FloatingPointText {
  /// The `double` nearest to `text`, which must be a number by JSON's grammar; infinite where it is
  /// too large.
  ///
  /// Correctly rounded, by the first way that is exact: one multiplication or division of doubles,
  /// one division of whole numbers, or the C library's `strtod`. Allocates nothing for texts of
  /// less than 128 bytes.
  @inline(__always)
  public static func parse(_ text: Span<UInt8>) -> Double {
    ScaledDecimal(text).double ?? parseSlowly(text)
  }

  private static let scratchLength = 128

  @inline(never)
  static func parseSlowly(_ text: Span<UInt8>) -> Double {
    if text.count >= scratchLength { return parseLong(text) }
    // Zeros behind the text end it.
    var scratch = InlineArray<128, UInt8>(repeating: 0)
    for index in 0..<text.count { scratch[index] = text[index] }
    return parse(terminated: scratch.span)
  }

  private static func parseLong(_ text: Span<UInt8>) -> Double {
    var copy = ByteBlock(capacity: text.count + 1)
    copy.append(text)
    copy.append(UInt8(0))
    return copy.withBytes { parse(terminated: $0) }
  }

  private static func parse(terminated text: Span<UInt8>) -> Double {
    unsafe text.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      return unsafe strtod(base.assumingMemoryBound(to: CChar.self), nil)
    }
  }
}

/// A decimal number as `digits` times ten to the power of `exponent`.
struct ScaledDecimal {
  private var digits: UInt64 = 0
  private var exponent = 0
  private var isNegative = false
  /// Whether all significant digits are in `digits`, and the exponent is a small one.
  private var isComplete = true

  private static let greatestDigits = 19

  /// `digits` must have at most 19 digits.
  init(digits: UInt64, exponent: Int) {
    self.digits = digits
    self.exponent = exponent
  }

  /// Reads a number by JSON's grammar.
  @inline(__always)
  init(_ text: Span<UInt8>) {
    var index = 0
    if text.count > 0 && text[0] == UInt8(ascii: "-") {
      isNegative = true
      index = 1
    }
    var significant = 0
    var pointAt = -1
    while index < text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      if digit < 10 {
        digits = digits &* 10 &+ UInt64(digit)
        if significant > 0 || digit != 0 { significant &+= 1 }
      } else if text[index] == UInt8(ascii: ".") {
        pointAt = index
      } else {
        break
      }
      index &+= 1
    }
    if pointAt >= 0 { exponent = pointAt &+ 1 &- index }
    isComplete = significant <= ScaledDecimal.greatestDigits
    if index < text.count { addExponent(text, index &+ 1) }
  }

  private mutating func addExponent(_ text: Span<UInt8>, _ start: Int) {
    var index = start
    let isNegative = index < text.count && text[index] == UInt8(ascii: "-")
    if isNegative || (index < text.count && text[index] == UInt8(ascii: "+")) { index += 1 }
    var value = 0
    while index < text.count {
      value = min(value * 10 + Int(text[index] &- UInt8(ascii: "0")), 100_000)
      index += 1
    }
    exponent += isNegative ? -value : value
  }

  /// The nearest `double`, ties to even, where it can be found without long arithmetic.
  var double: Double? { @inline(__always) get { exactDouble ?? dividedDouble } }

  /// The value where digits and power are exact doubles, so that one operation rounds once.
  private var exactDouble: Double? {
    @inline(__always) get {
      guard isComplete, digits < 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
      let magnitude = Double(digits)
      let value =
        exponent < 0
        ? magnitude / PowerOfTen.double(-exponent)
        : magnitude * PowerOfTen.double(exponent)
      return isNegative ? -value : value
    }
  }

  /// The value where digits and power are 64-bit numbers: divided as whole numbers and rounded to
  /// the nearest, ties to even.
  private var dividedDouble: Double? {
    @inline(__always) get {
      guard isComplete, digits != 0, exponent < 0, exponent >= -ScaledDecimal.greatestDigits
      else { return nil }
      return divide(by: PowerOfTen.whole(-exponent))
    }
  }

  private func divide(by power: UInt64) -> Double {
    // Both shifted so that the highest bit is set: the quotient then has 64 or 65 bits.
    let shift = digits.leadingZeroBitCount
    let powerShift = power.leadingZeroBitCount
    let divisor = power << UInt64(powerShift)
    let dividend = digits << UInt64(shift)
    // Half of the dividend is less than the divisor, as the division requires.
    let (quotient, remainder) = divisor.dividingFullWidth((dividend >> 1, dividend << 63))
    // quotient = value * 2^(63 + shift - powerShift), with 63 or 64 bits.
    let rest = UInt64(remainder == 0 ? 0 : 1)
    let length = 64 - quotient.leadingZeroBitCount
    let dropped = UInt64(length - 53)
    let half = UInt64(1) << (dropped - 1)
    let low = quotient & (half << 1 - 1)
    var kept = quotient >> dropped
    let isAboveHalf = low > half || (low == half && rest == 1)
    if isAboveHalf || (low == half && kept & 1 == 1) { kept += 1 }
    let scale = Int(dropped) - (63 + shift - powerShift)
    let value = Double(sign: .plus, exponent: scale, significand: Double(kept))
    return isNegative ? -value : value
  }
}

/// Powers of ten, exact.
enum PowerOfTen {
  /// 10 to the power of `exponent`, 0 to 22.
  @inline(__always)
  static func double(_ exponent: Int) -> Double { doubles[exponent] }

  /// 10 to the power of `exponent`, 0 to 19.
  @inline(__always)
  static func whole(_ exponent: Int) -> UInt64 { wholes[exponent] }

  private static let doubles: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  private static let wholes: InlineArray<20, UInt64> = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
    1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
    1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]
}
