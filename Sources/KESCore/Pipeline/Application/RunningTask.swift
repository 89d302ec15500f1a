// A task of a run on a topic, with its place in its partition.

/// A partition that is processed here.
final class RunningTask {
  let partition: Int32
  var task: SegmentTask
  /// The offset of the record that is next, and what of that is committed.
  var position: KafkaOffset
  var committed: KafkaOffset
  /// Whether nobody has been told yet that it goes on there: the user has said where, not an earlier run.
  var isElsewhere = false

  init(partition: Int32, task: consuming SegmentTask, position: KafkaOffset) {
    self.partition = partition
    self.task = task
    self.position = position
    committed = position
  }

  /// Whether a commit would change anything.
  var hasMoved: Bool { task.isDirty || position != committed || isElsewhere }

  /// Where a next run may go on that has nothing of this one: before the first record that is held.
  var placeWithoutState: KafkaOffset {
    guard let held = task.firstHeldPosition else { return position }
    return min(position, MessageDecoder.offset(ofPosition: held))
  }
}
