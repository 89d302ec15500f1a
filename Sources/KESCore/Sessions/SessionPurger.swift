// Session events to the closings that are missing among them.

/// Watches session events and says which sessions close that no `SessionClosed` told of.
///
/// Pure: no input or output, no clock. Sessions are told apart by key and id. Memory: sessions
/// that are open, and those that closed within `retain`, or the last so many. Cost: constant time an
/// event and a closing.
///
///     (none) ──event──▶ open ──AllDataSent──▶ ended
///                        │                      │
///                        └──SessionClosed, or ──┴──▶ closed ──retain──▶ (none)
///                           silence: a closing
///
/// Stream time is the greatest time of the events, as in R1. A `SessionClosed` does not advance it:
/// those that one event brings about stand before that event, each at its own session's time, and
/// the first of them must not make the others due (our choice). With the segmenter's timeout,
/// lateness and retain no session closes that the segmenter would close later. Where its stream time
/// ran ahead of the events that it wrote (R13, and R9 with late events assigned), that takes a
/// longer timeout.
public struct SessionPurger: ~Copyable {
  /// How long an ended session waits for its `SessionClosed` where there is no timeout, in
  /// milliseconds: the default of `--timeout`.
  private static let endedWithoutTimeout: UInt64 = 4000

  private let timeout: UInt64
  /// How far stream time must advance without an event for an open session to close (R5).
  private let silence: UInt64?
  private let endedSilence: UInt64
  /// The state `open` here is that of R2 and R3; `remembered` is a session that has ended (R4) and
  /// whose `SessionClosed` has not come.
  private var table = SessionTable(keepsRecent: false)
  private var closed: ClosedSessions
  private var streamTime: EventTime = .beforeAll
  private var sequence: Int64 = 0
  /// The number of the Avro schema of the last record that had a session; 0 where it was not Avro.
  private var schema: UInt16 = 0

  /// All in milliseconds of event time.
  ///
  /// - Parameters:
  ///   - timeout: R5; nil closes only sessions that have ended.
  ///   - lateness: R8, as the events were segmented; R5 adds it to the timeout.
  ///   - retain: how long a closed session is known as such, so that an end event that is sent again
  ///     (R6) does not open it anew; nil for as long as an open one may be silent.
  public init(timeout: UInt64?, lateness: UInt64 = 0, retain: UInt64? = nil) {
    self.timeout = timeout ?? 0
    silence = timeout.map { SessionPurger.sum($0, lateness) }
    // A variable, as nothing behind `??` may name a property here (CONTRIBUTING.md, "Settings").
    let endedSilence = silence ?? SessionPurger.endedWithoutTimeout
    self.endedSilence = endedSilence
    closed = ClosedSessions(retain: retain ?? endedSilence)
  }

  /// Closes only sessions that have ended.
  ///
  /// - Parameter last: how many closed sessions are known as such, whatever their times.
  package init(knowingLast last: Int) {
    timeout = 0
    silence = nil
    endedSilence = SessionPurger.endedWithoutTimeout
    closed = ClosedSessions(last: last)
  }

  private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  /// How many sessions have begun and not closed.
  public var openCount: Int { table.openCount + table.rememberedCount }

  /// Watches the batch's records, whose details must be there, in their order.
  ///
  /// `outcome` gets an assignment for each, all `.assigned` and without a session of their own, and
  /// the missing closings at their places, with `session` as text.
  public mutating func observe(_ batch: borrowing Batch, into outcome: inout Outcome) {
    var key = ByteBlock(capacity: 64)
    for place in 0..<batch.records.count {
      _ = observe(place, of: batch, key: &key, into: &outcome)
    }
  }

  /// Watches one record of a batch, as all are watched. Returns whether it is the `SessionClosed`
  /// of a session that is not known as closed; one without an id never is. `key` is memory to work
  /// in, reused from call to call.
  @inline(__always)
  package mutating func observe(
    _ place: Int, of batch: borrowing Batch, key: inout ByteBlock, into outcome: inout Outcome
  ) -> Bool {
    let (record, detail) = (batch.records[place], batch.details[place])
    outcome.assignments.append(
      Assignment(session: SessionIdentifier(rawValue: 0), disposition: .assigned))
    closed.forget(before: record.time)
    if record.role != .closed { advance(to: record.time, place: place, &outcome) }
    if detail.isDuplicate { return false }
    if !detail.hasSession { return record.role == .closed }
    schema = record.schema
    SessionPurger.write(session: detail.session, key: record.key, of: batch, to: &key)
    return key.withBytes { step($0, record) }
  }

