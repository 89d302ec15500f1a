// Who waits for a group's partitions, and when that is worth a word.

/// Times the waiting for an assignment: a group gives partitions to nobody before all its members have
/// answered, or their time is over, which may be minutes. Nothing is read until then.
struct AssignmentWait {
  /// When the waiting began, in milliseconds of the monotonic clock; nil where nobody waits.
  private var began: Int64?
  private var nextNote: Int64 = 0

  /// In milliseconds. Our choice: longer than a rebalance takes where all is well.
  static let quiet: Int64 = 10_000
  /// How often it is said again, in milliseconds. Our choice.
  static let interval: Int64 = 60_000

  mutating func begin(now: Int64) {
    if began == nil { (began, nextNote) = (now, now + AssignmentWait.quiet) }
  }

  /// An assignment has come, also of no partitions: where there are more members than partitions.
  mutating func end() { began = nil }

  /// How long has been waited, in milliseconds, where that is to be said now.
  mutating func takeNote(now: Int64) -> Int64? {
    guard let began, now >= nextNote else { return nil }
    nextNote = now + AssignmentWait.interval
    return now - began
  }
}
