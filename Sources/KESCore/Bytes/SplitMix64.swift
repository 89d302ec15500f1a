// Random numbers from a seed, the same on every machine and in every version.

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
///
/// What a seed gives must never change: the tests hold golden values. That is also why bounded
/// numbers come from methods of ours: those of the standard library may draw differently one day.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  @inline(__always)
  public init(seed: UInt64) { state = seed }

  /// The next 64 random bits.
  @inline(__always)
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number of `0..<bound`; `bound` must be positive. One draw; its bias is below `bound` / 2^64.
  @inline(__always)
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Whether something of this probability (0 to 1) happens. One draw, none where it cannot.
  @inline(__always)
  public mutating func happens(_ probability: Double) -> Bool {
    probability > 0 && Double(next() >> 11) * 0x1p-53 < probability
  }
}
