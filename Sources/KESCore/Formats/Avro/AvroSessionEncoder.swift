// Session events as a container file: the input's data with the session behind them, and closings.

/// Writes a segmented batch as data of the run's schema, or of each record's own, with the session
/// (`AvroSchema.withSession`). A closing has the schema that it names.
public struct AvroSessionEncoder: ~Copyable, SessionEventEncoder {
  private let emission: Emission
  private let marksDuplicates: Bool
  private let writer: any AvroWriter
  private var source: AvroRecordSource
  private var forms: AvroForms

  /// - Parameters:
  ///   - target: to which the decoder keeps, too; its schema must have a `withSession`.
  ///   - converter: turns records that are not Avro into data of the target.
  public init(
    emission: Emission, marksDuplicates: Bool, writer: any AvroWriter, target: AvroTarget,
    converter: any RecordConverter
  ) {
    self.emission = emission
    self.marksDuplicates = marksDuplicates
    self.writer = writer
    source = AvroRecordSource(writer: writer, target: target, converter: converter)
    let name = target.sessions.session
    let sessions = {
      AvroSessionEncoder.sessions(of: $0, marksDuplicates: marksDuplicates, named: name)
    }
    forms = AvroForms(
      writer: writer, target: target, marksDuplicates: marksDuplicates, schema: sessions)
    writer.schemaOfNone = { sessions(target.schema ?? .event) }
  }

  public var wantsClosings: Bool { emission != .events }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    if batch.records.isEmpty && outcome.closings.isEmpty { return }
    source.beginBatch()
    var cuts = writer.cuts
    var closed = 0
    let closings = emission == .events ? 0 : outcome.closings.count
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        append(outcome.closings[closed], of: outcome, to: &output, &cuts)
        closed &+= 1
      }
      if emission != .closed {
        append(index, outcome.assignments[index], of: batch, to: &output, &cuts)
      }
    }
    while closed < closings {
      append(outcome.closings[closed], of: outcome, to: &output, &cuts)
      closed &+= 1
    }
    writer.cuts = cuts
  }

  private static func sessions(
    of schema: AvroSchema, marksDuplicates: Bool, named name: String
  ) -> AvroSchema {
    schema.withSession(marksDuplicates: marksDuplicates, named: name)
      ?? .sessionEvent(named: name, marksDuplicates: marksDuplicates)
  }

  private mutating func append(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock,
    _ cuts: inout AvroBlockCuts
  ) {
    forms.choose(closing.schema, &cuts)
    forms.append(closing, of: outcome, to: &output)
    cuts.note(end: output.count)
  }

  /// Appends an event and its session, where it is one of the output.
  @inline(__always)
  private mutating func append(
    _ index: Int, _ assignment: Assignment, of batch: borrowing Batch, to output: inout ByteBlock,
    _ cuts: inout AvroBlockCuts
  ) {
    let isDuplicate = assignment.disposition == .duplicate
    guard assignment.disposition == .assigned || (isDuplicate && marksDuplicates) else { return }
    forms.choose(batch.records[index].schema, &cuts)
    source.append(index, of: batch, to: &output)
    AvroEventData.append(
      assignment.session, isDuplicate: marksDuplicates ? isDuplicate : nil, to: &output)
    cuts.note(end: output.count)
  }
}
