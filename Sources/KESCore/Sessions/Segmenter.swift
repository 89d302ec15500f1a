// Events to sessions: the rules R1 to R14 of cli.md, section 2, and nothing else.

/// Gives every record of a batch its session, and closes the sessions that are due.
///
/// Pure: no input or output, no clock. One segmenter serves one task (an input partition). Cost:
/// constant time an event and a closing, whatever the number of open sessions.
///
///     (none) ──start, data──▶ open ──end──▶ remembered (with --retain) ──▶ (none)
///                              │  │
///                              │  └──end──▶ (none)
///                              └──gap, silence, limit, another start, flush──▶ (none)
public struct Segmenter: ~Copyable {
  let rules: SegmentationRules
  private let silence: UInt64?
  private let watchesRecords: Bool
  private var identifiers: SessionIdentifierSource
  var table: SessionTable
  /// Of the keys of the batch at hand, and zeros behind them.
  private var hashes = Column<UInt64>()
  /// How many events ahead memory is asked for.
  private static let lookAhead = 12
  var changes: SessionChanges
  /// The greatest time seen (R1); with reordering, that of the events applied (R9).
  public private(set) var streamTime: EventTime = .beforeAll
  /// No session is due before stream time reaches this.
  private var nextDue: EventTime = .beforeAll
  /// How many events have been applied.
  public private(set) var sequence: Int64 = 0
  /// The number of the Avro schema of the last event that came; 0 where it was not Avro.
  public internal(set) var schema: UInt16 = 0

  /// - Parameters:
  ///   - tracksChanges: whether changes since the last commit are kept, for a store.
  ///   - generator: where random ids come from, if the rules ask for them.
  public init(
    rules: SegmentationRules, tracksChanges: Bool = false,
    generator: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) {
    self.rules = rules
    silence = rules.silence
    watchesRecords = rules.duplicates != .keep
    identifiers = SessionIdentifierSource(
      isRandom: rules.usesRandomIdentifiers, generator: generator)
    table = SessionTable(keepsRecent: rules.duplicates != .keep)
    changes = SessionChanges(isTracking: tracksChanges)
  }

  public var openCount: Int { table.openCount }

  /// Segments the batch's records in their order; `outcome` gets an assignment for each.
  public mutating func segment(_ batch: borrowing Batch, into outcome: inout Outcome) {
    hashKeys(of: batch)
    let wantsPrefetch = table.wantsPrefetch
    for index in 0..<batch.records.count {
      if wantsPrefetch { prefetch(ahead: index) }
      let record = batch.records[index]
      let hash = hashes[index]
      let assignment = batch.withText(record.key) { key in
        step(record, key, hash, of: batch, place: index, &outcome)
      }
      outcome.assignments.append(assignment)
      schema = record.schema
    }
    advance(to: batch.finalStreamTime, place: batch.records.count, &outcome)
  }

  private mutating func hashKeys(of batch: borrowing Batch) {
    hashes.removeAll()
    for index in 0..<batch.records.count {
      hashes.append(batch.withText(batch.records[index].key) { SessionKey.hash($0) })
    }
    // So that looking ahead needs no look at the end.
    for _ in 0..<Segmenter.lookAhead { hashes.append(0) }
  }

  /// Asks in time for the sessions of the events that come next: with many open sessions, waiting
  /// for memory is most of the work.
  @inline(__always)
  private func prefetch(ahead index: Int) {
    table.prefetchSlot(shortHash(index &+ Segmenter.lookAhead))
    table.prefetchSession(shortHash(index &+ 8))
    table.prefetchKey(shortHash(index &+ 4))
  }