  /// Closes, at the end of the input, the sessions that have ended, status `completed`; where
  /// `flush` also all others, status `flushed`, in the order in which they opened.
  public mutating func finish(flush: Bool, into outcome: inout Outcome) {
    let place = outcome.assignments.count
    while table.firstRemembered != .none {
      close(table.firstRemembered, .completed, place: place, &outcome)
    }
    if !flush { return }
    let order = table.openInOrderOfOpening()
    for index in 0..<order.count { close(order[index], .flushed, place: place, &outcome) }
  }

  // MARK: One event

  /// Returns whether the event closed a session that was not known as closed.
  @inline(__always)
  private mutating func step(_ key: Span<UInt8>, _ record: Record) -> Bool {
    let (role, time) = (record.role, record.time)
    let hash = UInt32(truncatingIfNeeded: SessionKey.hash(key))
    let index = table.find(key, hash: hash)
    if role == .closed {
      if index != .none { table.remove(index) }
      return closed.insert(key, hash: hash)
    }
    if index != .none {
      join(index, role, time)
    } else if !closed.contains(key, hash: hash) {
      open(key, hash, record)
    }
    return false
  }

  private mutating func open(
    _ key: Span<UInt8>, _ hash: UInt32, _ record: Record
  ) {
    let (role, time) = (record.role, record.time)
    sequence &+= 1
    let index = table.insert(
      key, hash: hash, identifier: SessionIdentifier(rawValue: 0), time: time, sequence: sequence)
    table[index].isPartial = !role.opens
    table[index].timeForm = record.timeForm
    table[index].events = 1
    table[index].latestStreamTime = streamTime
    if role.completes { table.remember(index) }
  }

  private mutating func join(_ index: SessionIndex, _ role: Role, _ time: EventTime) {
    let hasEnded = table[index].state == .remembered
    // The end sent again (R6) belongs to the session and does not count a second time.
    if hasEnded && role == .end { return }
    sequence &+= 1
    table[index].start = min(table[index].start, time)
    table[index].end = max(table[index].end, time)
    table[index].events &+= 1
    table[index].latestStreamTime = streamTime
    table[index].latestSequence = sequence
    if role.completes { table.remember(index) } else { table.moveToEnd(index) }
  }

  // MARK: Closing

  /// Moves stream time forward and closes what is due, in the order of the latest events.
  @inline(__always)
  private mutating func advance(to time: EventTime, place: Int, _ outcome: inout Outcome) {
    if time <= streamTime { return }
    streamTime = time
    closeDue(place: place, &outcome)
  }

  private mutating func closeDue(place: Int, _ outcome: inout Outcome) {
    while true {
      let open = silence.map { due(table.firstOpen, after: $0) } ?? .none
      let ended = due(table.firstRemembered, after: endedSilence)
      if open == .none && ended == .none { return }
      let isOpenFirst =
        ended == .none
        || (open != .none && table[open].latestSequence < table[ended].latestSequence)
      if isOpenFirst {
        close(open, .timeout, place: place, &outcome)
      } else {
        close(ended, .completed, place: place, &outcome)
      }
    }
  }

  /// The session at the head of its list where it is due, or `.none`.
  @inline(__always)
  private func due(_ head: SessionIndex, after silence: UInt64) -> SessionIndex {
    guard head != .none else { return .none }
    return table[head].latestStreamTime.elapsed(until: streamTime) >= silence ? head : .none
  }

  private mutating func close(
    _ index: SessionIndex, _ status: SessionStatus, place: Int, _ outcome: inout Outcome
  ) {
    let session = table[index]
    let (identifier, key) = table.withKey(of: index) { both in
      let pair = both.extracting(SessionKey.identity(both))
      let keyStart = SessionPurger.keyStart(in: pair)
      return (
        outcome.keepClosingText(pair.extracting(4..<keyStart)),
        outcome.keepClosingText {
          SessionKey.append(
            pair.extracting(keyStart..<pair.count),
            details: both.extracting(SessionKey.details(both)), to: &$0)
        }
      )
    }
    outcome.closings.append(
      Closing(
        place: place, key: key, session: .text(identifier), status: status,
        isPartial: session.isPartial,
        time: status == .timeout ? session.end.advanced(by: timeout) : session.end,
        timeForm: session.timeForm,
        start: session.start, end: session.end, events: session.events, schema: schema))
    SessionPurger.move(index, from: &table, to: &closed)
  }

  private static func move(
    _ index: SessionIndex, from table: inout SessionTable, to closed: inout ClosedSessions
  ) {
    let hash = table[index].hash
    table.withKey(of: index) { _ = closed.insert($0, hash: hash) }
    table.remove(index)
  }

