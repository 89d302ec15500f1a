// Doubles as decimal text with three places, as `%.3f` of the C library writes them.

extension ByteBlock {
  /// Appends `value` with three decimals: its exact value rounded to the nearest, ties to even;
  /// `inf`, `-inf` or `nan` where it is not finite. Allocates nothing.
  @inline(__always)
  public mutating func append(thousandths value: Double) {
    guard value.isFinite else { return append(notFinite: value) }
    if value.sign == .minus { append(UInt8(ascii: "-")) }
    // value = significand * 2^exponent, both whole, but for subnormal values, which round to zero.
    let significand = value.isNormal ? value.significandBitPattern | 1 << 52 : 0
    let exponent = Int(value.exponentBitPattern) - 1075
    if exponent > 0 { return append(significand, shiftedBy: exponent) }
    append(thousandths: rounded(significand * 1000, shiftedBy: -exponent))
  }

  /// Appends `count` thousandths with three decimals.
  @inline(__always)
  public mutating func append(thousandths count: UInt64) {
    let whole = count / 1000
    append(decimal: whole)
    append(UInt8(ascii: "."))
    append(decimal: count &- whole &* 1000, width: 3)
  }

  /// `number`, less than 2^63, divided by 2^`shift` and rounded, ties to even.
  @inline(__always)
  private func rounded(_ number: UInt64, shiftedBy shift: Int) -> UInt64 {
    if shift == 0 { return number }
    if shift > 63 { return 0 }
    let kept = number >> UInt64(shift)
    let half = UInt64(1) << UInt64(shift &- 1)
    let low = number & (half << 1 &- 1)
    return low > half || (low == half && kept & 1 == 1) ? kept &+ 1 : kept
  }

  private mutating func append(notFinite value: Double) {
    append(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")
  }

  /// Appends `significand` times 2^`exponent`, at most 2^1024, and `.000`: long multiplication in
  /// limbs of nine decimal digits.
  @inline(never)
  private mutating func append(_ significand: UInt64, shiftedBy exponent: Int) {
    let base: UInt64 = 1_000_000_000
    var limbs = InlineArray<36, UInt64>(repeating: 0)
    limbs[0] = significand % base
    limbs[1] = significand / base
    var left = exponent
    while left > 0 {
      let step = Swift.min(left, 30)
      var carry: UInt64 = 0
      for index in 0..<36 {
        let product = limbs[index] << UInt64(step) + carry
        limbs[index] = product % base
        carry = product / base
      }
      left -= step
    }
    var index = 35
    while index > 0 && limbs[index] == 0 { index -= 1 }
    append(decimal: limbs[index])
    while index > 0 {
      index -= 1
      append(decimal: limbs[index], width: 9)
    }
    append(".000")
  }
}
