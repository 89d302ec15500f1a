// The loop of kes-purge as a filter: batch, watch, write.

/// How a purging run goes about its work.
public struct PurgeOptions: Sendable {
  /// Close all sessions at the end of input.
  public var flushes = false
  /// Write after every batch.
  public var isUnbuffered = false

  public init() {}
}

/// Reads session events, passes them on, and adds the closings that are missing.
///
///     RecordSource ──▶ SessionPurgers ──▶ Encoder ──▶ OutputStream
public final class PurgePipeline {
  private let source: any RecordSource
  private var purgers: SessionPurgers
  private var encoder: any SessionEventEncoder
  private let output: OutputStream
  private let options: PurgeOptions
  private let signals: Signals
  private let clock: Clock
  private let reporter: (any StatisticsReporter)?

  private var batch = Batch(blockSize: 128 * 1024)
  private var outcome = Outcome()
  private var ledger = Ledger()

  /// - Parameter makePurger: makes the purger of an input partition.
  public init(
    source: any RecordSource, makePurger: @escaping () -> SessionPurger,
    encoder: any SessionEventEncoder, output: OutputStream, options: PurgeOptions, signals: Signals,
    clock: Clock = .real, reporter: (any StatisticsReporter)? = nil
  ) {
    self.source = source
    purgers = SessionPurgers(makePurger)
    self.encoder = encoder
    self.output = output
    self.options = options
    self.signals = signals
    self.clock = clock
    self.reporter = reporter
  }

  /// Runs to the end of input, or until a signal asks to stop; then nothing is closed for that.
  ///
  /// Throws `Failure`; where the input is at fault, all that came before is written.
  public func run() throws(Failure) -> Ending {
    do {
      return try runToEnd()
    } catch {
      if error.isOfInput { try finish() }
      throw error
    }
  }

  private func runToEnd() throws(Failure) -> Ending {
    while true {
      let turn = try source.next(into: &batch, deadline: reporter?.deadline) {
        () throws(Failure) in try output.flush()
      }
      switch turn {
      case .batch:
        purgers.observe(batch, of: source.partition, into: &outcome)
        try write()
      case .idle: break
      case .end:
        try close()
        try finish()
        return .done
      case .stopped(let signal):
        try finish()
        return .stopped(signal)
      }
      report(isLast: false)
    }
  }

  /// Closes what closes at the end of input.
  private func close() throws(Failure) {
    batch.removeAll()
    purgers.finish(flush: options.flushes, into: &outcome)
    try write()
  }

  private func write() throws(Failure) {
    encoder.encode(batch, outcome, to: &output.buffer)
    ledger.count(outcome)
    outcome.removeAll()
    if options.isUnbuffered { try output.flush() } else { try output.flushIfFull() }
  }

  private func finish() throws(Failure) {
    let deadLetters = source.deadLetters
    try deadLetters?.finish()
    try output.finish()
    try source.finish(leaving: 0)
    report(isLast: true)
    try closedLedger.requireClosed()
  }

  private func report(isLast: Bool) {
    guard let reporter else { return }
    let isAsked = signals.takeReport()
    reporter.report(now: clock.monotonic(), isAsked: isAsked, isLast: isLast) { statistics() }
  }

  private var closedLedger: Ledger {
    var ledger = ledger
    ledger.records = source.ledger.records
    ledger.rejected = source.ledger.rejected
    ledger.filtered += source.ledger.filtered
    return ledger
  }

  private func statistics() -> Statistics {
    source.takeStatistics(ledger: closedLedger, openSessions: purgers.openCount)
  }

  /// How many records were passed over that nothing keeps (exit status 1).
  public var skippedCount: Int64 { source.skippedCount }
}
