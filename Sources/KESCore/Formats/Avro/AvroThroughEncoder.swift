// Session events as Avro: the input's data as they are, and the closings among them.

/// Writes a batch of session events that have their sessions already. A closing has the schema that it
/// names.
public struct AvroThroughEncoder: ~Copyable, SessionEventEncoder {
  private let writer: any AvroWriter
  private var source: AvroRecordSource
  private var forms: AvroForms

  /// As `AvroRecordEncoder.init`.
  public init(
    writer: any AvroWriter, target: AvroTarget, converter: any RecordConverter
  ) {
    self.writer = writer
    source = AvroRecordSource(writer: writer, target: target, converter: converter)
    forms = AvroForms(writer: writer, target: target) { $0 }
    writer.schemaOfNone = {
      target.schema ?? .sessionEvent(named: target.sessions.session, marksDuplicates: false)
    }
  }

  public var wantsClosings: Bool { true }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    source.beginBatch()
    var cuts = writer.cuts
    var index = 0
    for closed in 0..<outcome.closings.count {
      let closing = outcome.closings[closed]
      while index < Int(closing.place) { append(&index, of: batch, to: &output, &cuts) }
      forms.choose(closing.schema, &cuts)
      forms.append(closing, of: outcome, to: &output)
      cuts.note(end: output.count)
    }
    while index < batch.records.count { append(&index, of: batch, to: &output, &cuts) }
    writer.cuts = cuts
  }

  @inline(__always)
  private mutating func append(
    _ index: inout Int, of batch: borrowing Batch, to output: inout ByteBlock,
    _ cuts: inout AvroBlockCuts
  ) {
    forms.choose(batch.records[index].schema, &cuts)
    source.append(index, of: batch, to: &output)
    cuts.note(end: output.count)
    index &+= 1
  }
}
