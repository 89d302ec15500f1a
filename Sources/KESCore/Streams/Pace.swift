// Waiting for the moment at which something is due.

/// Waits for moments of the monotonic clock, and is woken by signals.
public struct Pace: Sendable {
  public let clock: Clock
  private let pause: @Sendable (_ milliseconds: Int64) -> Void

  public init(clock: Clock = .real, signals: Signals) {
    self.init(clock: clock) { _ = signals.wait(for: nil, milliseconds: $0) }
  }

  /// - Parameter pause: waits so many milliseconds, or less where a signal comes.
  public init(clock: Clock, pause: @escaping @Sendable (_ milliseconds: Int64) -> Void) {
    self.clock = clock
    self.pause = pause
  }

  /// Waits until `moment`, in milliseconds of the monotonic clock. Returns earlier where a signal
  /// comes: the caller deals with it and waits on.
  public func wait(until moment: Int64) {
    let now = clock.monotonic()
    if now < moment { pause(moment - now) }
  }
}