  // MARK: Keys

  /// Writes what tells a session from others in place of what `output` held: the length of the id (4
  /// bytes, big-endian, so that the first is none that a `SessionKey` begins with), the id and the key,
  /// so that no two sessions share one; with the details that the key has.
  @inline(__always)
  private static func write(
    session: TextRange, key: TextRange, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    output.truncate(to: 0)
    output.append(keyField: UInt32(truncatingIfNeeded: session.length))
    batch.withText(session) { output.append($0) }
    batch.withText(key) { key in
      output.append(key.extracting(SessionKey.identity(key)))
      if SessionKey.isDetailed(key) { SessionPurger.addDetails(of: key, to: &output) }
    }
  }

  @inline(never)
  private static func addDetails(of key: Span<UInt8>, to pair: inout ByteBlock) {
    var detailed = ByteBlock(capacity: pair.count + key.count)
    pair.withBytes {
      SessionKey.append($0, details: key.extracting(SessionKey.details(key)), to: &detailed)
    }
    swap(&pair, &detailed)
  }

  /// Where the key begins in what tells a session from others.
  private static func keyStart(in pair: Span<UInt8>) -> Int {
    4 + Int(UInt32(bigEndian: pair.halfWord(at: 0)))
  }
}

/// Knows closed sessions by their keys: all until time has gone on by `retain`, or the last so many.
///
/// Time here is the greatest time told of, that of a `SessionClosed` included, so that memory stays
/// bounded also where nothing else comes. A session costs what it does in a `SessionTable`.
struct ClosedSessions: ~Copyable {
  /// Nil where time makes nobody forgotten.
  private let retain: UInt64?
  private let greatestCount: Int
  private var table = SessionTable(keepsRecent: false)
  private var time: EventTime = .beforeAll

  /// - Parameter retain: milliseconds of event time.
  init(retain: UInt64) {
    self.retain = retain
    greatestCount = .max
  }

  /// - Parameter last: how many are known, whatever their times.
  init(last: Int) {
    precondition(last > 0)
    retain = nil
    greatestCount = last
  }

  func contains(_ key: Span<UInt8>, hash: UInt32) -> Bool {
    table.find(key, hash: hash) != .none
  }

  /// Adds a session, and forgets the first where there are too many. Returns whether it was new;
  /// one that is known already keeps its place. `hash` is that of the key's identity.
  mutating func insert(_ key: Span<UInt8>, hash: UInt32) -> Bool {
    if contains(key, hash: hash) { return false }
    if table.openCount >= greatestCount { table.remove(table.firstOpen) }
    let index = table.insert(
      key, hash: hash, identifier: SessionIdentifier(rawValue: 0), time: time, sequence: 0)
    table[index].latestStreamTime = time
    return true
  }

  /// Lets time go on to `time`, and forgets the sessions that closed long enough before.
  @inline(__always)
  mutating func forget(before time: EventTime) {
    guard let retain, time > self.time else { return }
    self.time = time
    while table.firstOpen != .none,
      table[table.firstOpen].latestStreamTime.elapsed(until: time) >= retain
    {
      table.remove(table.firstOpen)
    }
  }
}

/// Purgers by partition: stream time and sessions are a partition's own (cli.md, section 2).
///
/// Memory: that of each purger. Made when a partition first brings something.
struct SessionPurgers: ~Copyable {
  /// Boxed, as a dictionary does not take what cannot be copied.
  private final class Box {
    var purger: SessionPurger
    init(_ purger: consuming SessionPurger) { self.purger = purger }
  }

  private let make: () -> SessionPurger
  private var boxes: [Int32: Box] = [:]

  /// - Parameter make: makes a partition's purger.
  init(_ make: @escaping () -> SessionPurger) { self.make = make }

  /// How many sessions have begun and not closed.
  var openCount: Int { boxes.values.reduce(0) { $0 + $1.purger.openCount } }

  /// Watches the records of a batch, all of one partition (`SessionPurger.observe`).
  mutating func observe(
    _ batch: borrowing Batch, of partition: Int32, into outcome: inout Outcome
  ) {
    box(partition).purger.observe(batch, into: &outcome)
  }

  /// Closes what closes at the end of the input, partition by partition (`SessionPurger.finish`).
  mutating func finish(flush: Bool, into outcome: inout Outcome) {
    for partition in boxes.keys.sorted() {
      box(partition).purger.finish(flush: flush, into: &outcome)
    }
  }

  private mutating func box(_ partition: Int32) -> Box {
    if let known = boxes[partition] { return known }
    let made = Box(make())
    boxes[partition] = made
    return made
  }
}
