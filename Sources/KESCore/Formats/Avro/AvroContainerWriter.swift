// Container files: what they begin with, and how they are written.

/// What a container file begins with (Avro 1.11 spec, "Object Container Files"): `Obj`, 1, a map of
/// metadata, 16 bytes of sync marker.
public struct AvroContainerHeader: Sendable {
  static let magic: StaticString = "Obj\u{1}"
  static let syncLength = 16
  /// How long a header may be. Our choice.
  public static let greatestLength = 1 << 20

  public let schemaText: String
  /// The codec's name; `null` where the file does not say.
  public let codecName: String
  public let sync: [UInt8]
  /// How many bytes the header has.
  public let length: Int

  /// What the first bytes of a file tell.
  enum Finding {
    case header(AvroContainerHeader)
    /// The bytes end inside the header.
    case incomplete
    /// They are no header.
    case none(reason: String)
  }

  /// Whether `bytes` from `start` on begin as a container does; nil where they end too early to
  /// tell.
  static func isMagic(_ bytes: Span<UInt8>, _ start: Int) -> Bool? {
    let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]
    let shown = min(magic.count, bytes.count - start)
    for index in 0..<shown where bytes[start + index] != magic[index] { return false }
    return shown == magic.count ? true : nil
  }

  /// The header that `head`, the first bytes of a file, begins with; nil where that is none.
  public init?(of head: [UInt8]) {
    guard AvroContainerHeader.isMagic(head.span, 0) == true,
      case .header(let header) = AvroContainerHeader.find(head.span, 0)
    else { return nil }
    self = header
  }

  private init(schemaText: String, codecName: String, sync: [UInt8], length: Int) {
    self.schemaText = schemaText
    self.codecName = codecName
    self.sync = sync
    self.length = length
  }

  /// Reads the header at `start`, where the magic stands.
  static func find(_ bytes: Span<UInt8>, _ start: Int) -> Finding {
    // What is longer is none, however much of it has come in.
    let shown = bytes.extracting(0..<min(bytes.count, start + greatestLength))
    var parser = AvroHeaderParser(start: start + 4)
    let isWhole = parser.readMetadata(shown)
    let end = parser.index + syncLength
    if !isWhole && parser.reader.fault != .truncated {
      return .none(reason: "its metadata cannot be read")
    }
    if !isWhole || end > shown.count {
      return shown.count - start < greatestLength
        ? .incomplete : .none(reason: "its header is longer than \(greatestLength) bytes")
    }
    guard let schema = parser.schema else { return .none(reason: "it has no avro.schema") }
    var sync: [UInt8] = []
    for index in parser.index..<end { sync.append(bytes[index]) }
    return .header(
      AvroContainerHeader(
        schemaText: schema, codecName: parser.codec ?? "null", sync: sync, length: end - start))
  }
}

/// Reads the metadata: a map of bytes.
private struct AvroHeaderParser {
  var reader = AvroReader()
  private(set) var index: Int
  private(set) var schema: String?
  private(set) var codec: String?

  init(start: Int) { index = start }

  /// False where the map cannot be read; `reader` then says why.
  mutating func readMetadata(_ bytes: Span<UInt8>) -> Bool {
    while let count = readCount(bytes) {
      if count == 0 { return true }
      for _ in 0..<count where !readEntry(bytes) { return false }
    }
    return false
  }

  /// How many entries a block of the map has. They need not have come in yet.
  private mutating func readCount(_ bytes: Span<UInt8>) -> UInt64? {
    index = reader.long(bytes, index)
    if index < 0 { return nil }
    let count = reader.value
    // A negative count has the size of the block behind it.
    if count < 0 { index = reader.long(bytes, index) }
    return index < 0 ? nil : count.magnitude
  }

  private mutating func readEntry(_ bytes: Span<UInt8>) -> Bool {
    guard let key = readText(bytes), let value = readText(bytes) else { return false }
    if key == "avro.schema" { schema = value }
    if key == "avro.codec" { codec = value }
    return true
  }

  private mutating func readText(_ bytes: Span<UInt8>) -> String? {
    let contents = reader.length(bytes, index)
    if contents < 0 {
      index = contents
      return nil
    }
    index = contents + Int(reader.value)
    return String(decodingBytes: bytes.extracting(contents..<index))
  }
}

/// Frames the data that encoders append as blocks of a container file (Avro 1.11 spec, "Object
/// Container Files").
///
/// Encoders append data to the output's buffer and say how many records they were; when the buffer
/// is written, what stands in it becomes a block, or several where it is larger than a block may be.
/// The sync marker follows from the schema and the codec, so that one input gives one output, byte
/// for byte; the spec asks only that it does not occur in the data by chance.
public final class AvroContainerWriter: AvroWriter {
  public let avro: AvroOutput
  private let codec: AvroCodec
  private var sync: [UInt8] = []
  private var hasHeader = false
  private var hasBlocks = false
  private var compressed = ByteBlock()

  /// - Parameter blockSize: how large the data of a block become before they are cut, in bytes.
  public init(codec: AvroCodec, blockSize: Int) {
    self.codec = codec
    avro = AvroOutput(blockSize: blockSize, hasOneSchema: true)
  }

  /// Writes on in a file that has a header. Its codec must be ours.
  public func resume(_ header: AvroContainerHeader, _ schema: AvroSchema) {
    avro.begin(schema)
    sync = header.sync
    (hasHeader, hasBlocks) = (true, true)
  }

  /// Only whole blocks where there is no hurry: then where blocks are cut does not depend on how the
  /// input came in.
  public func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) throws(Failure) -> Int {
    try avro.requireWritable()
    if moment != .full { avro.cuts.finish(at: content.count) }
    if avro.schemas.isEmpty && moment == .last && content.isEmpty {
      avro.begin(avro.schemaOfNone())
    }
    if !hasHeader, let schema = avro.schemas.first { appendHeader(schema, to: &output) }
    var from = 0
    hasBlocks = hasBlocks || !avro.cuts.blocks.isEmpty
    for block in avro.cuts.blocks {
      content.withBytes(from, block.end - from) { appendBlock($0, block.count, to: &output) }
      from = block.end
    }
    avro.cuts.removeBlocks(of: from)
    return from
  }

  public func discard() { avro.cuts.removeAll() }

  /// A header alone is written anew: which schema the first record has is not known yet.
  public var hasContent: Bool { hasBlocks }

  private func appendHeader(_ schema: AvroSchema, to output: inout ByteBlock) {
    hasHeader = true
    sync = marker(of: schema)
    output.append(AvroContainerHeader.magic)
    output.append(avro: 2 as Int64)
    output.append(avro: "avro.schema")
    output.append(avro: schema.text)
    output.append(avro: "avro.codec")
    output.append(avro: codec.rawValue)
    output.append(avro: 0 as Int64)
    appendSync(to: &output)
  }

  private func marker(of schema: AvroSchema) -> [UInt8] {
    let text = Array(schema.text.utf8) + Array(codec.rawValue.utf8)
    return [0, 1].flatMap { (seed: UInt64) in
      let word = Hash.of(text.span, seed: seed)
      return (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
  }

  private func appendBlock(_ data: Span<UInt8>, _ count: Int64, to output: inout ByteBlock) {
    output.append(avro: count)
    if codec == .null {
      output.append(avro: data)
    } else {
      compressed.truncate(to: 0)
      codec.compress(data, to: &compressed)
      compressed.withBytes { output.append(avro: $0) }
    }
    appendSync(to: &output)
  }

  private func appendSync(to output: inout ByteBlock) {
    for byte in sync { output.append(byte) }
  }
}
