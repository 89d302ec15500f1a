// The loop that sends recorded events again.

import KESCommand
import KESCore

/// Reads batches, waits until each record is due, writes its bytes.
final class ReplayRun: RunWork {
  private let loop: RunLoop
  private let output: OutputStream
  private var encoder: any RecordAppender & ~Copyable
  private let settings: ReplaySettings
  private let isUnbuffered: Bool
  private let signals: Signals
  private let pace: Pace

  private var shifted = Batch(blockSize: 1)
  private var hasBegun = false
  private var schedule: ReplaySchedule?
  private var shift: BatchTimeShift?
  private var sentCount: Int64 = 0
  /// How many records of the batch have not been sent.
  private(set) var leftCount = 0

  init(
    source: any RecordSource, output: FormatOutput, settings: ReplaySettings,
    isUnbuffered: Bool = false, signals: Signals, pace: Pace,
    reporter: (any StatisticsReporter)? = nil
  ) {
    loop = RunLoop(source: source, signals: signals, clock: pace.clock, reporter: reporter)
    self.output = output.stream
    encoder = output.makeRecordEncoder()
    self.settings = settings
    self.isUnbuffered = isUnbuffered
    self.signals = signals
    self.pace = pace
  }

  /// Runs to the end of input, or until a signal asks to stop: at once where events are waited for,
  /// else after the batch in hand. Where the input is at fault, all that came before is written.
  func run() throws(Failure) -> Ending { try loop.run(self) }

  /// Sends the batch's records; returns the signal that asked to stop while one was waited for.
  func process(_ batch: inout Batch) throws(Failure) -> Int32? {
    leftCount = batch.records.count
    if !hasBegun && !batch.records.isEmpty { begin(with: batch.records[0].time) }
    shift?.apply(to: batch, into: &shifted)
    encoder.beginBatch()
    for index in 0..<batch.records.count {
      if let schedule {
        let moment = schedule.moment(of: batch.records[index].time)
        if let signal = try wait(until: moment) { return signal }
      }
      if shift != nil {
        encoder.append(index, of: shifted, to: &output.buffer)
      } else {
        encoder.append(index, of: batch, to: &output.buffer)
      }
      leftCount -= 1
      sentCount += 1
      try output.flushIfFull()
    }
    if isUnbuffered { try flush() }
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
      try flush()
      if let signal = signals.stop { return signal }
      loop.report(self)
      pace.wait(until: min(moment, loop.reportDeadline ?? .max))
    }
    return nil
  }

  func flush() throws(Failure) {
    try output.flush()
    try loop.source.deadLetters?.flush()
  }

  func finish() throws(Failure) {
    try loop.source.deadLetters?.finish()
    try output.finish()
  }

  /// Those sent are assigned; those read and not yet due are held.
  func ledger(over source: Ledger) -> Ledger {
    var ledger = source
    ledger.assigned = sentCount
    ledger.held = Int64(leftCount)
    return ledger
  }
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
