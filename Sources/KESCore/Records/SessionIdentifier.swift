// A session's name, as a number and as text.

/// A session's id: 63 bits that read as 13 characters of `0-9a-v` (R12), or, with the top bit set,
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

  /// The id's characters: the first `count` bytes of two words, each from its lowest byte on.
  @inline(__always)
  var characters: (first: UInt64, second: UInt64, count: Int) {
    rawValue & SessionIdentifier.randomFlag == 0 ? deterministicCharacters : randomCharacters
  }

  /// Appends the id's characters to `output`.
  @inline(__always)
  public func write(to output: inout ByteBlock) {
    let (first, second, count) = characters
    output.append("", first, second, count: count, "")
  }

  /// Thirteen digits of base 32, most significant first: five bits a character, so that no division
  /// is needed for what stands in every event of the output.
  @inline(__always)
  private var deterministicCharacters: (first: UInt64, second: UInt64, count: Int) {
    (
      SessionIdentifier.characters(rawValue >> 25),
      SessionIdentifier.characters((rawValue & 0x1FF_FFFF) << 15), 13
    )
  }

  /// The eight characters of 40 bits, `0-9`, then `a-v`; the most significant in the lowest byte.
  @inline(__always)
  private static func characters(_ bits: UInt64) -> UInt64 {
    // Halves apart: 20 bits in each half word, then 10 in each quarter, then 5 in each byte.
    let halves = (bits & 0xF_FFFF) | (bits >> 20) << 32
    let quarters = (halves & 0x0000_03FF_0000_03FF) | (halves & 0x000F_FC00_000F_FC00) << 6
    let bytes = (quarters & 0x001F_001F_001F_001F) | (quarters & 0x03E0_03E0_03E0_03E0) << 3
    let digits = bytes.byteSwapped
    // 0x30 is added to each, and 0x27 more to those above 9, which 0x76 carries into their top bit.
    let ones: UInt64 = 0x0101_0101_0101_0101
    let letters = ((digits &+ ones &* 0x76) >> 7) & ones
    return digits &+ ones &* 0x30 &+ letters &* 0x27
  }

  /// Eight alphanumerics, most significant first: `0-9`, `a-z`, `A-Z`.
  @inline(never)
  private var randomCharacters: (first: UInt64, second: UInt64, count: Int) {
    var characters: UInt64 = 0
    var rest = rawValue & ~SessionIdentifier.randomFlag
    for _ in 0..<SessionIdentifier.randomLength {
      let digit = rest % 62
      rest /= 62
      let base: UInt64 = digit < 10 ? 0x30 : digit < 36 ? 0x57 : 0x1D
      characters = characters << 8 | (digit + base)
    }
    return (characters, 0, SessionIdentifier.randomLength)
  }
}

extension SessionIdentifier: CustomStringConvertible {
  public var description: String {
    ByteBlock.text { write(to: &$0) }
  }
}
