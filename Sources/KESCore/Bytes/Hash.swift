// Hashes and random numbers, the same on every machine and in every version.

/// A fast 64-bit hash of byte strings.
///
/// Its values enter session ids and the state store, so they must never change: the tests hold
/// golden values. The mixing step is the 64 by 64 to 128 bit multiplication folded by exclusive or
/// (the idea of wyhash and of Abseil's hash); ours is written for determinism across runs, so it is
/// not seeded. It is not meant to withstand an adversary who chooses keys to collide: a collision
/// costs time in the session table (keys are compared in full), never a wrong session.
public enum Hash {
  private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let second: UInt64 = 0xD6E8_FEB8_6659_FD93
  private static let third: UInt64 = 0xA076_1D64_78BD_642F

  /// The hash of `bytes`, continued from `seed`. Cost: a multiplication for 16 bytes.
  @inline(__always)
  public static func of(_ bytes: Span<UInt8>, seed: UInt64 = 0) -> UInt64 {
    let count = bytes.count
    let start = seed ^ first
    if count > 16 { return ofLong(bytes, start) }
    var low: UInt64 = 0
    var high: UInt64 = 0
    if count >= 8 {
      low = bytes.word(at: 0)
      high = bytes.word(at: count &- 8)
    } else if count >= 4 {
      low = UInt64(bytes.halfWord(at: 0))
      high = UInt64(bytes.halfWord(at: count &- 4))
    } else if count > 0 {
      low = UInt64(bytes[0]) | UInt64(bytes[count >> 1]) << 8 | UInt64(bytes[count &- 1]) << 16
    }
    return finish(low, high, start, count)
  }

  @inline(never)
  private static func ofLong(_ bytes: Span<UInt8>, _ start: UInt64) -> UInt64 {
    var state = start
    var index = 0
    while index &+ 16 < bytes.count {
      state = fold(bytes.word(at: index) ^ second, bytes.word(at: index &+ 8) ^ state)
      index &+= 16
    }
    return finish(
      bytes.word(at: bytes.count &- 16), bytes.word(at: bytes.count &- 8), state, bytes.count)
  }

  @inline(__always)
  private static func finish(
    _ low: UInt64, _ high: UInt64, _ state: UInt64, _ count: Int
  ) -> UInt64 {
    combine(fold(low ^ second, high ^ state), UInt64(truncatingIfNeeded: count))
  }

  /// A hash that depends on `value` and `hash`.
  @inline(__always)
  public static func combine(_ hash: UInt64, _ value: UInt64) -> UInt64 {
    fold(hash ^ third, value ^ second)
  }

  @inline(__always)
  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}

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
