// Session events in, a row a session out.

/// Writes every session when it is over, and at the end those that are open.
public struct SessionReport<Encoder: SessionRowEncoder>: RecordEncoder, ~Copyable {
  private var gatherer = SessionGatherer()
  private let rows: SessionRows<Encoder>

  public init(rows: Encoder, choice: SessionChoice = SessionChoice()) {
    self.rows = SessionRows(rows, choice)
  }

  public var isComplete: Bool { rows.isComplete }
  public var openSessions: Int { gatherer.openCount }

  public mutating func begin(_ output: inout ByteBlock) { rows.begin(&output) }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    let rows = rows
    gatherer.gather(batch) { row, device, session in
      rows.take(row, device: device, session: session, to: &output)
    }
  }

  public mutating func end(_ output: inout ByteBlock) {
    let rows = rows
    gatherer.finish { row, device, session in
      rows.take(row, device: device, session: session, to: &output)
    }
    rows.end(&output)
  }
}
