// Records in, a screen that shows how they come; at the end the figures.

/// Watches a stream on the terminal's second screen, drawn twice a second, and leaves the first one
/// with a summary.
public struct WatchReport<Summary: SummaryEncoder>: RecordEncoder, ~Copyable {
  private static var refreshMilliseconds: Int64 { 500 }

  private var summary = EventSummary()
  private var gatherer = SessionGatherer()
  private var times = WatchTimes()
  private var pulse: WatchPulse
  private var nextRefresh: Int64
  private let screen: AlternateScreen
  private let view: WatchTextEncoder
  private let final: Summary
  private let clock: Clock

  /// - Parameters:
  ///   - screen: to be left by whoever runs this, where the run fails.
  ///   - final: what writes the summary.
  public init(
    screen: AlternateScreen, view: WatchTextEncoder, final: Summary, clock: Clock = .real
  ) {
    self.screen = screen
    self.view = view
    self.final = final
    self.clock = clock
    nextRefresh = clock.monotonic()
    pulse = WatchPulse(now: nextRefresh)
  }

  public var openSessions: Int { gatherer.openCount }

  public mutating func begin(_ output: inout ByteBlock) { screen.enter(&output) }

  public mutating func suspend(_ output: inout ByteBlock) { screen.leave(&output) }

  public mutating func resume(_ output: inout ByteBlock) {
    screen.enter(&output)
    refresh(to: &output)
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    summary.add(batch)
    times.add(batch)
    gatherer.gather(batch) { row, _, _ in summary.add(row) }
  }

  public var refreshDeadline: Int64? { nextRefresh }

  public mutating func refresh(to output: inout ByteBlock) {
    let now = clock.monotonic()
    nextRefresh = now + WatchReport.refreshMilliseconds
    times.wallClock = clock.wall()
    pulse.take(summary, now: now)
    let lines = view.lines(summary, openSessions: gatherer.openCount, pulse, times)
    screen.draw(lines, to: &output)
  }

  public mutating func end(_ output: inout ByteBlock) {
    screen.leave(&output)
    gatherer.finish { row, _, _ in summary.add(row) }
    final.encode(summary, to: &output)
  }
}
