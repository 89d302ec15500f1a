// The codec snappy, by Google's library.

internal import CSnappy

/// Snappy's block format with the CRC-32 of the uncompressed data behind it, 4 bytes, big-endian
/// (Avro 1.11 spec, "snappy").
enum Snappy {
  private static let checksumLength = 4

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

  static func expand(_ data: Span<UInt8>, limit: Int, to output: inout ByteBlock) -> Bool {
    guard data.count >= checksumLength else { return false }
    let end = data.count - checksumLength
    let compressed = data.extracting(0..<end)
    let start = output.count
    guard expandBlock(compressed, limit: limit, to: &output) else { return false }
    let checksum = output.withBytes(start, output.count - start) { Deflate.checksum($0) }
    return checksum.byteSwapped == data.halfWord(at: end)
  }

  private static func expandBlock(
    _ data: Span<UInt8>, limit: Int, to output: inout ByteBlock
  ) -> Bool {
    unsafe data.withUnsafeBytes { source in
      let from = unsafe source.baseAddress?.assumingMemoryBound(to: CChar.self)
      var length = 0
      guard unsafe snappy_uncompressed_length(from, source.count, &length) == SNAPPY_OK,
        length <= limit
      else { return false }
      var result = SNAPPY_INVALID_INPUT
      _ = unsafe output.appendUnsafe(room: max(length, 1)) { target in
        result = unsafe snappy_uncompress(
          from, source.count, target.baseAddress?.assumingMemoryBound(to: CChar.self), &length)
        return result == SNAPPY_OK ? length : 0
      }
      return result == SNAPPY_OK
    }
  }
}
