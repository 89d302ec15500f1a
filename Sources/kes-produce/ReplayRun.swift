// The loop that sends recorded events again.

import KESCommand
import KESCore

/// Reads batches, waits until each record is due, writes its bytes.
final class ReplayRun {
  private let source: any RecordSource
  private let output: OutputStream
  private let encoder: FormatRecordEncoder
  private let settings: ReplaySettings
  private let isUnbuffered: Bool
  private let signals: Signals
  private let pace: Pace
  private let reporter: (any StatisticsReporter)?

  private var batch = Batch(blockSize: 128 * 1024)
  private var shifted = Batch(blockSize: 1)
  private var hasBegun = false
  private var schedule: ReplaySchedule?
  private var shift: BatchTimeShift?
  private var sentCount: Int64 = 0
  /// How many records of the batch have not been sent.
  private var unsentCount = 0

  init(
    source: any RecordSource, output: FormatOutput, settings: ReplaySettings,
    isUnbuffered: Bool = false, signals: Signals, pace: Pace,
    reporter: (any StatisticsReporter)? = nil
  ) {
    self.source = source
    self.output = output.stream
    encoder = FormatRecordEncoder(output)
    self.settings = settings
    self.isUnbuffered = isUnbuffered
    self.signals = signals
    self.pace = pace
    self.reporter = reporter
  }

  /// Runs to the end of input, or until a signal asks to stop: at once where events are waited for,
  /// else after the batch in hand. Where the input is at fault, all that came before is written.
  func run() throws(Failure) -> Ending {
    do {
      return try runToEnd()
    } catch {
      if error.isOfInput { try finish() }
      throw error
    }
  }

  private func runToEnd() throws(Failure) -> Ending {
    while true {
      let deadline = reporter?.deadline
      let turn = try source.next(into: &batch, deadline: deadline) { () throws(Failure) in
        try output.flush()
      }
      var stop: Int32?
      switch turn {
      case .batch: stop = try sendBatch()
      case .idle: break
      case .stopped(let signal): stop = signal
      case .end:
        try finish()
        return .done
      }
      if let stop {
        try finish()
        return .stopped(stop)
      }
      report(isLast: false)
    }
  }

  /// Sends the batch's records; returns the signal that asked to stop while one was waited for.
  private func sendBatch() throws(Failure) -> Int32? {
    unsentCount = batch.records.count
    if !hasBegun && !batch.records.isEmpty { begin(with: batch.records[0].time) }
    shift?.apply(to: batch, into: &shifted)
    encoder.beginBatch()
    for index in 0..<batch.records.count {
      if let schedule {
        let moment = schedule.moment(of: batch.records[index].time)
        if let signal = try wait(until: moment) { return signal }
      }
      send(index)
      unsentCount -= 1
      sentCount += 1
      try write(always: false)
    }
    if isUnbuffered { try write(always: true) }
    return nil
  }

  private func begin(with first: EventTime) {
    hasBegun = true
    schedule = settings.speed.map {
      ReplaySchedule(first: first, at: pace.clock.monotonic(), speed: $0)
    }
    switch settings.target {
    case nil: break
    case .time(let time): shift = BatchTimeShift(TimeShift(moving: first, to: time))
    case .now:
      let now = EventTime(milliseconds: pace.clock.wall())
      shift = BatchTimeShift(TimeShift(moving: first, to: now))
    }
  }

  /// Waits until `moment`, with all written that was sent before; returns the signal that asked to
  /// stop meanwhile.
  private func wait(until moment: Int64) throws(Failure) -> Int32? {
    while pace.clock.monotonic() < moment {
      try write(always: true)
      if let signal = signals.stop { return signal }
      report(isLast: false)
      pace.wait(until: min(moment, reporter?.deadline ?? .max))
    }
    return nil
  }

  private func send(_ index: Int) {
    if shift == nil {
      encoder.append(index, of: batch, to: &output.buffer)
    } else {
      encoder.append(index, of: shifted, to: &output.buffer)
    }
  }

  private func write(always: Bool) throws(Failure) {
    let deadLetters = always ? source.deadLetters : nil
    if always { try output.flush() } else { try output.flushIfFull() }
    try deadLetters?.flush()
  }

  private func finish() throws(Failure) {
    try source.deadLetters?.finish()
    try output.finish()
    try source.finish(leaving: unsentCount)
    report(isLast: true)
    try ledger.requireClosed()
  }

  private func report(isLast: Bool) {
    let isAsked = signals.takeReport()
    reporter?.report(now: pace.clock.monotonic(), isAsked: isAsked, isLast: isLast) {
      source.takeStatistics(ledger: ledger, openSessions: 0)
    }
  }

  /// Those sent are assigned; those read and not yet due are held.
  private var ledger: Ledger {
    var ledger = source.ledger
    ledger.assigned = sentCount
    ledger.held = Int64(unsentCount)
    return ledger
  }

  /// How many records were passed over that nothing keeps (exit status 1).
  var skippedCount: Int64 { source.skippedCount }
}

/// When events are sent, and with which times.
struct ReplaySettings: Sendable {
  /// What the first event's time becomes.
  enum Target: Sendable {
    case now
    case time(EventTime)
  }

  /// How many seconds of event time go by in a second; nil for as fast as they are taken.
  var speed: Double? = 1
  /// Nil leaves all times as they are.
  var target: Target?
}

/// Maps event times to moments, by the first event and the speed.
struct ReplaySchedule: Sendable {
  private let firstTime: EventTime
  private let firstMoment: Int64
  private let speed: Double

  /// - Parameters:
  ///   - moment: when the first event is sent, in milliseconds of the monotonic clock.
  ///   - speed: greater than 0.
  init(first: EventTime, at moment: Int64, speed: Double) {
    firstTime = first
    firstMoment = moment
    self.speed = speed
  }

  /// When an event of this time is due. One that is earlier than others before it is due already.
  func moment(of time: EventTime) -> Int64 {
    let wait = Double(firstTime.elapsed(until: time)) / speed
    return firstMoment + Int64(min(wait, 0x1p61))
  }
}
