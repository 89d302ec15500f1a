// Doubles as decimal text: the shortest that reads back, or with three places.

extension ByteBlock {
  /// Appends the shortest text that `FloatingPointText.parse` turns into `value` again, in the form
  /// of `Double.description`: `0.275`, `1.0`, `1e-07`, `inf`. Allocates nothing for magnitudes from
  /// 0.001 up to 10^15, and zero.
  public mutating func append(shortest value: Double) {
    let magnitude = value.magnitude
    guard magnitude == 0 || (magnitude >= 1e-3 && magnitude < 1e15) else {
      return append(text: value.description)
    }
    guard let number = DecimalFraction(fewDigits: magnitude) ?? DecimalFraction(many: magnitude)
    else { return append(text: value.description) }
    if value.sign == .minus { append(UInt8(ascii: "-")) }
    append(number)
  }

  private mutating func append(_ number: DecimalFraction) {
    let power = PowerOfTen.whole(number.places)
    let whole = number.digits / power
    append(decimal: whole)
    append(UInt8(ascii: "."))
    append(decimal: number.digits - whole * power, width: Swift.max(1, number.places))
  }
}

/// `digits` divided by ten to the power of `places`, 0 to 19.
private struct DecimalFraction {
  let digits: UInt64
  let places: Int

  /// A value that has a text of up to 15 digits; the shortest of them.
  ///
  /// Below 2^50, `value * 10^places` is off by less than one half, so that rounding gives the
  /// digits; dividing them by the power, both exact, is how they are read.
  init?(fewDigits value: Double) {
    for places in 0...18 {
      let power = PowerOfTen.double(places)
      let scaled = (value * power).rounded()
      if scaled >= 0x1p50 { return nil }
      if scaled / power == value {
        self.init(digits: UInt64(scaled), places: places)
        return
      }
    }
    return nil
  }

  private init(digits: UInt64, places: Int) {
    self.digits = digits
    self.places = places
  }

  /// A value of 0.001 or more and less than 10^15 that needs 16 or 17 digits: its exact value
  /// rounded to 16 digits, or where that reads as another, to 17.
  ///
  /// Not for powers of two: their lower neighbour is nearer, so that the shortest text may be one
  /// that is not the nearest of its length.
  init?(many value: Double) {
    if value.significandBitPattern == 0 { return nil }
    var leading = 0
    while leading < 19 && PowerOfTen.double(leading) <= value { leading += 1 }
    // 0.00123 has its first digit two places behind the first behind the point.
    var leadingZeros = 0
    while value * PowerOfTen.double(leadingZeros + 1) < 1 { leadingZeros += 1 }
    for digits in [16, 17] {
      let places = digits - leading + leadingZeros
      guard let number = DecimalFraction(rounding: value, places: places) else { continue }
      if number.value == value {
        self = number
        return
      }
    }
    return nil
  }

  /// The exact value of `value` in units of the last of `places`, rounded, ties to even.
  private init?(rounding value: Double, places: Int) {
    guard places >= 0, places <= 19 else { return nil }
    let significand = UInt128(value.significandBitPattern | 1 << 52)
    let shift = 1075 - Int(value.exponentBitPattern)
    guard shift > 0, shift < 127 else { return nil }
    // 53 bits times at most 64.
    let product = significand * UInt128(PowerOfTen.whole(places))
    let half = UInt128(1) << UInt128(shift - 1)
    var rounded = (product + half) >> UInt128(shift)
    let isTie = product & (half << 1 - 1) == half
    if isTie && rounded & 1 == 1 { rounded -= 1 }
    guard rounded <= UInt128(UInt64.max) else { return nil }
    self.init(digits: UInt64(rounded), places: places)
  }

  /// What the text reads back as.
  private var value: Double? {
    ScaledDecimal(digits: digits, exponent: -places).double
  }
}

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
