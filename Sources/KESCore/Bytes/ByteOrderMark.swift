// The mark that some writers put before text in UTF-8.

/// U+FEFF at the start of UTF-8: it says nothing there, and a reader may ignore it (RFC 8259, section
/// 8.1).
public enum ByteOrderMark {
  static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Whether `text` begins with one; nil where it ends too early to tell.
  static func begins(_ text: Span<UInt8>) -> Bool? {
    let shown = min(bytes.count, text.count)
    for index in 0..<shown where text[index] != bytes[index] { return false }
    return shown == bytes.count ? true : nil
  }

  /// How many bytes of `text` a mark takes: 3 or 0.
  public static func length(in text: Span<UInt8>) -> Int {
    begins(text) == true ? bytes.count : 0
  }
}
