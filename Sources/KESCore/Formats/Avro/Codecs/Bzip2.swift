// The codec bzip2, by Julian Seward's library.

internal import CBzip2

/// bzip2 (Avro 1.11 spec, "bzip2"): of several streams, as parallel compressors write them, all are read.
enum Bzip2 {
  private static let hundredKilobytes: Int32 = 9

  static func compress(_ data: Span<UInt8>, to output: inout ByteBlock) {
    // The bound that the library's manual gives.
    let bound = data.count + data.count / 100 + 600
    unsafe data.withUnsafeBytes { source in
      _ = unsafe output.appendUnsafe(room: bound) { target in
        var length = UInt32(target.count)
        let result = unsafe BZ2_bzBuffToBuffCompress(
          target.baseAddress?.assumingMemoryBound(to: CChar.self), &length,
          UnsafeMutablePointer(mutating: source.baseAddress?.assumingMemoryBound(to: CChar.self)),
          UInt32(source.count), hundredKilobytes, 0, 0)
        precondition(result == BZ_OK, "out of memory")
        return Int(length)
      }
    }
  }

  static func expand(_ data: Span<UInt8>, limit: Int, to output: inout ByteBlock) -> Fault? {
    // The library wants the stream to stay where it was opened.
    let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: bz_stream())
    defer { unsafe stream.deallocate() }
    precondition(unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK, "out of memory")
    defer { unsafe BZ2_bzDecompressEnd(stream) }
    let start = output.count
    return unsafe data.withUnsafeBytes { source in
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: source.baseAddress?.assumingMemoryBound(to: CChar.self))
      unsafe stream.pointee.avail_in = UInt32(source.count)
      while output.count - start <= limit {
        let before = (output.count, unsafe stream.pointee.avail_in)
        var result = BZ_OK
        let room = max(source.count * 4, 4096)
        _ = unsafe output.appendUnsafe(room: room) { target in
          unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: CChar.self)
          unsafe stream.pointee.avail_out = UInt32(target.count)
          result = unsafe BZ2_bzDecompress(stream)
          return room - Int(unsafe stream.pointee.avail_out)
        }
        if result == BZ_STREAM_END {
          if unsafe stream.pointee.avail_in == 0 { break }
          unsafe beginAgain(stream)
        } else if unsafe result != BZ_OK || before == (output.count, stream.pointee.avail_in) {
          // Without an error nothing moves where the stream's end is missing.
          return .badCompression
        }
      }
      return output.count - start <= limit ? nil : .hugeExpansion
    }
  }

  /// Opens the stream that stands behind the one that has ended.
  private static func beginAgain(_ stream: UnsafeMutablePointer<bz_stream>) {
    let (next, left) = unsafe (stream.pointee.next_in, stream.pointee.avail_in)
    unsafe BZ2_bzDecompressEnd(stream)
    unsafe stream.pointee = bz_stream()
    precondition(unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK, "out of memory")
    unsafe stream.pointee.next_in = next
    unsafe stream.pointee.avail_in = left
  }
}
