// Fields of comma-separated values (RFC 4180).

/// Writes fields of text. Lines end with LF, as Unix filters have it, not with CRLF (our choice).
enum CSVText {
  /// Appends `field`, in quotes where it holds a comma, a quote or a line break.
  @inline(__always)
  static func append(_ field: Span<UInt8>, to output: inout ByteBlock) {
    for index in 0..<field.count where needsQuotes(field[index]) {
      return appendQuoted(field, to: &output)
    }
    output.append(field)
  }

  @inline(__always)
  private static func needsQuotes(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
      || byte == UInt8(ascii: "\r")
  }

  @inline(never)
  private static func appendQuoted(_ field: Span<UInt8>, to output: inout ByteBlock) {
    output.append(UInt8(ascii: "\""))
    for index in 0..<field.count {
      if field[index] == UInt8(ascii: "\"") { output.append(UInt8(ascii: "\"")) }
      output.append(field[index])
    }
    output.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  static func append(_ value: Bool, to output: inout ByteBlock) {
    output.append(value ? "true" : "false")
  }
}
