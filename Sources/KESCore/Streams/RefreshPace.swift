// When a live view is drawn again.

/// After a change, but not more than four times a second, and for at most a tenth of the time.
public struct RefreshPace: Sendable {
  private static let leastMilliseconds: Int64 = 250

  private let clock: Clock
  /// Before this moment nothing is drawn.
  private var next: Int64
  private var hasChanged = false
  private var began: Int64 = 0

  public init(clock: Clock) {
    self.clock = clock
    next = clock.monotonic()
  }

  /// When the next drawing is due, in milliseconds of the monotonic clock; nil where nothing has
  /// changed since the last.
  public var deadline: Int64? { hasChanged ? next : nil }

  public mutating func noteChange() { hasChanged = true }

  /// To be called before a drawing.
  public mutating func begin() {
    began = clock.monotonic()
    hasChanged = false
  }

  /// To be called behind it.
  public mutating func end() {
    let now = clock.monotonic()
    next = now + max(RefreshPace.leastMilliseconds, 10 * (now - began))
  }
}
