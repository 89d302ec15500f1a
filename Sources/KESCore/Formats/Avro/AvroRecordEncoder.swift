// Records as Avro: the input's data, unchanged.

/// Writes records as data of the run's schema, or each of its own: Avro records as they are, others
/// converted.
public struct AvroRecordEncoder: ~Copyable, RecordEncoder {
  private let writer: any AvroWriter
  private var source: AvroRecordSource
  private var forms: AvroForms

  /// - Parameters:
  ///   - target: to which the decoder keeps, too.
  ///   - converter: turns records that are not Avro into data of the target.
  public init(
    writer: any AvroWriter, target: AvroTarget, converter: any RecordConverter
  ) {
    self.writer = writer
    source = AvroRecordSource(writer: writer, target: target, converter: converter)
    forms = AvroForms(writer: writer, target: target) { $0 }
    writer.schemaOfNone = { target.schema ?? .event }
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    beginBatch()
    for index in 0..<batch.records.count { append(index, of: batch, to: &output) }
  }

  /// To be called before the first `append` of a batch.
  public mutating func beginBatch() { source.beginBatch() }

  @inline(__always)
  public mutating func append(
    _ index: Int, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let schema = batch.records[index].schema
    if !forms.isChosen(schema) { forms.choose(schema, &writer.cuts) }
    source.append(index, of: batch, to: &output)
    writer.cuts.note(end: output.count)
  }
}
