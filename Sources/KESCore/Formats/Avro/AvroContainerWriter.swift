// Records to container files: headers and blocks.

/// Frames the data that encoders append as blocks of a container file (Avro 1.11 spec, "Object
/// Container Files").
///
/// Encoders append data to the output's buffer and say how many records they were; when the buffer
/// is written, what stands in it becomes a block, or several where it is larger than a block may be.
/// The sync marker follows from the schema and the codec, so that one input gives one output, byte
/// for byte; the spec asks only that it does not occur in the data by chance.
public final class AvroContainerWriter: AvroWriter {
  private let codec: AvroCodec
  private var schema: AvroSchema?
  private var sync: [UInt8] = []
  private var hasHeader = false
  private var hasBlocks = false
  /// What a file holds that gets no record.
  public var schemaOfNone: () -> AvroSchema = { .event }
  public var cuts: AvroBlockCuts
  private var compressed = ByteBlock()

  /// - Parameter blockSize: how large the data of a block become before they are cut, in bytes.
  public init(codec: AvroCodec, blockSize: Int) {
    self.codec = codec
    cuts = AvroBlockCuts(blockSize: blockSize)
  }

  public var namesSchemas: Bool { false }
  public var failure: SchemaFailure?

  @discardableResult
  public func begin(_ schema: AvroSchema) -> Int {
    if self.schema != nil { return 0 }
    self.schema = schema
    let text = Array(schema.text.utf8) + Array(codec.rawValue.utf8)
    sync =
      AvroContainerWriter.bytes(Hash.of(text.span))
      + AvroContainerWriter.bytes(Hash.of(text.span, seed: 1))
    return 0
  }

  public var marksDuplicates: Bool { schema?.marksDuplicates ?? false }

  /// Writes on in a file that has a header. Its codec must be ours.
  public func resume(_ header: AvroContainerHeader, _ schema: AvroSchema) {
    self.schema = schema
    sync = header.sync
    (hasHeader, hasBlocks) = (true, true)
  }

  private static func bytes(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
  }

  /// Only whole blocks where there is no hurry: then where blocks are cut does not depend on how the
  /// input came in.
  public func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) -> Int {
    if moment != .full { cuts.finish(at: content.count) }
    if schema == nil && moment == .last && content.isEmpty { begin(schemaOfNone()) }
    if !hasHeader { appendHeader(to: &output) }
    var from = 0
    hasBlocks = hasBlocks || !cuts.blocks.isEmpty
    for block in cuts.blocks {
      content.withBytes(from, block.end - from) { appendBlock($0, block.count, to: &output) }
      from = block.end
    }
    cuts.removeBlocks(of: from)
    return from
  }

  public func discard() { cuts.removeAll() }

  /// A header alone is written anew: which schema the first record has is not known yet.
  public var hasContent: Bool { hasBlocks }

  private func appendHeader(to output: inout ByteBlock) {
    guard let schema else { return }
    hasHeader = true
    output.append(AvroContainerHeader.magic)
    output.append(avro: 2 as Int64)
    output.append(avro: "avro.schema")
    output.append(avro: schema.text)
    output.append(avro: "avro.codec")
    output.append(avro: codec.rawValue)
    output.append(avro: 0 as Int64)
    appendSync(to: &output)
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

/// Where blocks end in a buffer.
public struct AvroBlockCuts {
  private let blockSize: Int
  private(set) var blocks: [(end: Int, count: Int64, form: Int)] = []
  /// The writer's number of the schema that the records noted next have; it changes only where every
  /// record is a block.
  var form = 0
  private var start = 0
  private var count: Int64 = 0

  init(blockSize: Int) { self.blockSize = blockSize }

  /// Notes that one more record ends at `end`.
  @inline(__always)
  mutating func note(end: Int) {
    count &+= 1
    if end &- start >= blockSize { finish(at: end) }
  }

  /// Ends the block at hand, unless it is empty.
  @inline(never)
  mutating func finish(at end: Int) {
    if count > 0 { blocks.append((end, count, form)) }
    (count, start) = (0, end)
  }

  /// Forgets all records.
  mutating func removeAll() {
    blocks.removeAll(keepingCapacity: true)
    (start, count) = (0, 0)
  }

  /// Forgets the blocks, which take the first `length` bytes of the buffer.
  mutating func removeBlocks(of length: Int) {
    blocks.removeAll(keepingCapacity: true)
    start -= length
  }
}
