// The open sessions of a store, a row a session.

/// Writes the open sessions of a store as they were at its last commit, task by task, in the order of
/// their keys, unless another order was asked for.
public struct StateReport<Encoder: SessionRowEncoder>: ~Copyable {
  private let store: StateStore
  private let filter: RecordFilter
  private let rows: SessionRows<Encoder>
  private let output: OutputStream

  public init(
    store: StateStore, filter: RecordFilter, rows: Encoder, output: OutputStream,
    choice: SessionChoice = SessionChoice()
  ) {
    self.store = store
    self.filter = filter
    self.rows = SessionRows(rows, choice)
    self.output = output
  }

  /// Writes them all. Throws `.state` or `.stream`.
  public mutating func run() throws(PipelineError) {
    let (store, output) = (store, output)
    rows.begin(&output.buffer)
    for task in try storing({ () throws(StateError) in try store.tasks() }) { try write(task) }
    rows.end(&output.buffer)
    try streaming { () throws(StreamError) in try output.flush() }
  }

  private func write(_ task: Int32) throws(PipelineError) {
    let (store, rows, output) = (store, rows, output)
    var failure: StreamError?
    var identifier = ByteBlock()
    try storing { () throws(StateError) in
      try store.forEachSession(task: task) { device, session in
        if session.state != .open || rows.isComplete || failure != nil { return }
        identifier.truncate(to: 0)
        session.identifier.write(to: &identifier)
        identifier.withBytes { identifier in
          if !filter.passes(device: device, session: identifier) { return }
          rows.take(session.row, device: device, session: identifier, to: &output.buffer)
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
