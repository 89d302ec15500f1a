// A decimal number as two whole ones, and the nearest double where that is easy to find.

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
