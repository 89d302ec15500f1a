// Time, as this room needs it: a value, so that tests need not wait.

internal import Glibc

/// A clock, and waiting between attempts.
public struct RegistryClock: Sendable {
  /// Milliseconds of a clock that only goes forward, from any beginning.
  public var monotonic: @Sendable () -> Int64
  /// Waits so many milliseconds; false where there is no point in another attempt, because the
  /// process is to end.
  public var pause: @Sendable (_ milliseconds: Int64) -> Bool

  public init(
    monotonic: @escaping @Sendable () -> Int64,
    pause: @escaping @Sendable (_ milliseconds: Int64) -> Bool
  ) {
    self.monotonic = monotonic
    self.pause = pause
  }

  public static let real = RegistryClock(
    monotonic: {
      var time = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    },
    pause: { milliseconds in
      // A signal ends the pause early.
      _ = poll(nil, 0, Int32(clamping: milliseconds))
      return true
    })
}
