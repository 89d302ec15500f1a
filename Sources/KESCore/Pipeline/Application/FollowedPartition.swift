// A partition of a changelog, as a process follows it.

/// Where reading stands, and why it is read.
struct FollowedPartition {
  enum Role { case standby, restoring, restored }

  var role: Role
  /// The first record that the store does not have.
  var next: KafkaOffset
  /// The first record that the changelog has.
  let low: KafkaOffset
  /// Where the changelog ended when reading began, for who reports it.
  var end: KafkaOffset
  /// The last record of progress before `next`, as far as one is known.
  var progressOffset: KafkaOffset?
  var continuity: ChangelogContinuity
  /// Whether it is restored as soon as the changelog shows to be the store's.
  var isAllHere = false

  /// Whose store has nothing.
  init(_ role: Role, fromTheBeginningOf marks: KafkaWatermarks) {
    self.role = role
    (next, low, end) = (marks.low, marks.low, marks.high)
    continuity = ChangelogContinuity(fromTheBeginningTo: marks.high)
  }

  /// Whose store stands at `next`, of a changelog of this identity.
  init(
    _ role: Role, at next: KafkaOffset, progressOffset: KafkaOffset,
    _ identity: ChangelogIdentity, _ marks: KafkaWatermarks
  ) {
    self.role = role
    (self.next, low, end) = (next, marks.low, marks.high)
    self.progressOffset = progressOffset
    continuity = ChangelogContinuity(resuming: identity)
  }

  /// What goes on from where it stands; nil where that is not between these marks.
  func continued(_ role: Role, _ marks: KafkaWatermarks) -> FollowedPartition? {
    guard next >= marks.low && next <= marks.high else { return nil }
    var task = self
    (task.role, task.end) = (role, marks.high)
    return task
  }

  /// Where reading begins: at a record that the store has, where that is to show whose it is.
  var start: KafkaOffset { continuity.isConfirmed ? next : progressOffset ?? next }
}
