// Avro data that wait in an output's buffer: what encoders tell of them, for whoever writes them.

/// What is known of the Avro data in an output's buffer: their schemas, and where they end.
///
/// Encoders append data to the buffer, and tell of each schema before its first data and of each record
/// behind it.
public final class AvroOutput {
  /// Whether all data are of one schema, as in a container.
  public let hasOneSchema: Bool
  /// The schemas of the data, by their numbers.
  private(set) var schemas: [AvroSchema] = []
  /// Where blocks end; lent to encoders while they work on a batch.
  var cuts: AvroBlockCuts
  /// Why the data cannot be written; nil where they can.
  var failure: Failure?
  /// The schema of an output that gets no record, where that is to be told.
  var schemaOfNone: () -> AvroSchema = { .event }

  /// - Parameter blockSize: how large the data of a block become before they are cut, in bytes: 0 where
  ///   every record is a block, nothing where there are none (`TopicRecords` says where records end).
  init(blockSize: Int = .max, hasOneSchema: Bool = false) {
    self.hasOneSchema = hasOneSchema
    cuts = AvroBlockCuts(blockSize: blockSize)
  }

  /// Tells a schema of data that will come, before the first of them are noted. Returns its number; of
  /// an output that has one schema only the first counts.
  @discardableResult
  func begin(_ schema: AvroSchema) -> Int {
    if hasOneSchema && !schemas.isEmpty { return 0 }
    if let known = schemas.firstIndex(where: { $0.isSame(as: schema) }) { return known }
    schemas.append(schema)
    return schemas.count - 1
  }

  /// Throws `failure`, where there is one.
  func requireWritable() throws(Failure) {
    if let failure { throw failure }
  }

  /// Whether the first schema, where it is known, has a field for duplicates (R7).
  public var marksDuplicates: Bool { schemas.first?.marksDuplicates ?? false }
}

/// Frames Avro data for files and pipes.
public protocol AvroWriter: OutputFraming {
  /// What encoders tell of the data.
  var avro: AvroOutput { get }
}

/// Where blocks end in a buffer.
public struct AvroBlockCuts {
  private let blockSize: Int
  private(set) var blocks: [(end: Int, count: Int64, form: Int)] = []
  /// The number of the schema that the records noted next have; of an output of blocks of several
  /// records it does not change.
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
