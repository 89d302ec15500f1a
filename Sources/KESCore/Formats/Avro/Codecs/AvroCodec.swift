// The codecs of container files.

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
