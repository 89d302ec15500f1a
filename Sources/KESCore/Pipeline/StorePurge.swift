// Purging a store at rest: write the closings, then remove their sessions.

/// Closes and removes the selected sessions of a store, in the order of their latest events.
///
///     StateStore ──▶ selected sessions ──▶ Encoder ──▶ OutputStream
///         ▲                                                │ synced
///         └──────────────── removals ◀─────────────────────┘
///
/// Goes in portions. Each is on the disk, or in the pipe, before its sessions leave the store in one
/// transaction, which also notes the length of an output file. So a kill at any moment loses no
/// closing: to a pipe those of the portion in hand are written again by the next run, and a file is
/// cut to the length noted before it is written on.
public struct StorePurge<Encoder: SessionEventEncoder & ~Copyable>: ~Copyable {
  /// The least number of sessions of a portion.
  private static var leastPortion: Int { 10_000 }
  /// The greatest number of portions: a commit may rewrite the whole store, where the order of the
  /// events is not that of the keys.
  private static var greatestPortions: Int { 16 }
  /// How many closings are encoded at once.
  private static var chunk: Int { 1024 }

  private let store: StateStore
  private let selection: PurgeSelection
  private let removes: Bool
  private var encoder: Encoder
  private let output: OutputStream
  private let signals: Signals

  private let noRecords = Batch(blockSize: 1)
  private var selected = SelectedSessions()
  private var outcome = Outcome()
  private var changes = StateChanges()

  /// How many open sessions were closed, and how many there were before.
  public private(set) var closedCount = 0
  public private(set) var openCount = 0

  /// - Parameter removes: false only writes what would be purged; then a store that was opened for
  ///   reading will do.
  public init(
    store: StateStore, selection: PurgeSelection, removes: Bool, encoder: consuming Encoder,
    output: OutputStream, signals: Signals
  ) {
    self.store = store
    self.selection = selection
    self.removes = removes
    self.encoder = encoder
    self.output = output
    self.signals = signals
  }

  /// Purges all that is selected, or stops between two portions when a signal asks to.
  public mutating func run() throws(PipelineError) -> Ending {
    try storing { () throws(StateError) in try select() }
    let portion = max(Self.leastPortion, selected.count / Self.greatestPortions)
    var start = 0
    while start < selected.count {
      if let signal = signals.stop { return .stopped(signal) }
      let end = min(start + portion, selected.count)
      try write(start..<end)
      if removes { try remove(start..<end) }
      start = end
    }
    let output = output
    try streaming { () throws(StreamError) in try output.finish() }
    return .done
  }

  private mutating func select() throws(StateError) {
    let selection = selection
    var found = SelectedSessions()
    var open = 0
    try store.forEachSession { key, session in
      if session.state == .open { open += 1 }
      if selection.selects(key, session) { found.append(key, session) }
    }
    found.sort()
    selected = found
    openCount = open
  }

  // MARK: One portion

  /// Writes the closings of the sessions at `places`, and waits until the disk has them.
  private mutating func write(_ places: Range<Int>) throws(PipelineError) {
    for place in places where selected[place].isOpen {
      Self.close(selected, place, by: selection, into: &outcome)
      if outcome.closings.count == Self.chunk { try encode() }
    }
    try encode()
    let output = output
    try streaming { () throws(StreamError) in try output.sync() }
  }

  private static func close(
    _ selected: borrowing SelectedSessions, _ place: Int, by selection: PurgeSelection,
    into outcome: inout Outcome
  ) {
    let session = selected[place]
    let key = selected.withKey(at: place) { outcome.keepClosingText($0) }
    outcome.closings.append(
      Closing(
        place: 0, key: key, session: .identifier(session.identifier), status: selection.status,
        isPartial: session.isPartial, time: selection.closingTime(end: session.end),
        start: session.start, end: session.end, events: session.events))
  }

  private mutating func encode() throws(PipelineError) {
    encoder.encode(noRecords, outcome, to: &output.buffer)
    closedCount += outcome.closings.count
    outcome.removeAll()
    let output = output
    try streaming { () throws(StreamError) in try output.flushIfFull() }
  }

  /// Removes the sessions at `places` in one transaction.
  private mutating func remove(_ places: Range<Int>) throws(PipelineError) {
    changes.removeAll()
    Self.note(places, of: selected, in: &changes)
    if let path = output.path { changes.set(length: output.keptLength, ofOutput: path) }
    let store = store
    try storing { () throws(StateError) in try store.commit(changes) }
  }

  private static func note(
    _ places: Range<Int>, of selected: borrowing SelectedSessions, in changes: inout StateChanges
  ) {
    for place in places { selected.withKey(at: place) { changes.removeSession($0) } }
  }
}
