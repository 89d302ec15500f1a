// A session's name, as a number and as text.

/// A session's id: 63 bits that read as 13 characters of `0-9a-z` (R12), or, with the top bit set,
/// a random id of 8 alphanumerics. One word, so that tables hold it without a string.
public struct SessionIdentifier: BitwiseCopyable, Hashable, Sendable {
  public let rawValue: UInt64

  @inline(__always)
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  private static let randomFlag: UInt64 = 1 << 63
  private static let deterministicLength = 13
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
      writeDigits(
        of: rawValue, base: 36, length: SessionIdentifier.deterministicLength, to: &output)
    } else {
      writeDigits(
        of: rawValue & ~SessionIdentifier.randomFlag, base: 62,
        length: SessionIdentifier.randomLength, to: &output)
    }
  }

  @inline(__always)
  private func writeDigits(
    of number: UInt64, base: UInt64, length: Int, to output: inout ByteBlock
  ) {
    var digits = InlineArray<16, UInt8>(repeating: 0)
    var rest = number
    var index = length
    while index > 0 {
      index &-= 1
      let next = rest / base
      digits[index] = SessionIdentifier.character(UInt8(truncatingIfNeeded: rest &- next &* base))
      rest = next
    }
    output.append(digits.span.extracting(0..<length))
  }

  /// `0-9`, then `a-z`, then `A-Z`.
  @inline(__always)
  private static func character(_ digit: UInt8) -> UInt8 {
    if digit < 10 { return UInt8(ascii: "0") &+ digit }
    if digit < 36 { return UInt8(ascii: "a") &+ digit &- 10 }
    return UInt8(ascii: "A") &+ digit &- 36
  }
}

extension SessionIdentifier: CustomStringConvertible {
  public var description: String {
    var text = ByteBlock(capacity: 16)
    write(to: &text)
    return text.withBytes { String(decodingBytes: $0) }
  }
}
