// Purging sessions at rest: write the closings, then remove their sessions.

/// Closes and removes the selected sessions of a store, task by task, in the order of their latest
/// events.
///
///     StateStore ──▶ selected sessions ──▶ Encoder ──▶ OutputStream
///                                                          │ synced
///     SessionRemover ◀──────────── removals ◀──────────────┘
///
/// Goes in portions. Each is on the disk, in the pipe or with the brokers before its sessions are
/// removed. So a kill at any moment loses no closing: at worst those of the portion in hand are written
/// again by the next run. Where the store itself is purged, it notes the length of an output file in
/// the same transaction, and the next run cuts the file to that before it writes on.
public final class StorePurge {
  /// The least number of sessions of a portion.
  private static var leastPortion: Int { 10_000 }
  /// The greatest number of portions: a commit may rewrite the whole store, where the order of the
  /// events is not that of the keys.
  private static var greatestPortions: Int { 16 }
  /// How many closings are encoded at once.
  private static var chunk: Int { 1024 }

  private let store: StateStore
  private let selections: [TaskSelection]
  private let remover: (any SessionRemover)?
  private var encoder: any SessionEventEncoder & ~Copyable
  private let output: OutputStream
  private let formats: RecordFormats?
  private let signals: Signals

  private let noRecords = Batch(blockSize: 1)
  private var selection = PurgeSelection.nothing
  /// The number of the schema that the task's last event had; 0 where that does not matter.
  private var schema: UInt16 = 0
  private var selected = SelectedSessions()
  private var outcome = Outcome()
  private var changes = StateChanges()

  /// How many open sessions were closed, and how many there were before.
  public private(set) var closedCount = 0
  public private(set) var openCount = 0

  /// - Parameters:
  ///   - selections: what is to go of each task.
  ///   - formats: the output's, where closings are to have the schemas of their tasks.
  ///   - remover: nil only writes what would be purged; then a store that was opened for reading will
  ///     do.
  public init(
    store: StateStore, selections: [TaskSelection], remover: (any SessionRemover)?,
    encoder: consuming any SessionEventEncoder & ~Copyable, output: OutputStream,
    formats: RecordFormats? = nil,
    signals: Signals
  ) {
    self.store = store
    self.selections = selections
    self.remover = remover
    self.encoder = encoder
    self.output = output
    self.formats = formats
    self.signals = signals
  }

  /// Purges all that is selected, or stops between two portions when a signal asks to.
  public func run() throws(Failure) -> Ending {
    var ending = Ending.done
    for part in selections where ending == .done {
      selection = part.selection
      try select(of: part.task)
      if let signal = try purge(part.task) { ending = .stopped(signal) }
    }
    try output.finish()
    try remover?.finish(output)
    return ending
  }

  private func select(of task: Int32) throws(Failure) {
    if let formats, formats.target.followsRecords {
      schema = try store.lastSchema(task: task).map { formats.number(ofLast: $0) } ?? 0
    }
    var found = SelectedSessions()
    var open = 0
    try store.forEachSession(task: task) { key, session in
      if session.state == .open { open += 1 }
      if selection.selects(key, session) { found.append(key, session) }
    }
    found.sort()
    selected = found
    openCount += open
  }

  /// Purges what is selected. Returns the signal that has asked to stop.
  private func purge(_ task: Int32) throws(Failure) -> Int32? {
    let portion = max(Self.leastPortion, selected.count / Self.greatestPortions)
    var start = 0
    while start < selected.count {
      if let signal = signals.stop { return signal }
      let end = min(start + portion, selected.count)
      try remover?.requireRemovable()
      try write(start..<end)
      try remove(start..<end, of: task)
      start = end
    }
    return nil
  }

  // MARK: One portion

  /// Writes the closings of the sessions at `places`, and waits until the disk has them.
  private func write(_ places: Range<Int>) throws(Failure) {
    for place in places where selected[place].isOpen {
      Self.close(selected, place, by: selection, schema, into: &outcome)
      if outcome.closings.count == Self.chunk { try encode() }
    }
    try encode()
    try output.sync()
  }

