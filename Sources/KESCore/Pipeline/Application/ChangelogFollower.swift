// Brings the local store up to the changelog: to restore tasks, and as a standby replica of others'.

/// Reads partitions of a changelog and writes what they say into the local store.
///
///     stopped ──follow──▶ standby ──restore──▶ restoring ── its end is reached ──▶ restored
///        ▲                   │                     │                                  │
///        └───────stop────────┴─────────────────────┴──────────────stop────────────────┘
///
/// A task's part of the store remembers the changelog record that is next, so that only the tail is
/// read. Where it has no place, or one that the changelog does not have any more, it is emptied, and
/// the changelog read from its beginning.
final class ChangelogFollower {
  enum Role { case standby, restoring, restored }

  private struct Followed {
    var role: Role
    var next: KafkaOffset
    /// Where the changelog ended when restoring began, for who reports it.
    var end: KafkaOffset
  }

  let topic: String
  private let consumer: KafkaConsumer
  private let store: StateStore
  private let clock: Clock
  private var followed: [Int32: Followed] = [:]
  private var messages = KafkaMessageBatch()
  private var changes = StateChanges()
  /// How many records were read to restore, and as a standby.
  private(set) var restoredCount: Int64 = 0
  private(set) var standbyCount: Int64 = 0

  /// After so long a changelog may have forgotten tombstones, in milliseconds: half of what brokers
  /// keep them for by default (`delete.retention.ms`).
  private static let greatestAge: UInt64 = 12 * 3600 * 1000

  init(
    _ configuration: KafkaConfiguration, topic: String, store: StateStore, clock: Clock
  ) throws(KafkaError) {
    self.topic = topic
    self.store = store
    self.clock = clock
    consumer = try KafkaConsumer(configuration)
  }

  var descriptor: Int32 { consumer.descriptor }
  var isIdle: Bool { followed.values.allSatisfy { $0.role == .restored } }
  var standbyTasks: [Int32] { followed.filter { $0.value.role == .standby }.map(\.key).sorted() }
  var isRestoring: Bool { followed.values.contains { $0.role == .restoring } }
  func takeNotices() -> [KafkaNotice] { consumer.takeNotices() }

  // MARK: What to follow

  /// Follows `standbys` and no other partitions, beside those that are restored. Throws
  /// `PipelineError`.
  func follow(_ standbys: Set<Int32>, _ patience: KafkaPatience) throws(PipelineError) {
    let stopped = followed.filter { $0.value.role == .standby && !standbys.contains($0.key) }
    let added = standbys.subtracting(followed.keys)
    if stopped.isEmpty && added.isEmpty { return }
    try stop(Array(stopped.keys))
    try begin(added, .standby, patience)
  }

  /// Begins to restore partitions. Throws `PipelineError`.
  func restore(_ partitions: [Int32], _ patience: KafkaPatience) throws(PipelineError) {
    try stop(partitions)
    try begin(Set(partitions), .restoring, patience)
  }

