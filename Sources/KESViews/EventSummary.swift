// The figures of a whole input, gathered in one pass and bounded memory.

package import KESCore

/// Counts events by kind, repetitions, devices and sessions by status (kes-read --stats-only). Sessions
/// count when they are over, and those that are open at the end.
package struct EventSummary: ~Copyable {
  private var counts = InlineArray<4, Int64>(repeating: 0)
  /// Events that kes-segment marked as repetitions (R7).
  package private(set) var duplicates: Int64 = 0
  package private(set) var devices = DistinctCounter()
  private var least: EventTime?
  private var greatest = EventTime.beforeAll
  /// One a status, in their order, that of the open sessions last.
  private var sessions = InlineArray<7, SessionFigures> { _ in SessionFigures() }
  private var gatherer = SessionGatherer()
  private let choice: SessionChoice

  /// - Parameter choice: which sessions count; records all do.
  package init(choice: SessionChoice = SessionChoice()) { self.choice = choice }

  /// How many sessions have begun and are not over.
  package var openSessions: Int { gatherer.openCount }

  /// Counts the batch's records, whose details must be there, and the sessions that are over by them.
  package mutating func add(_ batch: borrowing Batch) {
    for index in 0..<batch.records.count {
      let (record, detail) = (batch.records[index], batch.details[index])
      counts[Int(detail.kind.rawValue)] &+= 1
      if detail.isDuplicate { duplicates &+= 1 }
      devices.insert(batch.withText(record.key) { SessionKey.hash($0) })
      if record.role == .closed { continue }
      least = least.map { min($0, record.time) } ?? record.time
      greatest = max(greatest, record.time)
    }
    let choice = choice
    gatherer.gather(batch) { row, _, _ in if choice.selects(row) { sessions.add(row) } }
  }

  /// Counts the sessions that are open, when there are no more records.
  package mutating func finish() {
    let choice = choice
    gatherer.finish { row, _, _ in if choice.selects(row) { sessions.add(row) } }
  }

  /// Counts a session.
  mutating func add(_ row: SessionRow) { sessions.add(row) }

  // MARK: Figures

  package func count(of kind: EventKind) -> Int64 { counts[Int(kind.rawValue)] }

  /// All records, `SessionClosed` too.
  package var records: Int64 { EventKind.allCases.reduce(0) { $0 + count(of: $1) } }

  /// The least and the greatest time of the events; nil where there are none. A `SessionClosed`
  /// does not count: it tells of a time that no event needs to have.
  package var times: (first: EventTime, last: EventTime)? { least.map { ($0, greatest) } }

  /// From the first event to the last, in milliseconds.
  package var span: UInt64 { times.map { $0.first.elapsed(until: $0.last) } ?? 0 }

  /// Events a second of event time; nil where none passed.
  package var rate: Double? {
    let events = records - count(of: .sessionClosed)
    return span == 0 ? nil : Double(events) * 1000 / Double(span)
  }

  /// Hands the figures of every status that occurred to `visit`, those of open sessions, nil, last.
  func forEachStatus(_ visit: (SessionStatus?, borrowing SessionFigures) -> Void) {
    for (index, status) in SessionStatus?.all.enumerated() where sessions[index].count > 0 {
      visit(status, sessions[index])
    }
  }
}

extension InlineArray<7, SessionFigures> {
  fileprivate mutating func add(_ row: SessionRow) {
    self[row.status.map { Int($0.rawValue) } ?? 6].add(row)
  }
}

/// Writes a summary, once, at the end of a run.
package protocol SummaryEncoder: Sendable {
  func encode(_ summary: borrowing EventSummary, to output: inout ByteBlock)
}

/// How many sessions there were, how long they were and how many events they had.
package struct SessionFigures: ~Copyable {
  package private(set) var count: Int64 = 0
  /// How many of them did not begin with a start event.
  package private(set) var partial: Int64 = 0
  /// In milliseconds.
  package private(set) var durations = Histogram()
  package private(set) var events = Histogram()
  package private(set) var durationBins = BinCounts.durations
  package private(set) var eventBins = BinCounts.events

  mutating func add(_ row: SessionRow) {
    count += 1
    if row.isPartial { partial += 1 }
    durations.insert(row.duration)
    events.insert(UInt64(max(0, row.events)))
    durationBins.insert(row.duration)
    eventBins.insert(UInt64(max(0, row.events)))
  }
}

/// Writes a summary of all records when there are no more.
package struct SummaryReport: RecordEncoder, ~Copyable {
  private var summary: EventSummary
  private let encoder: any SummaryEncoder

  /// - Parameter choice: which sessions count; records all do.
  package init(encoder: any SummaryEncoder, choice: SessionChoice = SessionChoice()) {
    summary = EventSummary(choice: choice)
    self.encoder = encoder
  }

  package var openSessions: Int { summary.openSessions }

  package mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    summary.add(batch)
  }

  package mutating func end(_ output: inout ByteBlock) {
    summary.finish()
    encoder.encode(summary, to: &output)
  }
}
