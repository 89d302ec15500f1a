// The loop of kes-segment: batch, segment, write, commit.

/// How a segmenting run goes about its work.
public struct SegmentOptions: Sendable {
  /// Close all sessions at the end of input (R11).
  public var flushes = false
  /// R13, in milliseconds; nil for none.
  public var idleTimeout: Int64?
  /// How often the state is committed, in milliseconds.
  public var commitInterval: Int64 = 500
  /// Write after every batch.
  public var isUnbuffered = false

  public init() {}
}

/// Reads records, gives them sessions, writes session events, commits state.
///
///     Intake ──▶ (Reorderer) ──▶ Segmenter ──▶ Encoder ──▶ OutputStream
///                                    │                         │
///                                    └──────▶ StateStore ◀─────┘
public final class SegmentPipeline: RunWork {
  private let intake: Intake
  private let loop: RunLoop
  private var task: SegmentTask
  private let writer: SegmentWriter
  private let reorders: Bool
  private let store: StateStore?
  private let options: SegmentOptions
  private let clock: Clock

  private var changes = StateChanges()
  private var nextCommit: Int64

  /// - Parameter began: since when input is waited for, in milliseconds of the monotonic clock; nil for
  ///   now.
  public init(
    intake: Intake, rules: SegmentationRules,
    encoder: consuming any SessionEventEncoder & ~Copyable, outputs: SegmentOutputs,
    store: StateStore?, options: SegmentOptions, signals: Signals, clock: Clock = .real,
    began: Int64? = nil, reporter: (any StatisticsReporter)? = nil, formats: RecordFormats? = nil
  ) {
    self.intake = intake
    loop = RunLoop(source: intake, signals: signals, clock: clock, reporter: reporter)
    let now = clock.monotonic()
    task = SegmentTask(
      rules: rules, tracksChanges: store != nil, formats: formats, now: began ?? now)
    writer = SegmentWriter(encoder: encoder, outputs: outputs, isUnbuffered: options.isUnbuffered)
    reorders = rules.reorders
    self.store = store
    self.options = options
    self.clock = clock
    nextCommit = now + options.commitInterval
  }

  /// Takes up what the store holds, if there is one, before `run`. Throws `Failure`, also where
  /// records that an earlier run held cannot be written any more.
  public func restore() throws(Failure) {
    guard let store else { return }
    try task.restore(from: store, task: 0)
    intake.tell(streamTime: task.streamTime, of: store.directory)
  }

  /// Runs to the end of input, or until a signal asks to stop.
  ///
  /// Throws `Failure`; where the input is at fault, all that came before is written and
  /// committed.
  public func run() throws(Failure) -> Ending {
    // What an earlier run held is applied even where this one does not reorder.
    if !reorders { try task.drain(to: writer) }
    // While the first input was waited for the clock went on.
    try goOnWithClock()
    return try loop.run(self)
  }

  public func process(_ batch: inout Batch) throws(Failure) -> Int32? {
    try task.process(batch, to: writer)
    if !batch.records.isEmpty { task.noteArrival(now: clock.monotonic()) }
    return nil
  }

  public func goOn(isIdle: Bool) throws(Failure) {
    if isIdle { try goOnWithClock() }
    if isCommitDue { try settle() }
  }

  private func goOnWithClock() throws(Failure) {
    guard let idleTimeout = options.idleTimeout else { return }
    try task.goOnWithClock(now: clock.monotonic(), idleTimeout: idleTimeout, to: writer)
  }

  /// When something is due by the clock.
  public var deadline: Int64? {
    var deadlines: [Int64] = []
    if task.isDirty && store != nil { deadlines.append(nextCommit) }
    if let idleTimeout = options.idleTimeout,
      let tick = task.nextTick(now: clock.monotonic(), idleTimeout: idleTimeout)
    {
      deadlines.append(tick)
    }
    return deadlines.min()
  }

  public func flush() throws(Failure) {
    let outputs = writer.outputs
    try outputs.flush()
  }

  /// With a store a later run goes on with what is held, as with open sessions (R11); without one nobody
  /// would ever see it.
  public func close(_ end: RunEnd) throws(Failure) {
    let flushes = end == .done && options.flushes
    if store == nil || flushes { try task.drain(to: writer) }
    if flushes { try task.closeAll(to: writer) }
  }

  public func finish() throws(Failure) {
    let (outputs, deadLetters) = (writer.outputs, intake.deadLetters)
    try deadLetters?.finish()
    try outputs.finish()
    try settle(isLast: true)
  }

  // MARK: Commit

  /// Writes all out, and commits where there is a store.
  private func settle(isLast: Bool = false) throws(Failure) {
    let (outputs, deadLetters) = (writer.outputs, intake.deadLetters)
    try outputs.flush()
    try deadLetters?.flush()
    // Nothing is committed inside a record that is passed over: the next run begins before it.
    guard let store, task.isDirty || intake.hasMoved || isLast, !intake.decoder.isInsideRecord
    else { return }
    try outputs.sync()
    try deadLetters?.sync()
    changes.removeAll()
    task.takeChanges(into: &changes, position: intake.decoder.position)
    for input in try intake.takeInputs() { changes.set(input) }
    let records = try outputs.records(with: deadLetters)
    for record in records { changes.set(record) }
    try store.commit(changes)
    nextCommit = clock.monotonic() + options.commitInterval
  }

  /// A commit must not fall inside a record.
  private var isCommitDue: Bool {
    task.isDirty && store != nil && !intake.decoder.isInsideRecord
      && clock.monotonic() >= nextCommit
  }

  public func ledger(over source: Ledger) -> Ledger {
    var ledger = writer.ledger
    ledger.records = source.records + task.restoredHeld
    ledger.rejected = source.rejected
    ledger.filtered += source.filtered
    ledger.held = task.heldCount
    return ledger
  }

  public var openSessions: Int { task.openCount }

  /// How many records were passed over that nothing keeps (exit status 1).
  public var skippedCount: Int64 { intake.skippedCount }
}
