// Session events as a container file: the input's data as they are, and the closings among them.

/// Writes a batch of session events that have their sessions already.
public struct AvroThroughEncoder: ~Copyable, SessionEventEncoder {
  private let writer: any AvroWriter
  private let target: AvroTarget
  private var source: AvroRecordSource
  private var closingEncoder: AvroClosingEncoder
  private var hasBegun = false

  /// As `AvroRecordEncoder.init`.
  public init(
    writer: any AvroWriter, target: AvroTarget, converter: any RecordConverter
  ) {
    self.writer = writer
    self.target = target
    source = AvroRecordSource(target: target, converter: converter)
    closingEncoder = AvroClosingEncoder(to: .sessionEvent, marksDuplicates: false)
    writer.schemaOfNone = { AvroThroughEncoder.schema(of: target) }
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
      if !hasBegun { begin() }
      closingEncoder.append(closing, of: outcome, to: &output)
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
    source.append(index, of: batch, to: &output)
    cuts.note(end: output.count)
    index &+= 1
    if !hasBegun { begin() }
  }

  private mutating func begin() {
    hasBegun = true
    let schema = AvroThroughEncoder.schema(of: target)
    writer.begin(schema)
    closingEncoder = AvroClosingEncoder(
      to: schema, marksDuplicates: false, named: target.sessions.session)
  }

  private static func schema(of target: AvroTarget) -> AvroSchema {
    target.schema ?? .sessionEvent(named: target.sessions.session, marksDuplicates: false)
  }
}
