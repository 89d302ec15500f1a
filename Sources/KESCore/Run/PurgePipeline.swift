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
public final class PurgePipeline: RunWork {
  private let loop: RunLoop
  private var purgers: SessionPurgers
  private var encoder: any SessionEventEncoder & ~Copyable
  private let output: OutputStream
  private let options: PurgeOptions

  private var outcome = Outcome()
  private var ledger = Ledger()

  /// - Parameter makePurger: makes the purger of an input partition.
  public init(
    _ loop: RunLoop, makePurger: @escaping () -> SessionPurger,
    encoder: consuming any SessionEventEncoder & ~Copyable, output: OutputStream,
    options: PurgeOptions
  ) {
    self.loop = loop
    purgers = SessionPurgers(makePurger)
    self.encoder = encoder
    self.output = output
    self.options = options
  }

  /// Runs to the end of input, or until a signal asks to stop; then nothing is closed for that.
  ///
  /// Throws `Failure`; where the input is at fault, all that came before is written.
  public func run() throws(Failure) -> Ending { try loop.run(self) }

  public func process(_ batch: inout Batch) throws(Failure) -> Int32? {
    purgers.observe(batch, of: loop.source.partition, into: &outcome)
    try write(batch)
    return nil
  }

  public func flush() throws(Failure) { try output.flush() }

  /// Closes what closes at the end of input.
  public func close(_ end: RunEnd) throws(Failure) {
    if end != .done { return }
    purgers.finish(flush: options.flushes, into: &outcome)
    try write(Batch(blockSize: 1))
  }

  public func finish() throws(Failure) {
    try loop.source.deadLetters?.finish()
    try output.finish()
  }

  private func write(_ batch: borrowing Batch) throws(Failure) {
    encoder.encode(batch, outcome, to: &output.buffer)
    ledger.count(outcome)
    outcome.removeAll()
    if options.isUnbuffered { try output.flush() } else { try output.flushIfFull() }
  }

  public func ledger(over source: Ledger) -> Ledger {
    var ledger = ledger
    ledger.records = source.records
    ledger.rejected = source.rejected
    ledger.filtered += source.filtered
    return ledger
  }

  public var openSessions: Int { purgers.openCount }
}