  @inline(__always)
  private func shortHash(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: hashes[index]) }

  /// Lets stream time go on to `time` without an event (R9, R13); closings come last.
  public mutating func advance(to time: EventTime, into outcome: inout Outcome) {
    advance(to: time, place: outcome.assignments.count, &outcome)
  }

  /// How much further stream time must go for the next session to be due; nil where none is open.
  public var millisecondsUntilDue: UInt64? {
    guard let silence, table.firstOpen != .none else { return nil }
    let elapsed = table[table.firstOpen].latestStreamTime.elapsed(until: streamTime)
    return silence > elapsed ? silence - elapsed : 0
  }

  /// Closes every open session, status `flushed`, in the order in which they opened (R11).
  public mutating func flush(into outcome: inout Outcome) {
    let order = table.openInOrderOfOpening()
    for place in 0..<order.count {
      close(order[place], .flushed, place: outcome.assignments.count, &outcome)
    }
    forgetRemembered()
  }

  mutating func forgetRemembered() {
    while table.firstRemembered != .none { forget(table.firstRemembered) }
  }

  // MARK: One event (R14)

  @inline(__always)
  private mutating func step(
    _ record: Record, _ key: Span<UInt8>, _ hash: UInt64, of batch: borrowing Batch, place: Int,
    _ outcome: inout Outcome
  ) -> Assignment {
    if record.role == .passed {
      return Assignment(session: SessionIdentifier(rawValue: 0), disposition: .filtered)
    }
    advance(to: max(record.streamTime, record.time), place: place, &outcome)
    if rules.late == .leaveOut && isLate(record) {
      return Assignment(session: SessionIdentifier(rawValue: 0), disposition: .late)
    }
    let shortHash = UInt32(truncatingIfNeeded: hash)
    var index = table.find(key, hash: shortHash)
    var digest: UInt64 = 0
    if watchesRecords {
      digest = batch.withRecordBytes(record) { Hash.of($0) }
      if index != .none && table.hasRecent(digest, of: index) {
        return Assignment(session: table[index].identifier, disposition: .duplicate)
      }
    }
    sequence &+= 1
    if index != .none && table[index].state == .remembered {
      if record.role == .end { return retry(index, digest) }
      forget(index)
      index = .none
    }
    if index != .none && closesBefore(record, index, place, &outcome) { index = .none }
    if index == .none {
      index = table.insert(
        key, hash: shortHash,
        identifier: identifiers.next(keyHash: hash, time: record.time, position: record.position),
        time: record.time, sequence: sequence)
      table[index].isPartial = rules.knowsStarts && !record.role.opens
      table[index].timeForm = record.timeForm
    }
    schema = record.schema
    return join(record, index, digest, place, &outcome)
  }

  /// Whether the record came behind the watermark (R8); known already where events are reordered.
  @inline(__always)
  private func isLate(_ record: Record) -> Bool {
    rules.reorders
      ? record.isLate : record.time.elapsed(until: streamTime) > rules.lateness
  }

  /// Closes the open session of the record's key where the record cannot join it: gap (R5), span
  /// (R10), another start (R2), in this order. Says whether it did.
  @inline(__always)
  private mutating func closesBefore(
    _ record: Record, _ index: SessionIndex, _ place: Int, _ outcome: inout Outcome
  ) -> Bool {
    let session = table[index]
    let status: SessionStatus
    if let timeout = rules.timeout, session.end.elapsed(until: record.time) >= timeout {
      status = .timeout
    } else if let span = rules.greatestSpan, session.start.elapsed(until: record.time) >= span {
      status = .limit
    } else if record.role.opens {
      status = .superseded
    } else {
      return false
    }
    close(index, status, place: place, &outcome)
    return true
  }

  /// Adds the record to the open session (R2 to R4), and closes that where it is complete or full.
  @inline(__always)
  private mutating func join(
    _ record: Record, _ index: SessionIndex, _ digest: UInt64, _ place: Int,
    _ outcome: inout Outcome
  ) -> Assignment {
    let (identifier, events) = table[index].join(
      record.time, streamTime: streamTime, sequence: sequence)
    table.moveToEnd(index)
    table.appendRecent(digest, to: index)
    changes.note(index, in: &table)
    if record.role.completes {
      complete(index, place: place &+ 1, &outcome)
    } else if let greatest = rules.greatestEvents, events >= greatest {
      close(index, .limit, place: place &+ 1, &outcome)
    }
    return Assignment(session: identifier, disposition: .assigned)
  }

  /// A completed session's end event, sent again (R6): emitted, and closes nothing.
  private mutating func retry(_ index: SessionIndex, _ digest: UInt64) -> Assignment {
    table.appendRecent(digest, to: index)
    changes.note(index, in: &table)
    return Assignment(session: table[index].identifier, disposition: .assigned)
  }

  /// Goes on from where another run was.
  mutating func resume(streamTime: EventTime, sequence: Int64) {
    self.streamTime = streamTime
    self.sequence = sequence
    nextDue = .beforeAll
  }

  // MARK: Closing

  /// Moves stream time forward and closes what is due by silence (R5), in the order of the latest
  /// events; forgets what was remembered long enough (R6).
  @inline(__always)
  private mutating func advance(to time: EventTime, place: Int, _ outcome: inout Outcome) {
    if time <= streamTime { return }
    streamTime = time
    if time >= nextDue { closeDue(place: place, &outcome) }
  }

  /// Closes and forgets what is due, and notes when that will next be so.
  @inline(never)
  private mutating func closeDue(place: Int, _ outcome: inout Outcome) {
    if let silence {
      while table.firstOpen != .none,
        isDue(table[table.firstOpen].latestStreamTime, after: silence)
      {
        close(table.firstOpen, .timeout, place: place, &outcome)
      }
    }
    if let retain = rules.retain {
      while table.firstRemembered != .none,
        isDue(table[table.firstRemembered].latestStreamTime, after: retain)
      {
        forget(table.firstRemembered)
      }
    }
    nextDue = min(
      due(of: table.firstOpen, after: silence), due(of: table.firstRemembered, after: rules.retain))
  }

  /// The earliest stream time at which the list that begins with `first` has anything due: its head
  /// can only be replaced by later ones, and an empty list only be filled from now on.
  private func due(of first: SessionIndex, after duration: UInt64?) -> EventTime {
    guard let duration else { return EventTime(milliseconds: .max) }
    let since = first == .none ? streamTime : table[first].latestStreamTime
    return since.advanced(by: duration)
  }

  @inline(__always)
  private func isDue(_ since: EventTime, after duration: UInt64) -> Bool {
    since.elapsed(until: streamTime) >= duration
  }

  private mutating func complete(_ index: SessionIndex, place: Int, _ outcome: inout Outcome) {
    guard let retain = rules.retain, retain > 0 else {
      close(index, .completed, place: place, &outcome)
      return
    }
    emit(index, .completed, place: place, &outcome)
    table.remember(index)
  }

  private mutating func close(
    _ index: SessionIndex, _ status: SessionStatus, place: Int, _ outcome: inout Outcome
  ) {
    emit(index, status, place: place, &outcome)
    forget(index)
  }

  private mutating func forget(_ index: SessionIndex) {
    changes.noteRemoval(of: index, in: &table)
    table.remove(index)
  }

  private func emit(
    _ index: SessionIndex, _ status: SessionStatus, place: Int, _ outcome: inout Outcome
  ) {
    if !outcome.keepsClosings { return }
    let session = table[index]
    let key = table.withKey(of: index) { outcome.keepClosingText($0) }
    let time = status == .timeout ? session.end.advanced(by: rules.timeout ?? 0) : session.end
    outcome.closings.append(
      Closing(
        place: place, key: key, session: .identifier(session.identifier), status: status,
        isPartial: session.isPartial, time: time, timeForm: session.timeForm,
        start: session.start, end: session.end, events: session.events, schema: schema))
  }
}

/// Makes session ids: from what is known of the session's first event, or at random.
struct SessionIdentifierSource {
  private var generator: any RandomNumberGenerator
  private let isRandom: Bool

  init(isRandom: Bool, generator: any RandomNumberGenerator) {
    self.isRandom = isRandom
    self.generator = generator
  }

  /// The id of a session that begins with the event of key hash `keyHash`, `time` and `position`.
  ///
  /// Deterministic ids depend on nothing else, so the same input gives the same ids in every run.
  @inline(__always)
  mutating func next(keyHash: UInt64, time: EventTime, position: Int64) -> SessionIdentifier {
    if isRandom { return random() }
    let withTime = Hash.combine(keyHash, UInt64(bitPattern: time.milliseconds))
    return .deterministic(Hash.combine(withTime, UInt64(bitPattern: position)))
  }

  @inline(never)
  private mutating func random() -> SessionIdentifier { .random(using: &generator) }
}
