// Brings the local store up to the changelog: to restore tasks, and as a standby replica of others'.

/// Reads partitions of a changelog and writes what they say into the local store.
///
///     stopped ──follow──▶ standby ──restore──▶ restoring ── its end is reached ──▶ restored
///        ▲                   │                     │                                  │
///        └───────stop────────┴─────────────────────┴──────────────stop────────────────┘
///
/// A task's part of the store remembers the changelog record that is next, so that only the tail is
/// read, and with it the record that tells which changelog it is (`ChangelogContinuity`). Where it has
/// no place, one that the changelog does not have any more, or one of another changelog, it is emptied,
/// and the changelog read from its beginning.
final class ChangelogFollower {
  let topic: String
  private let consumer: KafkaConsumer
  private let store: StateStore
  private let clock: Clock
  private var followed: [Int32: FollowedPartition] = [:]
  /// Partitions that are restored and have not been told of.
  private var ready: [Int32] = []
  private var messages = KafkaMessageBatch()
  private var changes = StateChanges()
  /// How many records were read to restore, and as a standby.
  private(set) var restoredCount: Int64 = 0
  private(set) var standbyCount: Int64 = 0
  /// What a user is to know, until it is taken.
  private var notes: [String] = []

  /// After so long a changelog may have forgotten tombstones, in milliseconds: half of what brokers
  /// keep them for by default (`delete.retention.ms`).
  private static let greatestAge: UInt64 = 12 * 3600 * 1000

  init(
    _ configuration: KafkaConfiguration, topic: String, store: StateStore, clock: Clock
  ) throws(Failure) {
    self.topic = topic
    self.store = store
    self.clock = clock
    consumer = try KafkaConsumer(configuration)
  }

  var isIdle: Bool { followed.values.allSatisfy { $0.role == .restored } }
  var standbyTasks: [Int32] { followed.filter { $0.value.role == .standby }.map(\.key).sorted() }
  var isRestoring: Bool { followed.values.contains { $0.role == .restoring } }
  func takeNotices() -> [KafkaNotice] { consumer.takeNotices() }

  func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  // MARK: What to follow

  /// Follows `standbys` and no other partitions, beside those that are restored. Throws
  /// `Failure`.
  func follow(_ standbys: Set<Int32>, _ patience: KafkaPatience) throws(Failure) {
    let stopped = followed.filter { $0.value.role == .standby && !standbys.contains($0.key) }
    let added = standbys.subtracting(followed.keys)
    if stopped.isEmpty && added.isEmpty { return }
    try stop(Array(stopped.keys))
    try begin(added, .standby, patience)
  }

  /// Begins to restore partitions. Those of which the store has all, up to the input's offset that the
  /// group has `committed`, are restored at once where they were followed, else when one record has
  /// shown that it is their changelog. Throws `Failure`.
  func restore(
    _ partitions: [Int32], upTo committed: [Int32: KafkaOffset], _ patience: KafkaPatience
  ) throws(Failure) {
    let warm = followed.filter { $0.value.role == .standby && $0.value.continuity.isConfirmed }
    try stop(partitions)
    try begin(Set(partitions), .restoring, patience, warm) { partition throws(Failure) in
      let position = try self.store.progress(task: partition)?.position ?? 0
      return position >= committed[partition]?.rawValue ?? 0
    }
  }

  /// Reads partitions no more: their tasks write them, or they are not ours any more.
  func stop(_ partitions: [Int32]) throws(Failure) {
    ready.removeAll { partitions.contains($0) }
    let stopped = partitions.filter { (followed[$0]?.role ?? .restored) != .restored }
    for partition in partitions { followed[partition] = nil }
    if stopped.isEmpty { return }
    try consumer.removeAssignment(stopped.map(named))
  }

  private func begin(
    _ partitions: Set<Int32>, _ role: FollowedPartition.Role, _ patience: KafkaPatience,
    _ warm: [Int32: FollowedPartition] = [:],
    isKnown: (Int32) throws(Failure) -> Bool = { _ in false }
  ) throws(Failure) {
    if partitions.isEmpty { return }
    let marks = try consumer.watermarks(partitions.map(named), patience)
    for partition in partitions {
      guard let marks = marks[named(partition)] else { continue }
      let warm = warm[partition]?.continued(role, marks)
      var task = if let warm { warm } else { try beginning(of: partition, role, marks) }
      task.isAllHere = task.next >= marks.high ? try isKnown(partition) : false
      if task.isAllHere && task.continuity.isConfirmed {
        task.role = .restored
        ready.append(partition)
      }
      followed[partition] = task
    }
    let open = positions(partitions.filter { followed[$0]?.role != .restored })
    try consumer.addAssignment(open)
  }

