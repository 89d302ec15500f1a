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

/// How a run ended.
public enum Ending: Equatable, Sendable {
  case done
  /// A signal asked to stop; all that was read is written and committed.
  case stopped(Int32)
}

/// Reads records, gives them sessions, writes session events, commits state.
///
///     Intake ──▶ (Reorderer) ──▶ Segmenter ──▶ Encoder ──▶ OutputStream
///                                    │                         │
///                                    └──────▶ StateStore ◀─────┘
public final class SegmentPipeline {
  private let intake: Intake
  private var task: SegmentTask
  private let writer: SegmentWriter
  private let reorders: Bool
  private let store: StateStore?
  private let options: SegmentOptions
  private let clock: Clock
  private let signals: Signals
  private let reporter: (any StatisticsReporter)?

  private var batch = Batch(blockSize: Intake.blockSize)
  private var changes = StateChanges()
  private var nextCommit: Int64

  public init(
    intake: Intake, rules: SegmentationRules, encoder: any SessionEventEncoder,
    outputs: SegmentOutputs, store: StateStore?, options: SegmentOptions, signals: Signals,
    clock: Clock = .real, reporter: (any StatisticsReporter)? = nil, formats: RecordFormats? = nil
  ) {
    self.intake = intake
    let now = clock.monotonic()
    task = SegmentTask(
      rules: rules, tracksChanges: store != nil, formats: formats, now: now)
    writer = SegmentWriter(encoder: encoder, outputs: outputs, isUnbuffered: options.isUnbuffered)
    reorders = rules.reorders
    self.store = store
    self.options = options
    self.clock = clock
    self.signals = signals
    self.reporter = reporter
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
    do {
      return try runToEnd()
    } catch {
      if error.isOfInput {
        // Without a store nobody would ever see what is held.
        if store == nil { try drain() }
        try finish()
      }
      throw error
    }
  }

  private func runToEnd() throws(Failure) -> Ending {
    // What an earlier run held is applied even where this one does not reorder.
    if !reorders { try drain() }
    let outputs = writer.outputs
    while true {
      let turn = try intake.next(into: &batch, deadline: deadline()) { () throws(Failure) in
        try outputs.flush()
      }
      switch turn {
      case .batch:
        try task.process(batch, to: writer)
        if !batch.records.isEmpty { task.noteArrival(now: clock.monotonic()) }
      case .idle:
        try goOnWithClock()
      case .end:
        // With a store a later run goes on with what is held, as with open sessions (R11).
        if store == nil || options.flushes { try drain() }
        if options.flushes { try task.closeAll(to: writer) }
        try finish()
        return .done
      case .stopped(let signal):
        // Without a store nobody would ever see what is held.
        if store == nil { try drain() }
        try finish()
        return .stopped(signal)
      }
      if isCommitDue { try settle() }
      try report(isLast: false)
    }
  }

  private func drain() throws(Failure) { try task.drain(to: writer) }

  private func goOnWithClock() throws(Failure) {
    guard let idleTimeout = options.idleTimeout else { return }
    try task.goOnWithClock(now: clock.monotonic(), idleTimeout: idleTimeout, to: writer)
  }

  /// When to come back without input, in milliseconds of the monotonic clock.
  private func deadline() -> Int64? {
    var deadlines: [Int64] = []
    if task.isDirty && store != nil { deadlines.append(nextCommit) }
    if let reporter, let due = reporter.deadline { deadlines.append(due) }
    if let idleTimeout = options.idleTimeout,
      let tick = task.nextTick(now: clock.monotonic(), idleTimeout: idleTimeout)
    {
      deadlines.append(tick)
    }
    return deadlines.min()
  }

  // MARK: Commit and report

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
    for input in try intake.takeInputs(after: batch) { changes.set(input) }
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

  /// The last commit: ends a dead letter that the input's end cut short.
  private func finish() throws(Failure) {
    let (outputs, deadLetters) = (writer.outputs, intake.deadLetters)
    try deadLetters?.finish()
    try outputs.finish()
    try settle(isLast: true)
    try report(isLast: true)
  }

  private func report(isLast: Bool) throws(Failure) {
    if let reporter {
      let isAsked = signals.takeReport()
      reporter.report(now: clock.monotonic(), isAsked: isAsked, isLast: isLast) {
        statistics()
      }
    }
    if isLast { try closedLedger.requireClosed() }
  }

  private var closedLedger: Ledger {
    var ledger = writer.ledger
    ledger.records = intake.ledger.records + task.restoredHeld
    ledger.rejected = intake.ledger.rejected
    ledger.filtered += intake.ledger.filtered
    ledger.held = task.heldCount
    return ledger
  }

  private func statistics() -> Statistics {
    intake.takeStatistics(ledger: closedLedger, openSessions: task.openCount)
  }

  /// How many records were passed over that nothing keeps (exit status 1).
  public var skippedCount: Int64 { intake.skippedCount }
}
