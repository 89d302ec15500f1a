// The loop of kes-read: batch, filter, write.

/// Reads records, leaves out what was not asked for, and writes the rest.
///
///     RecordSource ──▶ RecordFilter ──▶ RecordEncoder ──▶ OutputStream
public final class ReadPipeline<Encoder: RecordEncoder & ~Copyable> {
  private let source: any RecordSource
  private let filter: RecordFilter
  private var encoder: Encoder
  private let output: OutputStream
  private let isUnbuffered: Bool
  private let clock: Clock
  private let signals: Signals
  private let reporter: (any StatisticsReporter)?

  private var batch = Batch(blockSize: 128 * 1024)
  private var ledger = Ledger()
  /// How many records stood behind the last record asked for in its batch.
  private var unlooked = 0
  /// How many records may still pass (`-c`).
  private var left: Int64

  /// - Parameters:
  ///   - greatestCount: how many records may pass at most (`-c`).
  ///   - isUnbuffered: whether every batch is written at once.
  public init(
    source: any RecordSource, filter: RecordFilter,
    encoder: consuming Encoder, output: OutputStream, greatestCount: Int64 = .max,
    isUnbuffered: Bool = false, signals: Signals, clock: Clock = .real,
    reporter: (any StatisticsReporter)? = nil
  ) {
    self.source = source
    self.filter = filter
    self.encoder = encoder
    self.output = output
    self.isUnbuffered = isUnbuffered
    self.clock = clock
    self.signals = signals
    self.reporter = reporter
    left = greatestCount
  }

  /// Runs to the end of input, until as many records have passed as were asked for, or until a
  /// signal asks to stop.
  ///
  /// Throws `Failure`; where the input is at fault, all that came before is written.
  public func run() throws(Failure) -> Ending {
    encoder.begin(&output.buffer)
    do {
      return try runToEnd()
    } catch {
      if error.isOfInput { try finish() }
      throw error
    }
  }

  private func runToEnd() throws(Failure) -> Ending {
    while left > 0 && !encoder.isComplete {
      let turn = try source.next(into: &batch, deadline: deadline) {
        () throws(Failure) in try output.flush()
      }
      switch turn {
      case .batch: try process()
      case .idle: break
      case .end:
        try finish()
        return .done
      case .stopped(let signal):
        try finish()
        return .stopped(signal)
      }
      report(isLast: false)
      try suspendWhereAsked()
      try refresh()
    }
    try finish()
    return .done
  }

  /// When to come back though no record has come.
  private var deadline: Int64? {
    [reporter?.deadline, encoder.refreshDeadline].compactMap { $0 }.min()
  }

  private func suspendWhereAsked() throws(Failure) {
    guard signals.takeSuspension() else { return }
    encoder.suspend(&output.buffer)
    try output.flush()
    Signals.suspend()
    encoder.resume(&output.buffer)
    try output.flush()
  }

  /// Brings a live view up to date where that is due.
  private func refresh() throws(Failure) {
    guard let due = encoder.refreshDeadline, clock.monotonic() >= due else { return }
    encoder.refresh(to: &output.buffer)
    try output.flush()
  }

  private func process() throws(Failure) {
    let decoded = batch.records.count
    let looked = filter.apply(to: &batch, limit: left)
    let passed = Int64(batch.records.count)
    count(looked: looked, passed: passed, decoded: decoded)
    left -= passed
    encoder.encode(batch, to: &output.buffer)
    if isUnbuffered { try output.flush() } else { try output.flushIfFull() }
  }

  /// Counts what was looked at; what stands behind the last record asked for is not.
  private func count(looked: Int, passed: Int64, decoded: Int) {
    ledger.assigned += passed
    ledger.filtered += Int64(looked) - passed
    for index in 0..<batch.rejections.count {
      let rejection = batch.rejections[index]
      let isCounted = rejection.part == .whole || rejection.part == .first
      let isBehind = looked < decoded && Int(rejection.place) >= looked
      if isCounted && !isBehind { ledger.rejected += Int64(rejection.recordCount) }
    }
    unlooked = decoded - looked
  }

  private var closedLedger: Ledger {
    var ledger = ledger
    ledger.filtered += source.ledger.filtered
    ledger.records =
      unlooked > 0 ? ledger.assigned + ledger.filtered + ledger.rejected : source.ledger.records
    return ledger
  }

  /// Writes what stands behind the last record, and all out.
  private func finish() throws(Failure) {
    encoder.end(&output.buffer)
    let deadLetters = source.deadLetters
    try output.finish()
    try deadLetters?.finish()
    try source.finish(leaving: unlooked)
    report(isLast: true)
    try closedLedger.requireClosed()
  }

  private func report(isLast: Bool) {
    guard let reporter else { return }
    let isAsked = signals.takeReport()
    reporter.report(now: clock.monotonic(), isAsked: isAsked, isLast: isLast) { statistics() }
  }

  private func statistics() -> Statistics {
    source.takeStatistics(ledger: closedLedger, openSessions: encoder.openSessions)
  }

  /// How many records were passed over that nothing keeps (exit status 1).
  public var skippedCount: Int64 { source.deadLetters == nil ? ledger.rejected : 0 }
}
