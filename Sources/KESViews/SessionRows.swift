// Rows of sessions on their way to an output: those that were asked for, in the order that was.

package import KESCore

/// By what sessions are put in order.
package enum SessionOrder: String, CaseIterable, Sendable {
  /// The earliest first.
  case start
  /// The longest first.
  case duration
  /// Those of the most events first.
  case events
}

/// Which sessions a reader asked for, besides by device, id and time.
package struct SessionChoice: Sendable {
  /// Nil in it stands for open sessions; nil for all.
  package var statuses: [SessionStatus?]?
  /// Nil for as they come.
  package var order: SessionOrder?
  /// How many rows there may be; of an order the first.
  package var greatestCount = Int64.max

  package init() {}

  func selects(_ row: SessionRow) -> Bool { statuses?.contains(row.status) ?? true }
}

/// Writes rows as they come, or all at the end where they have an order. Memory: then of each row that
/// may be among the first its names and 64 bytes, and of as many again.
final class SessionRows {
  private struct Kept: BitwiseCopyable {
    var row: SessionRow
    /// Which of all it is.
    var number: Int64
    /// Where its device and its id stand, one behind the other.
    var offset: Int
    var deviceLength: Int
    var sessionLength: Int
  }

  private let encoder: any SessionRowEncoder
  private let choice: SessionChoice
  private var count: Int64 = 0
  private var kept = Column<Kept>()
  private var names = ByteBlock()

  init(_ encoder: any SessionRowEncoder, _ choice: SessionChoice) {
    self.encoder = encoder
    self.choice = choice
  }

  /// Whether no further row would change the output.
  var isComplete: Bool { choice.order == nil && count >= choice.greatestCount }

  func begin(_ output: inout ByteBlock) { encoder.begin(&output) }

  /// Takes a session; `device` and `session` are read, not kept.
  func take(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    if isComplete || !choice.selects(row) { return }
    count += 1
    guard let order = choice.order else {
      return encoder.encode(row, device: device, session: session, to: &output)
    }
    keep(row, device: device, session: session)
    if kept.count >= 1024 && Int64(kept.count) / 2 >= choice.greatestCount { keepFirst(order) }
  }

  /// Writes what was kept.
  func end(_ output: inout ByteBlock) {
    guard let order = choice.order else { return }
    sort(order)
    for index in 0..<Int(min(Int64(kept.count), choice.greatestCount)) {
      let kept = kept[index]
      names.withBytes(kept.offset, kept.deviceLength) { device in
        names.withBytes(kept.offset + kept.deviceLength, kept.sessionLength) { session in
          encoder.encode(kept.row, device: device, session: session, to: &output)
        }
      }
    }
  }

  private func keep(_ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>) {
    kept.append(
      Kept(
        row: row, number: count, offset: names.count, deviceLength: device.count,
        sessionLength: session.count))
    names.append(device)
    names.append(session)
  }

  private func sort(_ order: SessionOrder) {
    kept.sort { one, other in
      let (isBefore, isBehind) =
        switch order {
        case .start: (one.row.start < other.row.start, one.row.start > other.row.start)
        case .duration:
          (one.row.duration > other.row.duration, one.row.duration < other.row.duration)
        case .events: (one.row.events > other.row.events, one.row.events < other.row.events)
        }
      return isBefore || (!isBehind && one.number < other.number)
    }
  }

  /// Forgets all but the first rows, and their names.
  private func keepFirst(_ order: SessionOrder) {
    sort(order)
    kept.truncate(to: Int(choice.greatestCount))
    var names = ByteBlock()
    for index in 0..<kept.count {
      let length = kept[index].deviceLength + kept[index].sessionLength
      let offset = names.count
      names.append(self.names, kept[index].offset, length)
      kept[index].offset = offset
    }
    self.names = names
  }
}

/// Writes every session when it is over, and at the end those that are open.
package struct SessionReport: RecordEncoder, ~Copyable {
  private var gatherer = SessionGatherer()
  private let rows: SessionRows

  package init(rows: any SessionRowEncoder, choice: SessionChoice = SessionChoice()) {
    self.rows = SessionRows(rows, choice)
  }

  package var isComplete: Bool { rows.isComplete }
  package var openSessions: Int { gatherer.openCount }

  package mutating func begin(_ output: inout ByteBlock) { rows.begin(&output) }

  package mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    let rows = rows
    gatherer.gather(batch) { row, device, session in
      rows.take(row, device: device, session: session, to: &output)
    }
  }

  package mutating func end(_ output: inout ByteBlock) {
    let rows = rows
    gatherer.finish { row, device, session in
      rows.take(row, device: device, session: session, to: &output)
    }
    rows.end(&output)
  }
}

/// Writes the open sessions of a store as they were at its last commit, task by task, in the order of
/// their keys, unless another order was asked for.
package struct StateReport {
  private let store: StateStore
  private let filter: RecordFilter
  private let rows: SessionRows
  private let output: OutputStream

  package init(
    store: StateStore, filter: RecordFilter, rows: any SessionRowEncoder, output: OutputStream,
    choice: SessionChoice = SessionChoice()
  ) {
    self.store = store
    self.filter = filter
    self.rows = SessionRows(rows, choice)
    self.output = output
  }

  /// Writes them all. Throws `Failure`.
  package func run() throws(Failure) {
    rows.begin(&output.buffer)
    for task in try store.tasks() { try write(task) }
    rows.end(&output.buffer)
    try output.flush()
  }

  private func write(_ task: Int32) throws(Failure) {
    var failure: Failure?
    var identifier = ByteBlock()
    try store.forEachSession(task: task) { device, session in
      if session.state != .open || rows.isComplete || failure != nil { return }
      identifier.truncate(to: 0)
      session.identifier.write(to: &identifier)
      identifier.withBytes { identifier in
        if !filter.passes(device: device, session: identifier) { return }
        rows.take(session.row, device: device, session: identifier, to: &output.buffer)
      }
      do throws(Failure) { try output.flushIfFull() } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

extension SessionSnapshot {
  /// As an open session shows.
  fileprivate var row: SessionRow {
    SessionRow(status: nil, start: start, end: end, events: events, isPartial: isPartial)
  }
}
