// Session events as a container file: the input's data with the session behind them, and closings.

/// Writes a segmented batch as data of the run's schema with the session (`AvroSchema.withSession`).
public struct AvroSessionEncoder: ~Copyable, SessionEventEncoder {
  private let emission: Emission
  private let marksDuplicates: Bool
  private let writer: any AvroWriter
  private let target: AvroTarget
  private var source: AvroRecordSource
  private var closingEncoder: AvroClosingEncoder
  private var hasBegun = false

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
    self.target = target
    source = AvroRecordSource(target: target, converter: converter)
    closingEncoder = AvroClosingEncoder(to: .sessionEvent, marksDuplicates: false)
    writer.schemaOfNone = {
      AvroSessionEncoder.schema(of: target, marksDuplicates: marksDuplicates)
    }
  }

  public var wantsClosings: Bool { emission != .events }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    if batch.records.isEmpty && outcome.closings.isEmpty { return }
    if !hasBegun { begin() }
    source.beginBatch()
    var cuts = writer.cuts
    var closed = 0
    let closings = emission == .events ? 0 : outcome.closings.count
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        closingEncoder.append(outcome.closings[closed], of: outcome, to: &output)
        cuts.note(end: output.count)
        closed &+= 1
      }
      if emission != .closed,
        append(index, outcome.assignments[index], of: batch, to: &output)
      {
        cuts.note(end: output.count)
      }
    }
    while closed < closings {
      closingEncoder.append(outcome.closings[closed], of: outcome, to: &output)
      cuts.note(end: output.count)
      closed &+= 1
    }
    writer.cuts = cuts
  }

  /// Fixes what the file holds.
  private mutating func begin() {
    hasBegun = true
    target.fix(.event)
    let schema = AvroSessionEncoder.schema(of: target, marksDuplicates: marksDuplicates)
    writer.begin(schema)
    closingEncoder = AvroClosingEncoder(
      to: schema, marksDuplicates: marksDuplicates, named: target.sessions.session)
  }

  private static func schema(of target: AvroTarget, marksDuplicates: Bool) -> AvroSchema {
    let name = target.sessions.session
    return target.schema?.withSession(marksDuplicates: marksDuplicates, named: name)
      ?? .sessionEvent(named: name, marksDuplicates: marksDuplicates)
  }

  /// An event and its session; false where it is none of the output.
  @inline(__always)
  private mutating func append(
    _ index: Int, _ assignment: Assignment, of batch: borrowing Batch, to output: inout ByteBlock
  ) -> Bool {
    let isDuplicate = assignment.disposition == .duplicate
    guard assignment.disposition == .assigned || (isDuplicate && marksDuplicates) else {
      return false
    }
    source.append(index, of: batch, to: &output)
    AvroEventData.append(
      assignment.session, isDuplicate: marksDuplicates ? isDuplicate : nil, to: &output)
    return true
  }
}
