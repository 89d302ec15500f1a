// Records in, a screen that shows how they come; at the end the figures.

/// Watches a stream on the terminal's second screen, drawn twice a second, and leaves the first one
/// with a summary.
public struct WatchReport<Summary: SummaryEncoder>: RecordEncoder, ~Copyable {
  private static var refreshMilliseconds: Int64 { 500 }
  /// How often keys are looked at.
  private static var keyMilliseconds: Int64 { 100 }

  private var summary = EventSummary()
  private var gatherer = SessionGatherer()
  private var times = WatchTimes()
  private var pulse: WatchPulse
  private var nextRefresh: Int64
  private var nextLook: Int64
  private var isQuit = false
  private let screen: AlternateScreen
  private let view: WatchTextEncoder
  private let final: Summary
  private let choice: SessionChoice
  private let clock: Clock

  /// - Parameters:
  ///   - screen: to be left by whoever runs this, where the run fails.
  ///   - final: what writes the summary.
  ///   - choice: which sessions count; records all do.
  public init(
    screen: AlternateScreen, view: WatchTextEncoder, final: Summary,
    choice: SessionChoice = SessionChoice(), clock: Clock = .real
  ) {
    self.screen = screen
    self.view = view
    self.final = final
    self.choice = choice
    self.clock = clock
    nextRefresh = clock.monotonic()
    nextLook = nextRefresh
    pulse = WatchPulse(now: nextRefresh)
  }

  public var openSessions: Int { gatherer.openCount }
  public var isComplete: Bool { isQuit }

  public mutating func begin(_ output: inout ByteBlock) { screen.enter(&output) }

  public mutating func suspend(_ output: inout ByteBlock) { screen.leave(&output) }

  public mutating func resume(_ output: inout ByteBlock) {
    screen.enter(&output)
    nextRefresh = clock.monotonic()
    refresh(to: &output)
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    summary.add(batch)
    times.add(batch)
    let choice = choice
    gatherer.gather(batch) { row, _, _ in if choice.selects(row) { summary.add(row) } }
  }

  public var refreshDeadline: Int64? { screen.hasKeys ? min(nextLook, nextRefresh) : nextRefresh }

  public mutating func refresh(to output: inout ByteBlock) {
    let now = clock.monotonic()
    nextLook = now + WatchReport.keyMilliseconds
    if screen.takeQuit() { isQuit = true }
    if now < nextRefresh { return }
    nextRefresh = now + WatchReport.refreshMilliseconds
    times.wallClock = clock.wall()
    pulse.take(summary, now: now)
    let lines = view.lines(
      summary, openSessions: gatherer.openCount, pulse, times, endsByKey: screen.hasKeys)
    screen.draw(lines, to: &output)
  }

  public mutating func end(_ output: inout ByteBlock) {
    screen.leave(&output)
    let choice = choice
    gatherer.finish { row, _, _ in if choice.selects(row) { summary.add(row) } }
    final.encode(summary, to: &output)
  }
}
