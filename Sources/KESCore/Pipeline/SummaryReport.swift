// Records in, figures out at the end.

/// Writes a summary of all records when there are no more.
public struct SummaryReport<Summary: SummaryEncoder>: RecordEncoder, ~Copyable {
  private var summary = EventSummary()
  private var gatherer = SessionGatherer()
  private let encoder: Summary

  public init(encoder: Summary) { self.encoder = encoder }

  public var openSessions: Int { gatherer.openCount }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    summary.add(batch)
    gatherer.gather(batch) { row, _, _ in summary.add(row) }
  }

  public mutating func end(_ output: inout ByteBlock) {
    gatherer.finish { row, _, _ in summary.add(row) }
    encoder.encode(summary, to: &output)
  }
}
