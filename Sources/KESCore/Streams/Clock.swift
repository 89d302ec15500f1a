// The wall clock, at the one seam where it enters.

internal import Glibc

/// The time of the machine, as values, so that tests can set it.
public struct Clock: Sendable {
  /// Milliseconds of a clock that only goes forward, from any beginning.
  public var monotonic: @Sendable () -> Int64
  /// Milliseconds since the epoch.
  public var wall: @Sendable () -> Int64

  public init(monotonic: @escaping @Sendable () -> Int64, wall: @escaping @Sendable () -> Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }

  public static let real = Clock(
    monotonic: { milliseconds(of: CLOCK_MONOTONIC) }, wall: { milliseconds(of: CLOCK_REALTIME) })

  private static func milliseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
