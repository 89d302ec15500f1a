// The loop of every run whose source keeps the records' order: take a batch, work, report, end.

/// What a run does with the records that its source brings. The loop calls it from one thread.
public protocol RunWork: AnyObject {
  /// Whether no further record would change anything.
  var isComplete: Bool { get }

  /// When to come back without records, in milliseconds of the monotonic clock; nil for never.
  var deadline: Int64? { get }

  /// Deals with the records of a batch. Returns the signal that asked to stop meanwhile.
  func process(_ batch: inout Batch) throws(Failure) -> Int32?

  /// Does what is due by the clock. Called behind every turn, of which `isIdle` says whether it brought
  /// nothing.
  func goOn(isIdle: Bool) throws(Failure)

  /// Writes out what somebody may be waiting for. Called before the run waits.
  func flush() throws(Failure)

  /// Writes what follows the last record.
  func close(_ end: RunEnd) throws(Failure)

  /// Writes all out, for good, dead letters too.
  func finish() throws(Failure)

  /// How many records at the end of the last batch were not dealt with.
  var leftCount: Int { get }

  /// The run's ledger over what its source counted: closed, unless that is a bug.
  func ledger(over source: Ledger) -> Ledger

  /// How many sessions are open.
  var openSessions: Int { get }
}

extension RunWork {
  public var isComplete: Bool { false }
  public var deadline: Int64? { nil }
  public func goOn(isIdle: Bool) throws(Failure) {}
  public func close(_ end: RunEnd) throws(Failure) {}
  public var leftCount: Int { 0 }
  public var openSessions: Int { 0 }
}

/// Why a run comes to its end.
public enum RunEnd: Sendable {
  /// The input has ended, or the work is complete.
  case done
  /// A signal asked to stop.
  case stopped
  /// The input is at fault.
  case failed
}

/// How a run ended.
public enum Ending: Equatable, Sendable {
  case done
  /// A signal asked to stop; all that was read is written and committed.
  case stopped(Int32)
}

/// Hands a source's records to a run's work, to the end of input or until a signal asks to stop.
///
///     RecordSource ──▶ RunLoop ──▶ RunWork ──▶ OutputStream
public final class RunLoop {
  public let source: any RecordSource
  private let signals: Signals
  private let clock: Clock
  private let reporter: (any StatisticsReporter)?
  private var batch = Batch(blockSize: Intake.blockSize)

  public init(
    source: any RecordSource, signals: Signals, clock: Clock = .real,
    reporter: (any StatisticsReporter)? = nil
  ) {
    self.source = source
    self.signals = signals
    self.clock = clock
    self.reporter = reporter
  }

  /// Throws `Failure`; where the input is at fault, all that came before is written.
  public func run(_ work: some RunWork) throws(Failure) -> Ending {
    let ending: Ending
    do {
      ending = try takeTurns(work)
    } catch {
      if error.isOfInput { try end(work, .failed) }
      throw error
    }
    try end(work, ending == .done ? .done : .stopped)
    return ending
  }

  private func takeTurns(_ work: some RunWork) throws(Failure) -> Ending {
    while !work.isComplete {
      let deadline = [reporter?.deadline, work.deadline].compactMap { $0 }.min()
      let turn = try source.next(into: &batch, deadline: deadline) { () throws(Failure) in
        try work.flush()
      }
      switch turn {
      case .batch: if let signal = try work.process(&batch) { return .stopped(signal) }
      case .idle: break
      case .end: return .done
      case .stopped(let signal): return .stopped(signal)
      }
      try work.goOn(isIdle: turn == .idle)
      report(work)
    }
    return .done
  }

  private func end(_ work: some RunWork, _ end: RunEnd) throws(Failure) {
    try work.close(end)
    try work.finish()
    try source.finish(leaving: work.leftCount)
    report(work, isLast: true)
    try work.ledger(over: source.ledger).requireClosed()
  }

  /// Shows the figures where they are due.
  public func report(_ work: some RunWork, isLast: Bool = false) {
    guard let reporter else { return }
    let isAsked = signals.takeReport()
    reporter.report(now: clock.monotonic(), isAsked: isAsked, isLast: isLast) {
      source.takeStatistics(
        ledger: work.ledger(over: source.ledger), openSessions: work.openSessions)
    }
  }

  /// When the next report is due, in milliseconds of the monotonic clock; nil for never.
  public var reportDeadline: Int64? { reporter?.deadline }
}
