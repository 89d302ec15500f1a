// Records in, figures out at the end.

/// Writes a summary of all records when there are no more.
public struct SummaryReport<Summary: SummaryEncoder>: RecordEncoder, ~Copyable {
  private var summary = EventSummary()
  private var gatherer = SessionGatherer()
  private let encoder: Summary
  private let choice: SessionChoice

  /// - Parameter choice: which sessions count; records all do.
  public init(encoder: Summary, choice: SessionChoice = SessionChoice()) {
    self.encoder = encoder
    self.choice = choice
  }

  public var openSessions: Int { gatherer.openCount }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    summary.add(batch)
    let choice = choice
    gatherer.gather(batch) { row, _, _ in if choice.selects(row) { summary.add(row) } }
  }

  public mutating func end(_ output: inout ByteBlock) {
    let choice = choice
    gatherer.finish { row, _, _ in if choice.selects(row) { summary.add(row) } }
    encoder.encode(summary, to: &output)
  }
}
