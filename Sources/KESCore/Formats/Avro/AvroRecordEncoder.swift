// Records as a container file: the input's data, unchanged.

/// Writes records as data of the run's schema: Avro records as they are, others converted.
public struct AvroRecordEncoder: ~Copyable, RecordEncoder {
  private let writer: any AvroWriter
  private let target: AvroTarget
  private var source: AvroRecordSource

  /// - Parameters:
  ///   - target: to which the decoder keeps, too.
  ///   - converter: turns records that are not Avro into data of the target.
  public init(
    writer: any AvroWriter, target: AvroTarget, converter: any RecordConverter
  ) {
    self.writer = writer
    self.target = target
    source = AvroRecordSource(target: target, converter: converter)
    writer.schemaOfNone = { target.schema ?? .event }
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    beginBatch()
    for index in 0..<batch.records.count { append(index, of: batch, to: &output) }
  }

  /// To be called before the first `append` of a batch.
  public mutating func beginBatch() {
    source.beginBatch()
    if let schema = target.schema { writer.begin(schema) }
  }

  @inline(__always)
  public mutating func append(
    _ index: Int, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    source.append(index, of: batch, to: &output)
    writer.cuts.note(end: output.count)
  }
}
