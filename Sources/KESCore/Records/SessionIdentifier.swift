// A session's name, as a number and as text.

/// A session's id: 63 bits that read as 13 characters of `0-9a-z` (R12), or, with the top bit set,
/// a random id of 8 alphanumerics. One word, so that tables hold it without a string.
public struct SessionIdentifier: BitwiseCopyable, Hashable, Sendable {
  public let rawValue: UInt64

  @inline(__always)
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  private static let randomFlag: UInt64 = 1 << 63
  private static let randomLength = 8

  /// The deterministic id with these 63 bits; the top bit of `bits` does not count.
  @inline(__always)
  public static func deterministic(_ bits: UInt64) -> SessionIdentifier {
    SessionIdentifier(rawValue: bits & ~randomFlag)
  }

  /// A random id out of 62^8.
  public static func random(using generator: inout some RandomNumberGenerator) -> SessionIdentifier
  {
    let space: UInt64 = 218_340_105_584_896  // 62^8
    return SessionIdentifier(rawValue: UInt64.random(in: 0..<space, using: &generator) | randomFlag)
  }

  /// Appends the id's characters to `output`.
  @inline(__always)
  public func write(to output: inout ByteBlock) {
    if rawValue & SessionIdentifier.randomFlag == 0 {
      writeDeterministic(to: &output)
    } else {
      writeRandom(to: &output)
    }
  }

  /// Thirteen digits of base 36, most significant first. Divided into four short runs, because a
  /// run of divisions waits for each in turn, and made characters eight at a time: this stands in
  /// every event of the output.
  @inline(__always)
  private func writeDeterministic(to output: inout ByteBlock) {
    let low = UInt32(truncatingIfNeeded: rawValue % 2_176_782_336)  // 36^6
    let high = UInt32(truncatingIfNeeded: rawValue / 2_176_782_336)
    let first = SessionIdentifier.fourDigits(high / 46656)  // 36^3
    let second = SessionIdentifier.fourDigits(high % 46656) >> 8
    let third = SessionIdentifier.fourDigits(low / 46656) >> 8
    let fourth = SessionIdentifier.fourDigits(low % 46656) >> 8
    output.append(
      SessionIdentifier.characters(first | second << 32 | third << 56),
      SessionIdentifier.characters(third >> 8 | fourth << 16), count: 13)
  }

  /// The digits of a number below 36^4, a byte each, the most significant in the lowest.
  @inline(__always)
  private static func fourDigits(_ number: UInt32) -> UInt64 {
    let upper = number / 1296
    let lower = number % 1296
    // A pair: tens | ones << 8, with ones = pair - 36 * tens.
    let upperTens = upper / 36
    let lowerTens = lower / 36
    let upperPair = upper << 8 &- upperTens &* (36 << 8 &- 1)
    let lowerPair = lower << 8 &- lowerTens &* (36 << 8 &- 1)
    return UInt64(upperPair | lowerPair << 16)
  }

  /// Eight digits as characters, `0-9`, then `a-z`: 0x30 is added to each, and 0x27 more to those
  /// above 9, which adding 0x76 carries into their top bits.
  @inline(__always)
  private static func characters(_ digits: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let letters = ((digits &+ ones &* 0x76) >> 7) & ones
    return digits &+ ones &* 0x30 &+ letters &* 0x27
  }

  /// Eight alphanumerics, most significant first: `0-9`, `a-z`, `A-Z`.
  @inline(never)
  private func writeRandom(to output: inout ByteBlock) {
    var characters: UInt64 = 0
    var rest = rawValue & ~SessionIdentifier.randomFlag
    for _ in 0..<SessionIdentifier.randomLength {
      let digit = rest % 62
      rest /= 62
      let base: UInt64 = digit < 10 ? 0x30 : digit < 36 ? 0x57 : 0x1D
      characters = characters << 8 | (digit + base)
    }
    output.append(characters, 0, count: SessionIdentifier.randomLength)
  }
}

extension SessionIdentifier: CustomStringConvertible {
  public var description: String {
    var text = ByteBlock(capacity: 16)
    write(to: &text)
    return text.withBytes { String(decodingBytes: $0) }
  }
}
