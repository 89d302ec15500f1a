// How often a run tries again.

/// Counts failures in a row, so that what does not pass ends the run at last.
struct RecoveryPace {
  private var failures = 0

  /// Our choice: with growing pauses, about half a minute in all.
  private static let greatest = 10

  mutating func succeed() { failures = 0 }

  /// How long to wait before the next attempt, in milliseconds; nil where it is enough.
  mutating func fail() -> Int64? {
    failures += 1
    return failures > RecoveryPace.greatest ? nil : min(100 << Int64(failures - 1), 5000)
  }
}
