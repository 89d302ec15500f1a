// The changelog of an application: what its tasks write, and what they are restored from.

/// Writes what changes in tasks to the changelog topic, partition by partition, and follows what others
/// write.
final class Changelog {
  let follower: ChangelogFollower
  private let topic: String
  private let sender: TopicSender
  private let clock: Clock

  init(
    _ configuration: KafkaConfiguration, topic: String, sender: TopicSender, store: StateStore,
    clock: Clock
  ) throws(Failure) {
    self.topic = topic
    self.sender = sender
    self.clock = clock
    follower = try ChangelogFollower(configuration, topic: topic, store: store, clock: clock)
  }

  /// Sends the changes. Throws `Failure`.
  func send(_ changes: borrowing StateChanges) throws(Failure) {
    try sender.beginSending()
    let topic = try sender.topic(topic)
    try changes.forEachChangelogRecord { task, key, value, isProgress throws(Failure) in
      try sender.producer.produce(
        key: key, value: value, to: topic, partition: task, mark: isProgress ? Int(task) + 1 : 0,
        patience: sender.patience)
    }
    try sender.checkDeliveries()
  }

  /// Adds to `changes` where the changelog stands behind what was sent and is delivered.
  func takeCheckpoints(into changes: inout StateChanges) {
    let now = EventTime(milliseconds: clock.wall())
    for (mark, offset) in sender.producer.takeDeliveredOffsets() {
      changes.begin(task: Int32(mark - 1))
      changes.set(
        ChangelogCheckpoint(
          offset: offset.rawValue + 1, progressOffset: offset.rawValue, savedAt: now))
    }
  }
}
