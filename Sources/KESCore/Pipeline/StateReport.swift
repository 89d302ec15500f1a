// The open sessions of a store, a row a session.

/// Writes the open sessions of a store as they were at its last commit, task by task, in the order of
/// their keys.
public struct StateReport<Rows: SessionRowEncoder>: ~Copyable {
  private let store: StateStore
  private let filter: RecordFilter
  private let rows: Rows
  private let output: OutputStream
  private let greatestCount: Int64

  /// - Parameter greatestCount: how many rows to write at most (`-c`).
  public init(
    store: StateStore, filter: RecordFilter, rows: Rows, output: OutputStream,
    greatestCount: Int64 = .max
  ) {
    self.store = store
    self.filter = filter
    self.rows = rows
    self.output = output
    self.greatestCount = greatestCount
  }

  /// Writes them all. Throws `.state` or `.stream`.
  public mutating func run() throws(PipelineError) {
    let (store, output) = (store, output)
    rows.begin(&output.buffer)
    var count: Int64 = 0
    for task in try storing({ () throws(StateError) in try store.tasks() }) {
      try write(task, &count)
    }
    try streaming { () throws(StreamError) in try output.flush() }
  }

  private func write(_ task: Int32, _ count: inout Int64) throws(PipelineError) {
    let (store, rows, output, greatestCount) = (store, rows, output, greatestCount)
    var failure: StreamError?
    var identifier = ByteBlock()
    try storing { () throws(StateError) in
      try store.forEachSession(task: task) { device, session in
        if session.state != .open || count >= greatestCount || failure != nil { return }
        identifier.truncate(to: 0)
        session.identifier.write(to: &identifier)
        identifier.withBytes { identifier in
          if !filter.passes(device: device, session: identifier) { return }
          rows.encode(session.row, device: device, session: identifier, to: &output.buffer)
          count += 1
        }
        do throws(StreamError) { try output.flushIfFull() } catch { failure = error }
      }
    }
    if let failure { throw .stream(failure) }
  }
}

extension SessionSnapshot {
  /// As an open session shows.
  fileprivate var row: SessionRow {
    SessionRow(status: nil, start: start, end: end, events: events, isPartial: isPartial)
  }
}
