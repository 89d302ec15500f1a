// The powers of ten that are exact as doubles or as 64-bit numbers.

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
