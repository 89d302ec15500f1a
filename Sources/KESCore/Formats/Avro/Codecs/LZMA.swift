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
    // The decoder wants room for all at once: it tries again with more where that was too little.
    var room = min(max(data.count * 4, 4096), limit)
    while true {
      var result = LZMA_OK
      let isUsedUp = expand(data, as: form, room: room, to: &output, &result)
      if result == LZMA_OK { return isUsedUp ? nil : .badCompression }
      if result != LZMA_BUF_ERROR { return .badCompression }
      if room == limit { return .hugeExpansion }
      room = min(room * 8, limit)
    }
  }

  /// One try; says whether all of the data was used.
  private static func expand(
    _ data: Span<UInt8>, as form: Form, room: Int, to output: inout ByteBlock,
    _ result: inout lzma_ret
  ) -> Bool {
    var used = 0
    unsafe data.withUnsafeBytes { source in
      let from = unsafe source.baseAddress?.assumingMemoryBound(to: UInt8.self)
      _ = unsafe output.appendUnsafe(room: room) { target in
        var length = 0
        let to = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        switch form {
        case .xz:
          var memoryLimit = UInt64(256 << 20)
          result = unsafe lzma_stream_buffer_decode(
            &memoryLimit, severalStreams, nil, from, &used, source.count, to, &length, target.count)
        case .raw:
          result = unsafe withFilters {
            unsafe lzma_raw_buffer_decode(
              $0, nil, from, &used, source.count, to, &length, target.count)
          }
        }
        return result == LZMA_OK ? length : 0
      }
    }
    return used == data.count
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
