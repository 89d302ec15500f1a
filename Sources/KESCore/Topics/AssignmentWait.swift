// Who waits for a group's partitions, and when that is worth a word.

/// Times the waiting for an assignment: a group gives partitions to nobody before all its members have
/// answered, or their time is over, which may be minutes; and to some none at all, where there are more
/// members than partitions. Nothing is read until then.
struct AssignmentWait {
  /// What is to be said.
  enum Note: Equatable {
    /// The group has not answered for so many milliseconds.
    case waiting(Int64)
    /// The group has given all partitions to others.
    case idle
  }

  /// When the waiting began, in milliseconds of the monotonic clock; nil where nobody waits.
  private var began: Int64?
  private var nextNote: Int64 = 0
  /// Whether the group has answered, and given us nothing.
  private var isIdle = false

  /// In milliseconds. Our choice: longer than a rebalance takes where all is well, also one that first
  /// takes partitions from others (KIP-429).
  static let quiet: Int64 = 10_000
  /// How often it is said again, in milliseconds. Our choice.
  static let interval: Int64 = 60_000

  mutating func begin(now: Int64) {
    if began == nil || isIdle { start(now, isIdle: false) }
  }

  /// An assignment of no partitions has come, to who has none.
  mutating func idle(now: Int64) {
    if began == nil || !isIdle { start(now, isIdle: true) }
  }

  private mutating func start(_ now: Int64, isIdle: Bool) {
    (began, nextNote, self.isIdle) = (now, now + AssignmentWait.quiet, isIdle)
  }

  /// Partitions have come.
  mutating func end() { began = nil }

  /// What is to be said now: the waiting again and again, and once that others have all.
  mutating func takeNote(now: Int64) -> Note? {
    guard let began, now >= nextNote else { return nil }
    nextNote = isIdle ? .max : now + AssignmentWait.interval
    return isIdle ? .idle : .waiting(now - began)
  }
}
