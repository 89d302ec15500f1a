// The codec deflate, by zlib; and its checksum, which snappy needs.

internal import CZlib

/// RFC 1951 data without zlib's header (Avro 1.11 spec, "deflate").
enum Deflate {
  /// Negative: no header and no checksum.
  private static let windowBits: Int32 = -15
  private static let memoryLevel: Int32 = 8

  static func compress(_ data: Span<UInt8>, to output: inout ByteBlock) {
    // The library wants the stream to stay where it was opened.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    let opened = unsafe deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(opened == Z_OK, "out of memory")
    defer { unsafe deflateEnd(stream) }
    let bound = Int(unsafe deflateBound(stream, UInt(data.count)))
    unsafe data.withUnsafeBytes { source in
      _ = unsafe output.appendUnsafe(room: bound) { target in
        unsafe attach(stream, source, 0, target)
        // The bound holds all at once.
        precondition(unsafe deflate(stream, Z_FINISH) == Z_STREAM_END)
        return bound - Int(unsafe stream.pointee.avail_out)
      }
    }
  }

  /// What stands behind the end of the stream does not matter: fastavro leaves part of zlib's
  /// checksum there.
  static func expand(_ data: Span<UInt8>, limit: Int, to output: inout ByteBlock) -> Fault? {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    let opened = unsafe inflateInit2_(
      stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(opened == Z_OK, "out of memory")
    defer { unsafe inflateEnd(stream) }
    let start = output.count
    var result = Z_OK
    var used = 0
    unsafe data.withUnsafeBytes { source in
      while result == Z_OK && output.count - start <= limit {
        let room = max(source.count * 4, 4096)
        _ = unsafe output.appendUnsafe(room: room) { target in
          unsafe attach(stream, source, used, target)
          result = unsafe inflate(stream, Z_NO_FLUSH)
          used = source.count - Int(unsafe stream.pointee.avail_in)
          return room - Int(unsafe stream.pointee.avail_out)
        }
      }
    }
    if output.count - start > limit { return .hugeExpansion }
    return result == Z_STREAM_END ? nil : .badCompression
  }

  /// Lends zlib both ends; it does not write to the first.
  private static func attach(
    _ stream: UnsafeMutablePointer<z_stream>, _ source: UnsafeRawBufferPointer, _ used: Int,
    _ target: UnsafeMutableRawBufferPointer
  ) {
    let rest = unsafe UnsafeRawBufferPointer(rebasing: source[used...])
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: rest.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(rest.count)
    unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(target.count)
  }

  /// CRC-32 as of zlib.
  static func checksum(_ data: Span<UInt8>) -> UInt32 {
    unsafe data.withUnsafeBytes { bytes in
      UInt32(
        truncatingIfNeeded: unsafe crc32_z(
          0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
  }
}
