// The codecs of container files, each by its library.

internal import CBzip2
internal import CLZMA
internal import CSnappy
internal import CZlib
internal import CZstandard

/// How the blocks of a container file are compressed (Avro 1.11 spec, "Required Codecs" and "Optional
/// Codecs"); the raw values are the names in the file.
public enum AvroCodec: String, CaseIterable, Sendable {
  case null, deflate, snappy, zstandard, bzip2, xz
  /// What libavro calls lzma: not in the spec.
  case lzma

  /// Appends `data`, compressed.
  func compress(_ data: Span<UInt8>, to output: inout ByteBlock) {
    switch self {
    case .null: output.append(data)
    case .deflate: Deflate.compress(data, to: &output)
    case .snappy: Snappy.compress(data, to: &output)
    case .zstandard: Zstandard.compress(data, to: &output)
    case .bzip2: Bzip2.compress(data, to: &output)
    case .xz: LZMA.compress(data, as: .xz, to: &output)
    case .lzma: LZMA.compress(data, as: .raw, to: &output)
    }
  }

  /// Appends what `data` was before it was compressed. Returns what is wrong where `data` is damaged
  /// (`.badCompression`, `.wrongChecksum` where the codec tells that), or would become more than
  /// `limit` bytes (`.hugeExpansion`); then an unknown part has been appended.
  func expand(_ data: Span<UInt8>, limit: Int, to output: inout ByteBlock) -> Fault? {
    switch self {
    case .null:
      if data.count > limit { return .hugeExpansion }
      output.append(data)
      return nil
    case .deflate: return Deflate.expand(data, limit: limit, to: &output)
    case .snappy: return Snappy.expand(data, limit: limit, to: &output)
    case .zstandard: return Zstandard.expand(data, limit: limit, to: &output)
    case .bzip2: return Bzip2.expand(data, limit: limit, to: &output)
    case .xz: return LZMA.expand(data, as: .xz, limit: limit, to: &output)
    case .lzma: return LZMA.expand(data, as: .raw, limit: limit, to: &output)
    }
  }
}

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

/// The file format .xz (Avro 1.11 spec, "xz"), of which several streams may stand behind each other, and
/// raw LZMA2 data, which libavro writes.
enum LZMA {
  enum Form { case xz, raw }

  private static let preset: UInt32 = 6
  /// `LZMA_FILTER_LZMA2`, which Swift does not import.
  private static let secondFilter: lzma_vli = 0x21
  /// `LZMA_CONCATENATED`, which Swift does not import either.
  private static let severalStreams: UInt32 = 0x08
  private static let memoryLimit: UInt64 = 256 << 20

  static func compress(_ data: Span<UInt8>, as form: Form, to output: inout ByteBlock) {
    let bound = lzma_stream_buffer_bound(data.count)
    unsafe data.withUnsafeBytes { source in
      let from = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
      _ = unsafe output.appendUnsafe(room: bound) { target in
        var length = 0
        let to = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let result =
          switch form {
          case .xz:
            unsafe lzma_easy_buffer_encode(
              preset, LZMA_CHECK_CRC64, nil, from, source.count, to, &length, bound)
          case .raw:
            unsafe withFilters {
              unsafe lzma_raw_buffer_encode($0, nil, from, source.count, to, &length, bound)
            }
          }
        precondition(result == LZMA_OK, "out of memory")
        return length
      }
    }
  }

  static func expand(
    _ data: Span<UInt8>, as form: Form, limit: Int, to output: inout ByteBlock
  ) -> Fault? {
    let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
    defer { unsafe stream.deallocate() }
    precondition(unsafe open(stream, form) == LZMA_OK, "out of memory")
    defer { unsafe lzma_end(stream) }
    let start = output.count
    return unsafe data.withUnsafeBytes { source in
      unsafe stream.pointee.next_in = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe stream.pointee.avail_in = source.count
      while output.count - start <= limit {
        let before = (output.count, unsafe stream.pointee.avail_in)
        var result = LZMA_OK
        let room = max(source.count * 4, 4096)
        _ = unsafe output.appendUnsafe(room: room) { target in
          unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
          unsafe stream.pointee.avail_out = target.count
          result = unsafe lzma_code(stream, LZMA_FINISH)
          return room - (unsafe stream.pointee.avail_out)
        }
        if result == LZMA_STREAM_END {
          if unsafe stream.pointee.avail_in > 0 { return .badCompression }
          break
        }
        // Without an error nothing moves where the end is missing.
        if unsafe result != LZMA_OK || before == (output.count, stream.pointee.avail_in) {
          return .badCompression
        }
      }
      return output.count - start <= limit ? nil : .hugeExpansion
    }
  }

  private static func open(_ stream: UnsafeMutablePointer<lzma_stream>, _ form: Form) -> lzma_ret {
    switch form {
    case .xz: unsafe lzma_stream_decoder(stream, memoryLimit, severalStreams)
    case .raw: unsafe withFilters { unsafe lzma_raw_decoder(stream, $0) }
    }
  }

  /// LZMA2 with the library's default preset, as libavro has it.
  private static func withFilters(_ body: (UnsafePointer<lzma_filter>) -> lzma_ret) -> lzma_ret {
    var options = unsafe lzma_options_lzma()
    if unsafe lzma_lzma_preset(&options, preset) != 0 { return LZMA_OPTIONS_ERROR }
    return unsafe withUnsafeMutablePointer(to: &options) { options in
      let filters = unsafe [
        lzma_filter(id: secondFilter, options: UnsafeMutableRawPointer(options)),
        lzma_filter(id: .max, options: nil),
      ]
      return unsafe filters.withUnsafeBufferPointer { filters in
        guard let first = filters.baseAddress else { return LZMA_PROG_ERROR }
        return unsafe body(first)
      }
    }
  }
}
