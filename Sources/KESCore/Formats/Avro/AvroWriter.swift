// What encoders of Avro say to whoever frames their data.

/// Frames Avro data. Encoders append data to the buffer of an output, note where each record ends,
/// and say what schema the data have.
public protocol AvroWriter: OutputFraming {
  /// Where the records end; lent to encoders while they work on a batch.
  var cuts: AvroBlockCuts { get set }

  /// Tells a schema of data that will come, before the first of them are noted. Returns by which
  /// number `cuts` name it; of a container, which holds one schema, only the first counts.
  @discardableResult
  func begin(_ schema: AvroSchema) -> Int

  /// Whether each record names its schema, so that there may be several.
  var namesSchemas: Bool { get }

  /// Why data cannot be written.
  var failure: SchemaFailure? { get set }

  /// The schema of an output that gets no record, where that is to be told.
  var schemaOfNone: () -> AvroSchema { get set }

  /// Whether the schema, where it is known, has a field for duplicates (R7).
  var marksDuplicates: Bool { get }
}
