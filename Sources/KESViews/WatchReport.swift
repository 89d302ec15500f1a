// Records in, a screen that shows how they come; at the end the figures.

package import KESCore

/// Watches a stream on the terminal's second screen, drawn twice a second, and leaves the first one
/// with a summary.
package struct WatchReport: RecordEncoder, ~Copyable {
  private static let refreshMilliseconds: Int64 = 500
  /// How often keys are looked at.
  private static let keyMilliseconds: Int64 = 100

  private var summary: EventSummary
  private var times = WatchTimes()
  private var pulse: WatchPulse
  private var nextRefresh: Int64
  private var nextLook: Int64
  private var isQuit = false
  private let screen: AlternateScreen
  private let view: WatchTextEncoder
  private let final: any SummaryEncoder
  private let clock: Clock

  /// - Parameters:
  ///   - screen: to be left by whoever runs this, where the run fails.
  ///   - final: what writes the summary.
  ///   - choice: which sessions count; records all do.
  package init(
    screen: AlternateScreen, view: WatchTextEncoder, final: any SummaryEncoder,
    choice: SessionChoice = SessionChoice(), clock: Clock = .real
  ) {
    self.screen = screen
    self.view = view
    self.final = final
    summary = EventSummary(choice: choice)
    self.clock = clock
    nextRefresh = clock.monotonic()
    nextLook = nextRefresh
    pulse = WatchPulse(now: nextRefresh)
  }

  package var openSessions: Int { summary.openSessions }
  package var isComplete: Bool { isQuit }

  package mutating func begin(_ output: inout ByteBlock) { screen.enter(&output) }

  package mutating func suspend(_ output: inout ByteBlock) { screen.leave(&output) }

  package mutating func resume(_ output: inout ByteBlock) {
    screen.enter(&output)
    nextRefresh = clock.monotonic()
    refresh(to: &output)
  }

  package mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    summary.add(batch)
    times.add(batch)
  }

  package var refreshDeadline: Int64? { screen.hasKeys ? min(nextLook, nextRefresh) : nextRefresh }

  package mutating func refresh(to output: inout ByteBlock) {
    let now = clock.monotonic()
    nextLook = now + WatchReport.keyMilliseconds
    if screen.takeQuit() { isQuit = true }
    if now < nextRefresh { return }
    nextRefresh = now + WatchReport.refreshMilliseconds
    times.wallClock = clock.wall()
    pulse.take(summary, now: now)
    screen.draw(view.lines(summary, pulse, times, endsByKey: screen.hasKeys), to: &output)
  }

  package mutating func end(_ output: inout ByteBlock) {
    screen.leave(&output)
    summary.finish()
    final.encode(summary, to: &output)
  }
}

/// Rates over the last two seconds, and their history, from counts taken twice a second.
struct WatchPulse: Sendable {
  /// What had been counted at a moment.
  private struct Sample {
    var moment: Int64
    var records: Int64
    var sessions: [SessionStatus?: Int64]
  }

  private static let keptSamples = 5
  private static let keptRates = 512

  private var samples: [Sample] = []
  private let started: Int64
  /// Records a second between every two samples, the latest last.
  private(set) var history: [Double] = []

  /// - Parameter now: milliseconds of the monotonic clock.
  init(now: Int64) {
    started = now
    samples = [Sample(moment: now, records: 0, sessions: [:])]
  }

  /// How long it has been taken, in milliseconds.
  var elapsed: UInt64 { UInt64(max(0, (samples.last?.moment ?? started) - started)) }

  mutating func take(_ summary: borrowing EventSummary, now: Int64) {
    var sessions: [SessionStatus?: Int64] = [:]
    summary.forEachStatus { status, figures in sessions[status] = figures.count }
    let sample = Sample(moment: now, records: summary.records, sessions: sessions)
    if let last = samples.last, now > last.moment {
      history.append(WatchPulse.rate(sample.records - last.records, now - last.moment))
    }
    samples.append(sample)
    samples.removeFirst(max(0, samples.count - WatchPulse.keptSamples))
    history.removeFirst(max(0, history.count - WatchPulse.keptRates))
  }

  private static func rate(_ count: Int64, _ milliseconds: Int64) -> Double {
    milliseconds <= 0 ? 0 : Double(count) * 1000 / Double(milliseconds)
  }

  /// Records a second.
  var recordRate: Double { rate { $0.records } }

  /// Sessions of a status a second.
  func sessionRate(_ status: SessionStatus?) -> Double { rate { $0.sessions[status] ?? 0 } }

  private func rate(_ count: (Sample) -> Int64) -> Double {
    guard let first = samples.first, let last = samples.last else { return 0 }
    return WatchPulse.rate(count(last) - count(first), last.moment - first.moment)
  }
}

/// Stream time, and how far events lagged behind it.
struct WatchTimes: Sendable {
  /// The greatest time of an event; nil before the first.
  private(set) var streamTime: EventTime?
  /// How far, at most, an event came behind one with a greater time, in milliseconds.
  private(set) var greatestLag: UInt64 = 0
  /// Milliseconds since the epoch, by the clock, when the screen was drawn.
  var wallClock: Int64 = 0

  mutating func add(_ batch: borrowing Batch) {
    for index in 0..<batch.records.count where batch.records[index].role != .closed {
      let time = batch.records[index].time
      let greatest = max(streamTime ?? time, time)
      greatestLag = max(greatestLag, time.elapsed(until: greatest))
      streamTime = greatest
    }
  }

  /// How far stream time is behind the clock, in milliseconds.
  var behindClock: UInt64? { streamTime?.elapsed(until: EventTime(milliseconds: wallClock)) }
}

/// Enters and leaves it (xterm's private modes 1049 and 25), each once, whoever comes first to leave.
/// Meanwhile the key `q` may be pressed on it.
package final class AlternateScreen {
  package private(set) var isEntered = false
  private let wantsKeys: Bool
  /// Whether `q` would be noticed.
  private(set) var hasKeys = false

  /// - Parameter wantsKeys: whether what is typed is for the screen alone.
  package init(wantsKeys: Bool = false) { self.wantsKeys = wantsKeys }

  /// Whether `q` was pressed since the last call.
  func takeQuit() -> Bool { hasKeys && Signals.takeQuit() }

  /// Appends what shows an empty screen without a cursor.
  func enter(_ output: inout ByteBlock) {
    isEntered = true
    hasKeys = wantsKeys && Signals.takeKeys()
    output.append("\u{1B}[?1049h\u{1B}[?25l")
  }

  /// Appends a drawing that replaces what the screen showed: no more lines, and none wider, than it
  /// has room for. The last ends without a line feed, which would move the others up.
  func draw(_ lines: [String], to output: inout ByteBlock) {
    output.append("\u{1B}[H")
    output.append(text: lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n"))
    output.append("\u{1B}[J")
  }

  /// Appends what brings back the first screen and the cursor; nothing where that was done.
  package func leave(_ output: inout ByteBlock) {
    if !isEntered { return }
    isEntered = false
    if hasKeys { Signals.leaveKeys() }
    hasKeys = false
    output.append("\u{1B}[?25h\u{1B}[?1049l")
  }
}
