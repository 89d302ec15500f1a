// The codec zstandard, by Facebook's library.

internal import CZstandard

/// Zstandard frames (Avro 1.11 spec, "zstandard").
enum Zstandard {
  /// The library's own default.
  private static let level: Int32 = 3

  static func compress(_ data: Span<UInt8>, to output: inout ByteBlock) {
    let bound = ZSTD_compressBound(data.count)
    unsafe data.withUnsafeBytes { source in
      _ = unsafe output.appendUnsafe(room: bound) { target in
        let length = unsafe ZSTD_compress(
          target.baseAddress, target.count, source.baseAddress, source.count, level)
        precondition(ZSTD_isError(length) == 0, "out of memory")
        return length
      }
    }
  }

  static func expand(_ data: Span<UInt8>, limit: Int, to output: inout ByteBlock) -> Fault? {
    guard let stream = unsafe ZSTD_createDStream() else { preconditionFailure("out of memory") }
    defer { unsafe ZSTD_freeDStream(stream) }
    let start = output.count
    return unsafe data.withUnsafeBytes { source in
      var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      var wanted = 1
      while output.count - start <= limit {
        let room = max(source.count * 4, ZSTD_DStreamOutSize())
        let before = (output.count, unsafe input.pos)
        _ = unsafe output.appendUnsafe(room: room) { target in
          var buffer = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          wanted = unsafe ZSTD_decompressStream(stream, &buffer, &input)
          return unsafe buffer.pos
        }
        if ZSTD_isError(wanted) != 0 {
          return ZSTD_getErrorCode(wanted) == ZSTD_error_checksum_wrong
            ? .wrongChecksum : .badCompression
        }
        // A frame has ended with the input; or nothing moves, so that its end is missing.
        if unsafe wanted == 0 && input.pos == input.size { break }
        if unsafe before == (output.count, input.pos) { return .badCompression }
      }
      return output.count - start <= limit ? nil : .hugeExpansion
    }
  }
}
