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
public struct SegmentPipeline<
  Decoder: RecordDecoder & ~Copyable, Encoder: SessionEventEncoder & ~Copyable
>: ~Copyable {
  private var intake: Intake<Decoder>
  private var segmenter: Segmenter
  private var reorderer: Reorderer
  private let reorders: Bool
  private let timeout: UInt64?
  private let silence: UInt64?
  private var encoder: Encoder
  private let outputs: SegmentOutputs
  private let store: StateStore?
  private let options: SegmentOptions
  private let clock: Clock
  private let signals: Signals
  private let reporter: (any StatisticsReporter)?
  private let formats: RecordFormats?
  /// How many of the run's schemas the store has.
  private var storedSchemaCount = 0

  private var batch = Batch(blockSize: Intake<Decoder>.blockSize)
  private var released = Batch(blockSize: 1)
  private var outcome: Outcome
  private var changes = StateChanges()
  private var ledger = Ledger()
  /// Records that an earlier run held; they count as read by this one.
  private var restoredHeld: Int64 = 0
  private var isDirty = false
  private var nextCommit: Int64
  private var lastArrival: Int64
  private var streamTimeAtArrival: EventTime = .beforeAll

  public init(
    intake: consuming Intake<Decoder>, rules: SegmentationRules, encoder: consuming Encoder,
    outputs: SegmentOutputs, store: StateStore?, options: SegmentOptions, signals: Signals,
    clock: Clock = .real, reporter: (any StatisticsReporter)? = nil, formats: RecordFormats? = nil
  ) {
    self.intake = intake
    segmenter = Segmenter(rules: rules, tracksChanges: store != nil)
    reorderer = Reorderer(lateness: rules.lateness, tracksChanges: store != nil)
    reorders = rules.reorders
    timeout = rules.timeout
    silence = rules.silence
    outcome = Outcome(keepsClosings: encoder.wantsClosings)
    self.encoder = encoder
    self.outputs = outputs
    self.store = store
    self.options = options
    self.clock = clock
    self.signals = signals
    self.reporter = reporter
    self.formats = formats
    lastArrival = clock.monotonic()
    nextCommit = lastArrival + options.commitInterval
  }

  /// Takes up what the store holds, if there is one, before `run`. Throws `.state`, or `.schema`
  /// where records that an earlier run held cannot be written any more.
  public mutating func restore() throws(PipelineError) {
    guard let store else { return }
    do {
      try store.restore(into: &segmenter)
      try store.restore(into: &reorderer)
    } catch {
      throw .state(error)
    }
    restoredHeld = Int64(reorderer.count)
    storedSchemaCount = formats?.restoredCount ?? 0
    streamTimeAtArrival = max(segmenter.streamTime, reorderer.streamTime)
    do { try formats?.admitRestored(reorderer.heldSchemas) } catch { throw .schema(error) }
  }

  /// Runs to the end of input, or until a signal asks to stop.
  ///
  /// Throws `PipelineError`; where the input is at fault, all that came before is written and
  /// committed.
  public mutating func run() throws(PipelineError) -> Ending {
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

  private mutating func runToEnd() throws(PipelineError) -> Ending {
    // What an earlier run held is applied even where this one does not reorder.
    if !reorders { try drain() }
    let outputs = outputs
    while true {
      let turn = try intake.next(into: &batch, deadline: deadline()) { () throws(StreamError) in
        try outputs.flush()
      }
      switch turn {
      case .batch:
        try process()
        lastArrival = clock.monotonic()
        streamTimeAtArrival = max(segmenter.streamTime, reorderer.streamTime)
      case .idle:
        try goOnWithClock()
      case .end:
        try drain()
        if options.flushes { try closeAll() }
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

  // MARK: One batch

  private mutating func process() throws(PipelineError) {
    isDirty = true
    if !reorders {
      segmenter.segment(batch, into: &outcome)
      outputs.writeLate(batch, outcome)
      encoder.encode(batch, outcome, to: &outputs.sessions.buffer)
      try finishOutcome()
      return
    }
    var index = 0
    var isPassed = false
    while !isPassed {
      isPassed = reorderer.pass(
        batch, from: &index, into: &released, blockSize: Intake<Decoder>.blockSize)
      try processReleased()
    }
  }

  /// Applies what is still held, in order (R9).
  private mutating func drain() throws(PipelineError) {
    var isDrained = false
    while !isDrained {
      isDrained = reorderer.drain(into: &released, blockSize: Intake<Decoder>.blockSize)
      try processReleased()
    }
  }

  private mutating func processReleased() throws(PipelineError) {
    if released.records.isEmpty && released.finalStreamTime == .beforeAll { return }
    isDirty = true
    segmenter.segment(released, into: &outcome)
    outputs.writeLate(released, outcome)
    encoder.encode(released, outcome, to: &outputs.sessions.buffer)
    released.removeAll()
    try finishOutcome()
  }

  private mutating func finishOutcome() throws(PipelineError) {
    ledger.count(outcome)
    outcome.removeAll()
    let (outputs, isUnbuffered) = (outputs, options.isUnbuffered)
    try streaming { () throws(StreamError) in
      if isUnbuffered { try outputs.flush() } else { try outputs.flushIfFull() }
    }
  }

  /// Writes closings that no record of a batch caused.
  private mutating func finishClosings() throws(PipelineError) {
    isDirty = isDirty || !outcome.closings.isEmpty
    // `batch` has been used up: of a batch without records only the closings are written.
    released.removeAll()
    encoder.encode(released, outcome, to: &outputs.sessions.buffer)
    try finishOutcome()
  }

  private mutating func closeAll() throws(PipelineError) {
    segmenter.flush(into: &outcome)
    try finishClosings()
  }

  // MARK: Time

  /// R13: on a silent input, stream time goes on with the wall clock.
  private mutating func goOnWithClock() throws(PipelineError) {
    guard let idleTimeout = options.idleTimeout, streamTimeAtArrival != .beforeAll else { return }
    let silent = clock.monotonic() - lastArrival
    if silent < idleTimeout { return }
    let time = streamTimeAtArrival.advanced(by: UInt64(silent))
    if reorders {
      reorderer.advance(to: time)
      batch.removeAll()
      try process()
    } else {
      segmenter.advance(to: time, into: &outcome)
      try finishClosings()
    }
  }

  /// When to come back without input, in milliseconds of the monotonic clock.
  private func deadline() -> Int64? {
    var deadlines: [Int64] = []
    if isDirty && store != nil { deadlines.append(nextCommit) }
    if let reporter, let due = reporter.deadline { deadlines.append(due) }
    if let idleTimeout = options.idleTimeout {
      let now = clock.monotonic()
      if reorders && reorderer.count > 0 {
        deadlines.append(max(lastArrival + idleTimeout, now + 100))
      } else if let due = segmenter.millisecondsUntilDue {
        deadlines.append(
          max(lastArrival + idleTimeout, now + Int64(clamping: min(due, 1 << 40))))
      }
    }
    return deadlines.min()
  }

  // MARK: Commit and report

  /// Writes all out, and commits where there is a store.
  private mutating func settle() throws(PipelineError) {
    let (outputs, deadLetters) = (outputs, intake.deadLetters)
    try streaming { () throws(StreamError) in
      try outputs.flush()
      try deadLetters?.flush()
    }
    // Nothing is committed inside a record that is passed over: the next run begins before it.
    guard let store, isDirty || intake.hasMoved, !intake.decoder.isInsideRecord else { return }
    try streaming { () throws(StreamError) in
      try outputs.sync()
      try deadLetters?.sync()
    }
    changes.removeAll()
    changes.take(from: &segmenter)
    changes.take(from: &reorderer)
    for (path, position) in try intake.takePositions(after: batch) {
      changes.set(position, ofInput: path)
    }
    for (path, length) in outputs.lengths { changes.set(length: length, ofOutput: path) }
    if let deadLetters, let path = deadLetters.path {
      changes.set(length: deadLetters.length, ofOutput: path)
    }
    keepSchemas()
    changes.set(progress)
    try storing { () throws(StateError) in try store.commit(changes) }
    isDirty = false
    nextCommit = clock.monotonic() + options.commitInterval
  }

  /// Keeps the schemas that the records held name.
  private mutating func keepSchemas() {
    guard reorders, let schemas = formats?.schemas, schemas.count > storedSchemaCount else {
      return
    }
    for number in storedSchemaCount + 1...schemas.count {
      let number = UInt16(number)
      changes.set(schema: schemas.schema(number).text, number: number)
    }
    storedSchemaCount = schemas.count
  }

  /// A commit must not fall inside a record.
  private var isCommitDue: Bool {
    isDirty && store != nil && !intake.decoder.isInsideRecord
      && clock.monotonic() >= nextCommit
  }

  private var progress: TaskProgress {
    var progress = TaskProgress()
    progress.position = intake.decoder.position
    progress.streamTime = segmenter.streamTime
    progress.sequence = segmenter.sequence
    progress.arrivedStreamTime = max(reorderer.streamTime, segmenter.streamTime)
    progress.nextArrival = reorderer.nextArrival
    progress.timeout = timeout
    progress.silence = silence
    return progress
  }

  /// The last commit: ends a dead letter that the input's end cut short.
  private mutating func finish() throws(PipelineError) {
    let (outputs, deadLetters) = (outputs, intake.deadLetters)
    try streaming { () throws(StreamError) in
      try deadLetters?.finish()
      try outputs.finish()
    }
    try settle()
    try report(isLast: true)
  }

  private mutating func report(isLast: Bool) throws(PipelineError) {
    if let reporter {
      let isAsked = signals.takeReport()
      reporter.report(now: clock.monotonic(), isAsked: isAsked, isLast: isLast) {
        statistics()
      }
    }
    if isLast { try closedLedger.requireClosed() }
  }

  private var closedLedger: Ledger {
    var ledger = ledger
    ledger.records = intake.ledger.records + restoredHeld
    ledger.rejected = intake.ledger.rejected
    ledger.filtered += intake.ledger.filtered
    ledger.held = Int64(reorderer.count)
    return ledger
  }

  private mutating func statistics() -> Statistics {
    intake.takeStatistics(ledger: closedLedger, openSessions: segmenter.openCount)
  }

  /// How many records were passed over that nothing keeps (exit status 1).
  public var skippedCount: Int64 { intake.skippedCount }
}
