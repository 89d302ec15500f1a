// The codecs xz and lzma, by liblzma.

internal import CLZMA

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
