// The loop that sends simulated events: at real pace, or as fast as they are taken.

import KESCommand
import KESCore

/// Fills a batch with what is due, encodes it, writes it, waits for the next.
final class SimulationRun<Encoder: EventEncoder & ~Copyable> {
  private var source: SimulationSource
  private var encoder: Encoder
  private let output: OutputStream
  private let options: SendingOptions
  private let signals: Signals
  private let pace: Pace
  private let reporter: (any StatisticsReporter)?
  private var batch = Batch(blockSize: 1 << 16)

  init(
    source: consuming SimulationSource, encoder: consuming Encoder, output: OutputStream,
    options: SendingOptions, signals: Signals, pace: Pace,
    reporter: (any StatisticsReporter)? = nil
  ) {
    self.source = source
    self.encoder = encoder
    self.output = output
    self.options = options
    self.signals = signals
    self.pace = pace
    self.reporter = reporter
  }

  /// Runs until the source ends or a signal asks to stop: what is held back then is not sent.
  func run() throws(Failure) -> Ending {
    let began = pace.clock.monotonic()
    while source.nextArrival != nil {
      if let signal = signals.stop {
        try finish()
        return .stopped(signal)
      }
      try send(until: options.isPaced ? pace.clock.monotonic() - began : .max)
      report(isLast: false)
      if options.isPaced, let next = source.nextArrival {
        pace.wait(until: min(began + next, reporter?.deadline ?? .max))
      }
    }
    try finish()
    return .done
  }

  private func send(until horizon: Int64) throws(Failure) {
    source.fill(&batch, until: horizon)
    encoder.encode(batch, to: &output.buffer)
    let (output, flushes) = (output, options.isPaced || options.isUnbuffered)
    if flushes { try output.flush() } else { try output.flushIfFull() }
  }

  private func finish() throws(Failure) {
    try output.finish()
    report(isLast: true)
    let ledger = source.ledger
    try ledger.requireClosed()
  }

  private func report(isLast: Bool) {
    let isAsked = signals.takeReport()
    reporter?.report(now: pace.clock.monotonic(), isAsked: isAsked, isLast: isLast) {
      var statistics = source.takeStatistics()
      statistics.bytes = output.length + Int64(output.buffer.count)
      return statistics
    }
  }
}

/// What simulating and replaying have in common.
struct SendingOptions: Sendable {
  /// Whether each event is sent when it is due, and at once.
  var isPaced = true
  /// Write after every batch.
  var isUnbuffered = false
}
