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
  private var encoder: any SessionEventEncoder
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
    encoder: any SessionEventEncoder, output: OutputStream, formats: RecordFormats? = nil,
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
        start: session.start, end: session.end, events: session.events, schema: schema))
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