  private func positions(_ partitions: Set<Int32>) -> [KafkaPosition] {
    partitions.compactMap { partition in
      followed[partition].map { KafkaPosition(named(partition), $0.start) }
    }
  }

  /// Where to go on; what cannot go on is emptied.
  private func beginning(
    of partition: Int32, _ role: FollowedPartition.Role, _ marks: KafkaWatermarks
  ) throws(Failure) -> FollowedPartition {
    let found = (try store.checkpoint(task: partition), try store.progress(task: partition))
    if case (let checkpoint?, let progress?) = found, let told = checkpoint.progressOffset {
      let (offset, progressOffset) = (KafkaOffset(checkpoint.offset), KafkaOffset(told))
      let age = checkpoint.savedAt.elapsed(until: EventTime(milliseconds: clock.wall()))
      if offset > marks.high { noteDropped(partition, "ahead of its changelog") }
      if progressOffset >= marks.low && offset <= marks.high && age < ChangelogFollower.greatestAge
      {
        return FollowedPartition(
          role, at: offset, progressOffset: progressOffset, progress.changelog, marks)
      }
    }
    try store.clear(task: partition)
    return FollowedPartition(role, fromTheBeginningOf: marks)
  }

  private func noteDropped(_ partition: Int32, _ reason: String) {
    notes.append(
      "partition \(partition): the state here is \(reason); it is dropped, and restored from the"
        + " changelog's beginning")
  }

  /// Empties what is another changelog's, and reads that which is there from its beginning.
  private func beginAnew(_ partitions: Set<Int32>) throws(Failure) {
    if partitions.isEmpty { return }
    for partition in partitions {
      guard let task = followed[partition] else { continue }
      noteDropped(partition, "of a changelog that was there before this one")
      try store.clear(task: partition)
      let end = max(task.end, consumer.lastKnownEnd(of: named(partition)) ?? task.end)
      followed[partition] = FollowedPartition(
        task.role, fromTheBeginningOf: KafkaWatermarks(low: task.low, high: end))
    }
    let positions = positions(partitions)
    try consumer.seek(to: positions)
  }

  private func named(_ partition: Int32) -> KafkaPartition {
    KafkaPartition(topic: topic, number: partition)
  }

  // MARK: Following

  /// Takes what has come, waiting up to `milliseconds` for it. Returns the partitions that have
  /// reached the end of what is committed. Throws `Failure`.
  func poll(milliseconds: Int64) throws(Failure) -> [Int32] {
    if !ready.isEmpty {
      defer { ready = [] }
      return ready
    }
    if isIdle { return [] }
    let found = try consumer.poll(into: &messages, milliseconds: milliseconds)
    if found != .batch { return [] }
    changes.removeAll()
    var turn = Turn()
    messages.forEach { read($0, &turn) }
    if let bad = turn.bad {
      throw .inputChanged(
        name: bad.description,
        explanation: "is no record of a changelog of kes; see the --application-id")
    }
    noteEnds(&turn)
    try save(turn.touched.subtracting(turn.others))
    messages.removeAll()
    try beginAnew(turn.others)
    return turn.ended.subtracting(turn.others).sorted()
  }

  /// What one poll brings: partitions of which something was read, that have reached their ends, and
  /// whose changelog is another one.
  private struct Turn {
    var touched: Set<Int32> = []
    var ended: Set<Int32> = []
    var others: Set<Int32> = []
    var bad: Place?
  }

  private func read(_ message: borrowing KafkaMessageView, _ turn: inout Turn) {
    let partition = message.partition
    guard var task = followed[partition], !turn.others.contains(partition) else { return }
    let offset = KafkaOffset(message.offset.rawValue)
    if let identity = identity(message) {
      guard task.continuity.accepts(identity, at: offset) else {
        turn.others.insert(partition)
        return
      }
      task.progressOffset = offset
      if task.isAllHere && task.role == .restoring { turn.ended.insert(partition) }
      task.isAllHere = false
    }
    if offset >= task.next {
      changes.begin(task: partition)
      if !add(message) && turn.bad == nil {
        turn.bad = Place(topic: topic, partition: partition, offset: offset.rawValue)
      }
      task.next = KafkaOffset(offset.rawValue + 1)
      count(task.role)
      turn.touched.insert(partition)
    }
    followed[partition] = task
  }

