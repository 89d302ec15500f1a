// Session events in, a row a session out.

/// Writes every session when it is over, and at the end those that are open.
public struct SessionReport<Rows: SessionRowEncoder>: RecordEncoder, ~Copyable {
  private var gatherer = SessionGatherer()
  private let rows: Rows
  private let greatestCount: Int64
  private var count: Int64 = 0

  /// - Parameter greatestCount: how many rows to write at most (`-c`).
  public init(rows: Rows, greatestCount: Int64 = .max) {
    self.rows = rows
    self.greatestCount = greatestCount
  }

  public var isComplete: Bool { count >= greatestCount }
  public var openSessions: Int { gatherer.openCount }

  public mutating func begin(_ output: inout ByteBlock) { rows.begin(&output) }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    let (rows, greatestCount) = (rows, greatestCount)
    var count = count
    gatherer.gather(batch) { row, device, session in
      if count >= greatestCount { return }
      rows.encode(row, device: device, session: session, to: &output)
      count += 1
    }
    self.count = count
  }

  public mutating func end(_ output: inout ByteBlock) {
    let (rows, greatestCount) = (rows, greatestCount)
    var count = count
    gatherer.finish { row, device, session in
      if count >= greatestCount { return }
      rows.encode(row, device: device, session: session, to: &output)
      count += 1
    }
    self.count = count
  }
}