  private static func close(
    _ selected: borrowing SelectedSessions, _ place: Int, by selection: PurgeSelection,
    _ schema: UInt16, into outcome: inout Outcome
  ) {
    let session = selected[place]
    let key = selected.withKey(at: place) { outcome.keepClosingText($0) }
    outcome.closings.append(
      Closing(
        place: 0, key: key, session: .identifier(session.identifier), status: selection.status,
        isPartial: session.isPartial, time: selection.closingTime(end: session.end),
        timeForm: session.timeForm, start: session.start, end: session.end, events: session.events,
        schema: schema))
  }

  private func encode() throws(Failure) {
    encoder.encode(noRecords, outcome, to: &output.buffer)
    closedCount += outcome.closings.count
    outcome.removeAll()
    try output.flushIfFull()
  }

  /// Removes the sessions at `places`, all at once.
  private func remove(
    _ places: Range<Int>, of task: Int32
  ) throws(Failure) {
    guard let remover else { return }
    changes.removeAll()
    changes.begin(task: task)
    Self.note(places, of: selected, in: &changes)
    try remover.remove(&changes, after: output)
  }

  private static func note(
    _ places: Range<Int>, of selected: borrowing SelectedSessions, in changes: inout StateChanges
  ) {
    for place in places { selected.withKey(at: place) { changes.removeSession($0) } }
  }
}

/// Removes sessions whose closings are written and safe.
public protocol SessionRemover: AnyObject {
  /// Throws where sessions must stay: asked before closings are written, so that none tells of a session
  /// that lives on.
  func requireRemovable() throws(Failure)

  /// Makes removals last. What fails is closed again by the next run.
  ///
  /// - Parameters:
  ///   - changes: the removals.
  ///   - output: what the closings were written to.
  func remove(_ changes: inout StateChanges, after output: OutputStream) throws(Failure)

  /// Remembers what is to be known of the output, which has been finished.
  func finish(_ output: OutputStream) throws(Failure)
}

extension StateStore: SessionRemover {
  public func requireRemovable() {}

  /// Commits the removals together with the length of an output file.
  public func remove(
    _ changes: inout StateChanges, after output: OutputStream
  ) throws(Failure) {
    if let record = try output.record() {
      changes.set(record)
    }
    try commit(changes)
  }

  public func finish(_ output: OutputStream) throws(Failure) {
    var changes = StateChanges()
    try remove(&changes, after: output)
  }
}

/// What of one task is to be purged.
public struct TaskSelection: Sendable {
  public var task: Int32
  public var selection: PurgeSelection

  public init(task: Int32 = 0, _ selection: PurgeSelection) {
    self.task = task
    self.selection = selection
  }
}

/// What `kes-purge --state` was asked to remove (cli.md, section 7).
public struct PurgeSelection: Sendable {
  /// R5 as a time: sessions whose latest event is `silence` or more before `asOf` are due. All in
  /// milliseconds of stream time.
  public struct Due: Sendable {
    /// What a closing's time is behind the session's end.
    public var timeout: UInt64
    /// The timeout and the lateness (R5).
    public var silence: UInt64
    public var asOf: EventTime

    public init(timeout: UInt64, silence: UInt64, asOf: EventTime) {
      self.timeout = timeout
      self.silence = silence
      self.asOf = asOf
    }
  }

  private enum Choice: Sendable {
    case due(Due)
    /// Of these only the due ones where `due` says so.
    case devices([Glob], due: Due?)
    case nothing
  }

  private let choice: Choice

  /// All open sessions that are due; status `timeout`.
  public init(_ due: Due) { choice = .due(due) }

  /// All sessions of the devices that one of the patterns names, or those among them that are due; status `purged`.
  public init(devices: [Glob], due: Due?) { choice = .devices(devices, due: due) }

  private init() { choice = .nothing }

  /// No session: what is due where there is no timeout.
  public static let nothing = PurgeSelection()