  private func identity(_ message: borrowing KafkaMessageView) -> ChangelogIdentity? {
    message.withKey { key in
      guard let key else { return nil }
      return message.withValue { StateChanges.identity(changelogKey: key, $0) }
    }
  }

  private func add(_ message: borrowing KafkaMessageView) -> Bool {
    message.withKey { key in
      guard let key else { return false }
      return message.withValue { changes.add(changelogKey: key, $0) }
    }
  }

  private func count(_ role: FollowedPartition.Role) {
    if role == .standby { standbyCount += 1 } else { restoredCount += 1 }
  }

  /// Takes in the ends that were reached: markers of transactions stand behind the last records.
  private func noteEnds(_ turn: inout Turn) {
    for end in messages.ends {
      let partition = end.partition.number
      guard var task = followed[partition] else { continue }
      if !task.continuity.isConfirmed {
        // The record that was to show whose changelog it is, and any behind it, is missing.
        turn.others.insert(partition)
        continue
      }
      if end.offset > task.next { turn.touched.insert(partition) }
      task.next = max(task.next, end.offset)
      if task.role == .restoring { turn.ended.insert(partition) }
      followed[partition] = task
    }
  }

  /// Commits to the store what was read of `partitions`.
  private func save(_ partitions: Set<Int32>) throws(Failure) {
    let now = EventTime(milliseconds: clock.wall())
    for partition in partitions {
      guard let task = followed[partition] else { continue }
      changes.begin(task: partition)
      changes.set(
        ChangelogCheckpoint(
          offset: task.next.rawValue, progressOffset: task.progressOffset?.rawValue, savedAt: now))
    }
    if changes.isEmpty { return }
    try store.commit(changes)
  }

  /// Whether the changelog has records behind what is committed of it: of a transaction that is open,
  /// as one that a lost process left behind. Throws `Failure`.
  func isUnsettled(_ partition: Int32) -> Bool {
    guard let task = followed[partition], let end = consumer.lastKnownEnd(of: named(partition))
    else { return false }
    return end > task.next
  }

  /// How far restoring has come, for who reports it: records read, and all; nil where nothing is to be
  /// restored.
  func progress(of partition: Int32) -> (done: Int64, all: Int64)? {
    guard let task = followed[partition], task.role == .restoring else { return nil }
    let all = max(task.end.rawValue, task.next.rawValue)
    return all > 0 ? (task.next.rawValue, all) : nil
  }
}

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

/// Follows the identities that a partition of a changelog tells of.
///
///     resuming ──the store's identity──▶ confirmed ◀── from the beginning
///        └─────── another one ─────▶ (begin anew) ◀── another one ──┘
///
/// A store goes on at the last record of progress that it knows of. Compaction removes that record
/// only where a later one of the same changelog stands behind it: so the first that comes tells.
struct ChangelogContinuity {
  /// nil before any was met.
  private var known: ChangelogIdentity?
  /// Whether what is read goes on from what the store has.
  private(set) var isConfirmed: Bool
  /// What stands before this is taken as it is: who begins at the beginning has nothing of another,
  /// and a changelog may have got two identities where several processes wrote (at-least-once).
  private let trusted: KafkaOffset

  /// From the beginning of a changelog that ends before `end` so far.
  init(fromTheBeginningTo end: KafkaOffset) {
    (known, isConfirmed, trusted) = (nil, true, end)
  }

  /// From where a store goes on.
  init(resuming identity: ChangelogIdentity) {
    (known, isConfirmed, trusted) = (identity, false, KafkaOffset(0))
  }

  /// Takes in the identity that the record at `offset` tells. Returns false where that is another
  /// changelog's.
  mutating func accepts(_ identity: ChangelogIdentity, at offset: KafkaOffset) -> Bool {
    if let known, known != identity, offset >= trusted {
      // A changelog of before identities is given one.
      guard isConfirmed && known == .unnamed else { return false }
    }
    (known, isConfirmed) = (identity, true)
    return true
  }
}
