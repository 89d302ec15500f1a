// The codec snappy, by Google's library.

internal import CSnappy

/// Snappy's block format with the CRC-32 of the uncompressed data behind it, 4 bytes, big-endian
/// (Avro 1.11 spec, "snappy").
enum Snappy {
  private static let checksumLength = 4
  /// How many bytes one of compressed data may become: a copy of 64 takes 3.
  private static let greatestRatio = 22

  static func compress(_ data: Span<UInt8>, to output: inout ByteBlock) {
    let bound = snappy_max_compressed_length(data.count)
    unsafe data.withUnsafeBytes { source in
      _ = unsafe output.appendUnsafe(room: bound) { target in
        var length = bound
        let result = unsafe snappy_compress(
          source.baseAddress?.assumingMemoryBound(to: CChar.self), source.count,
          target.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
        precondition(result == SNAPPY_OK)
        return length
      }
    }
    output.append(word: UInt64(Deflate.checksum(data).byteSwapped), count: checksumLength)
  }

  static func expand(_ data: Span<UInt8>, limit: Int, to output: inout ByteBlock) -> Fault? {
    guard data.count >= checksumLength else { return .badCompression }
    let end = data.count - checksumLength
    let compressed = data.extracting(0..<end)
    let start = output.count
    if let fault = expandBlock(compressed, limit: limit, to: &output) { return fault }
    let checksum = output.withBytes(start, output.count - start) { Deflate.checksum($0) }
    return checksum.byteSwapped == data.halfWord(at: end) ? nil : .wrongChecksum
  }

  private static func expandBlock(
    _ data: Span<UInt8>, limit: Int, to output: inout ByteBlock
  ) -> Fault? {
    unsafe data.withUnsafeBytes { source in
      let from = unsafe source.baseAddress?.assumingMemoryBound(to: CChar.self)
      var length = 0
      // What it claims to become, damage may have made.
      guard unsafe snappy_uncompressed_length(from, source.count, &length) == SNAPPY_OK,
        length / greatestRatio <= source.count
      else { return .badCompression }
      if length > limit { return .hugeExpansion }
      var result = SNAPPY_INVALID_INPUT
      _ = unsafe output.appendUnsafe(room: max(length, 1)) { target in
        result = unsafe snappy_uncompress(
          from, source.count, target.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
        return result == SNAPPY_OK ? length : 0
      }
      return result == SNAPPY_OK ? nil : .badCompression
    }
  }
}
