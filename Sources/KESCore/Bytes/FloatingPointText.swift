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