  /// Reads partitions no more: restored ones, which their tasks write, and those that are not ours any
  /// more. Throws `PipelineError`.
  func stop(_ partitions: [Int32]) throws(PipelineError) {
    let stopped = partitions.filter { followed[$0] != nil }
    for partition in stopped { followed[partition] = nil }
    try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in try consumer.remove(stopped.map(named)) }
    }
  }

  private func begin(
    _ partitions: Set<Int32>, _ role: Role, _ patience: KafkaPatience
  ) throws(PipelineError) {
    if partitions.isEmpty { return }
    let marks = try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in
        try consumer.watermarks(partitions.map(named), patience)
      }
    }
    var positions: [KafkaPosition] = []
    for partition in partitions {
      guard let marks = marks[named(partition)] else { continue }
      let next = try beginning(of: partition, marks)
      followed[partition] = Followed(role: role, next: next, end: marks.high)
      positions.append(KafkaPosition(named(partition), next))
    }
    try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in try consumer.add(positions) }
    }
  }

  /// Where to go on; what cannot go on is emptied.
  private func beginning(
    of partition: Int32, _ marks: KafkaWatermarks
  ) throws(PipelineError) -> KafkaOffset {
    let checkpoint = try storing { () throws(StateError) in
      try store.checkpoint(task: partition)
    }
    if let checkpoint {
      let offset = KafkaOffset(checkpoint.offset)
      let age = checkpoint.savedAt.elapsed(until: EventTime(milliseconds: clock.wall()))
      if offset >= marks.low && offset <= marks.high && age < ChangelogFollower.greatestAge {
        return offset
      }
    }
    try storing { () throws(StateError) in try store.clear(task: partition) }
    return marks.low
  }

  private func named(_ partition: Int32) -> KafkaPartition {
    KafkaPartition(topic: topic, number: partition)
  }

  // MARK: Following

  /// Takes what has come, waiting up to `milliseconds` for it. Returns the partitions that have
  /// reached the end of what is committed. Throws `PipelineError`.
  func poll(milliseconds: Int64) throws(PipelineError) -> [Int32] {
    if followed.isEmpty { return [] }
    let found = try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in
        try consumer.poll(into: &messages, milliseconds: milliseconds)
      }
    }
    if found != .batch { return [] }
    changes.removeAll()
    var touched: Set<Int32> = []
    var bad: KafkaPlace?
    messages.forEach { message in
      guard var task = followed[message.partition] else { return }
      changes.begin(task: message.partition)
      if !add(message) && bad == nil {
        bad = KafkaPlace(
          topic: topic, partition: message.partition, offset: message.offset.rawValue)
      }
      task.next = KafkaOffset(message.offset.rawValue + 1)
      count(task.role)
      followed[message.partition] = task
      touched.insert(message.partition)
    }
    if let bad {
      throw .stream(
        .inputChanged(
          name: bad.description,
          explanation: "is no record of a changelog of kes; see the"
            + " --application-id"))
    }
    let ended = noteEnds(&touched)
    try save(touched)
    messages.removeAll()
    return ended
  }

  private func add(_ message: borrowing KafkaMessageView) -> Bool {
    message.withKey { key in
      guard let key else { return false }
      return message.withValue { changes.add(changelogKey: key, $0) }
    }
  }

  private func count(_ role: Role) {
    if role == .standby { standbyCount += 1 } else { restoredCount += 1 }
  }

  /// Takes in the ends that were reached: markers of transactions stand behind the last records.
  private func noteEnds(_ touched: inout Set<Int32>) -> [Int32] {
    var ended: [Int32] = []
    for end in messages.ends {
      let partition = end.partition.number
      guard var task = followed[partition] else { continue }
      if end.offset > task.next { touched.insert(partition) }
      task.next = max(task.next, end.offset)
      if task.role == .restoring { ended.append(partition) }
      followed[partition] = task
    }
    return ended
  }

  /// Commits to the store what was read of `partitions`.
  private func save(_ partitions: Set<Int32>) throws(PipelineError) {
    let now = EventTime(milliseconds: clock.wall())
    for partition in partitions {
      guard let task = followed[partition] else { continue }
      changes.begin(task: partition)
      changes.set(ChangelogCheckpoint(offset: task.next.rawValue, savedAt: now))
    }
    if changes.isEmpty { return }
    try storing { () throws(StateError) in try store.commit(changes) }
  }

  /// Whether the changelog has records behind what is committed of it: of a transaction that is open,
  /// as one that a lost process left behind. Throws `PipelineError`.
  func isUnsettled(_ partition: Int32) -> Bool {
    guard let task = followed[partition], let end = consumer.lastKnownEnd(of: named(partition))
    else { return false }
    return end > task.next
  }

  /// How far restoring has come, for who reports it: records read, and all.
  func progress(of partition: Int32) -> (done: Int64, all: Int64)? {
    guard let task = followed[partition], task.role == .restoring else { return nil }
    return (task.next.rawValue, max(task.end.rawValue, task.next.rawValue))
  }
}
