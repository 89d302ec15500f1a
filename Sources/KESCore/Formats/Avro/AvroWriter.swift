// What encoders of Avro say to whoever frames their data.

/// Frames Avro data. Encoders append data to the buffer of an output, note where each record ends,
/// and say once what schema the data have.
public protocol AvroWriter: OutputFraming {
  /// Where the records end; lent to encoders while they work on a batch.
  var cuts: AvroBlockCuts { get set }

  /// What the data are; to be said before the first are written. Only the first time counts.
  func begin(_ schema: AvroSchema)

  /// The schema of an output that gets no record, where that is to be told.
  var schemaOfNone: () -> AvroSchema { get set }

  /// Whether the schema, where it is known, has a field for duplicates (R7).
  var marksDuplicates: Bool { get }
}
