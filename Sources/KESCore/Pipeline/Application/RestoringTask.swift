// A partition that is ours and waits for its sessions.

/// Where a task is to go on when its sessions are there.
struct RestoringTask {
  /// Where reading begins by the user's word or the group's.
  let start: KafkaOffset
  /// What the group had committed; nil for nothing.
  let committed: KafkaOffset?
  /// When restoring began, in milliseconds of the monotonic clock.
  let began: Int64
  /// When its progress is told next.
  var nextNote: Int64
}
