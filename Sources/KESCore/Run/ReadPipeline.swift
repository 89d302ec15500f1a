// The loop of kes-read: batch, filter, write.

/// Reads records, leaves out what was not asked for, and writes the rest.
///
///     RecordSource ──▶ RecordFilter ──▶ RecordEncoder ──▶ OutputStream
public final class ReadPipeline: RunWork {
  private let loop: RunLoop
  private let filter: RecordFilter
  private var encoder: any RecordEncoder & ~Copyable
  private let output: OutputStream
  private let isUnbuffered: Bool
  private let signals: Signals
  private let clock: Clock

  private var ledger = Ledger()
  /// How many records follow the last record asked for in its batch.
  public private(set) var leftCount = 0
  /// How many records may still pass (`-c`).
  private var left: Int64

  /// - Parameters:
  ///   - greatestCount: how many records may pass at most (`-c`).
  ///   - isUnbuffered: whether every batch is written at once.
  public init(
    _ loop: RunLoop, filter: RecordFilter, encoder: consuming any RecordEncoder & ~Copyable,
    output: OutputStream, greatestCount: Int64 = .max, isUnbuffered: Bool = false,
    signals: Signals, clock: Clock = .real
  ) {
    self.loop = loop
    self.filter = filter
    self.encoder = encoder
    self.output = output
    self.isUnbuffered = isUnbuffered
    self.signals = signals
    self.clock = clock
    left = greatestCount
  }

  /// Runs to the end of input, until as many records have passed as were asked for, or until a
  /// signal asks to stop.
  ///
  /// Throws `Failure`; where the input is at fault, all that came before is written.
  public func run() throws(Failure) -> Ending {
    encoder.begin(&output.buffer)
    return try loop.run(self)
  }

  public var isComplete: Bool { left == 0 || encoder.isComplete }

  /// When a live view is to be brought up to date.
  public var deadline: Int64? { encoder.refreshDeadline }

  public func process(_ batch: inout Batch) throws(Failure) -> Int32? {
    let decoded = batch.records.count
    let looked = filter.apply(to: &batch, limit: left)
    let passed = Int64(batch.records.count)
    count(batch, looked: looked, passed: passed, decoded: decoded)
    left -= passed
    encoder.encode(batch, to: &output.buffer)
    if isUnbuffered { try output.flush() } else { try output.flushIfFull() }
    return nil
  }

  /// Counts what was looked at; what follows the last record asked for is not.
  private func count(_ batch: borrowing Batch, looked: Int, passed: Int64, decoded: Int) {
    ledger.assigned += passed
    ledger.filtered += Int64(looked) - passed
    for index in 0..<batch.rejections.count {
      let rejection = batch.rejections[index]
      let isCounted = rejection.part == .whole || rejection.part == .first
      let isBehind = looked < decoded && Int(rejection.place) >= looked
      if isCounted && !isBehind { ledger.rejected += Int64(rejection.recordCount) }
    }
    leftCount = decoded - looked
  }

  /// Gives a terminal back while the process is suspended, and brings a live view up to date.
  public func goOn(isIdle: Bool) throws(Failure) {
    if signals.takeSuspension() {
      encoder.suspend(&output.buffer)
      try output.flush()
      Signals.suspend()
      encoder.resume(&output.buffer)
      try output.flush()
    }
    if let due = encoder.refreshDeadline, clock.monotonic() >= due {
      encoder.refresh(to: &output.buffer)
      try output.flush()
    }
  }

  public func flush() throws(Failure) { try output.flush() }

  public func close(_ end: RunEnd) { encoder.end(&output.buffer) }

  public func finish() throws(Failure) {
    try output.finish()
    try loop.source.deadLetters?.finish()
  }

  public func ledger(over source: Ledger) -> Ledger {
    var ledger = ledger
    ledger.filtered += source.filtered
    ledger.records =
      leftCount > 0 ? ledger.assigned + ledger.filtered + ledger.rejected : source.records
    return ledger
  }

  public var openSessions: Int { encoder.openSessions }

  /// How many records were passed over that nothing keeps (exit status 1).
  public var skippedCount: Int64 { loop.source.deadLetters == nil ? ledger.rejected : 0 }
}