  /// Whether the session is to go. A remembered one (R6) has closed already: it goes only by name.
  func selects(_ key: Span<UInt8>, _ session: SessionSnapshot) -> Bool {
    switch choice {
    case .due(let due): session.state == .open && PurgeSelection.isDue(session, due)
    case .devices(let devices, let due):
      devices.contains { $0.matches(key) }
        && (due.map { PurgeSelection.isDue(session, $0) } ?? true)
    case .nothing: false
    }
  }

  private static func isDue(_ session: SessionSnapshot, _ due: Due) -> Bool {
    session.latestStreamTime.elapsed(until: due.asOf) >= due.silence
  }

  var status: SessionStatus {
    if case .devices = choice { return .purged }
    return .timeout
  }

  /// The time of the closing of a session with this end.
  func closingTime(end: EventTime) -> EventTime {
    if case .due(let due) = choice { return end.advanced(by: due.timeout) }
    return end
  }
}

/// What a purge needs to know of a session besides its key.
struct SelectedSession: BitwiseCopyable {
  var identifier: SessionIdentifier
  var start: EventTime
  var end: EventTime
  var events: Int64
  var latestSequence: Int64
  /// Where its key stands.
  var keyOffset: Int
  var keyLength: Int32
  var isPartial: Bool
  var timeForm: UInt8
  var isOpen: Bool
}

/// Selected sessions: 56 bytes and the key each, so that a store of millions need not fit into
/// memory as text.
struct SelectedSessions: ~Copyable {
  private var sessions = Column<SelectedSession>()
  private var keys = ByteBlock()

  var count: Int { sessions.count }

  subscript(place: Int) -> SelectedSession { sessions[place] }

  mutating func append(_ key: Span<UInt8>, _ session: SessionSnapshot) {
    sessions.append(
      SelectedSession(
        identifier: session.identifier, start: session.start, end: session.end,
        events: session.events, latestSequence: session.latestSequence, keyOffset: keys.count,
        keyLength: Int32(truncatingIfNeeded: key.count), isPartial: session.isPartial,
        timeForm: session.timeForm, isOpen: session.state == .open))
    keys.append(key)
  }

  /// Puts them into the order of their latest events. Cost: n log n.
  mutating func sort() { sessions.sort { $0.latestSequence < $1.latestSequence } }

  /// Lends the key of the session at `place`. Valid until `body` returns.
  func withKey<Result>(at place: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    keys.withBytes(sessions[place].keyOffset, Int(sessions[place].keyLength), body)
  }
}

/// Sets the stream time of tasks at rest back (cli.md, section 7).
///
/// All sessions stay. Those whose latest event was applied at a later stream time count as if that had
/// been the new one: they are silent (R5) when stream time has gone on from there by timeout and
/// lateness, or forgotten (R6) when it has by `--retain`.
public struct StreamTimeReset: Sendable {
  /// What is to be told of a task.
  public struct Finding: Sendable {
    /// What stream time was.
    public let before: EventTime
    /// Whether that was later than it is to be.
    public let isLater: Bool
    /// How many held records (R9) are later: they move stream time when they are applied.
    public let laterHeld: Int
  }

  private let time: EventTime

  public init(to time: EventTime) { self.time = time }

  /// Adds to `changes` what sets `task` back; nil where no event of it has come. Cost: reading all
  /// its sessions.
  public func take(
    _ task: Int32, of store: StateStore, into changes: inout StateChanges
  ) throws(Failure) -> Finding? {
    guard var progress = try store.progress(task: task) else { return nil }
    let before = max(progress.streamTime, progress.arrivedStreamTime)
    if before == .beforeAll { return nil }
    if before <= time { return Finding(before: before, isLater: false, laterHeld: 0) }
    progress.streamTime = min(progress.streamTime, time)
    progress.arrivedStreamTime = min(progress.arrivedStreamTime, time)
    changes.begin(task: task)
    try store.forEachSession(task: task) { key, session in
      if session.latestStreamTime <= time { return }
      var earlier = session
      earlier.latestStreamTime = time
      changes.put(key, earlier)
    }
    changes.set(progress)
    let laterHeld = try store.heldCount(task: task, after: time)
    return Finding(before: before, isLater: true, laterHeld: laterHeld)
  }
}
