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
  /// Partitions that the consumer has; those that are not followed are paused.
  private var known: Set<Int32> = []
  /// Partitions that are restored and have not been told of.
  private var ready: [Int32] = []
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

  /// Begins to restore partitions. Those of which the store has all, up to the input's offset that the
  /// group has `committed`, are restored without reading anything. Throws `PipelineError`.
  func restore(
    _ partitions: [Int32], upTo committed: [Int32: KafkaOffset], _ patience: KafkaPatience
  ) throws(PipelineError) {
    try stop(partitions)
    try begin(Set(partitions), .restoring, patience) { partition throws(StateError) in
      let position = try self.store.progress(task: partition)?.position ?? 0
      return position >= committed[partition]?.rawValue ?? 0
    }
  }

  /// Reads partitions no more: their tasks write them, or they are not ours any more.
  func stop(_ partitions: [Int32]) throws(PipelineError) {
    ready.removeAll { partitions.contains($0) }
    let stopped = partitions.filter { (followed[$0]?.role ?? .restored) != .restored }
    for partition in partitions { followed[partition] = nil }
    if stopped.isEmpty { return }
    try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in try consumer.pause(stopped.map(named)) }
    }
  }

  private func begin(
    _ partitions: Set<Int32>, _ role: Role, _ patience: KafkaPatience,
    isKnown: (Int32) throws(StateError) -> Bool = { _ in false }
  ) throws(PipelineError) {
    if partitions.isEmpty { return }
    let marks = try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in
        try consumer.watermarks(partitions.map(named), patience)
      }
    }
    for partition in partitions {
      guard let marks = marks[named(partition)] else { continue }
      let next = try beginning(of: partition, marks)
      let isComplete = try storing { () throws(StateError) in
        next >= marks.high ? try isKnown(partition) : false
      }
      followed[partition] = Followed(
        role: isComplete ? .restored : role, next: next, end: marks.high)
      if isComplete { ready.append(partition) }
    }
    let open = partitions.filter { followed[$0]?.role != .restored }
    try streaming { () throws(StreamError) in
      try sending { () throws(KafkaError) in try read(open, patience) }
    }
  }

  /// Has the consumer read partitions from where they stand.
  private func read(
    _ partitions: Set<Int32>, _ patience: KafkaPatience
  ) throws(KafkaError) {
    if partitions.isEmpty { return }
    let positions = partitions.compactMap { partition in
      followed[partition].map { KafkaPosition(named(partition), $0.next) }
    }
    let returning = positions.filter { known.contains($0.partition.number) }
    try consumer.addAssignment(positions.filter { !known.contains($0.partition.number) })
    known.formUnion(partitions)
    if returning.isEmpty { return }
    try consumer.seek(to: returning)
    try consumer.resume(returning.map(\.partition))
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
    if !ready.isEmpty {
      defer { ready = [] }
      return ready
    }
    if isIdle { return [] }
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
