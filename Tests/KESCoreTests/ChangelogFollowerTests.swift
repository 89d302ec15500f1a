// Restoring from a changelog: only the tail is read, and what cannot go on begins anew.

import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct ChangelogFollowerTests {
  private let kafka: KafkaUnderTest
  private let topic: String
  private let producer: KafkaProducer
  private let directory: TemporaryDirectory
  private let store: StateStore

  private static let hour: Int64 = 3_600_000

  init() throws {
    kafka = try KafkaUnderTest()
    topic = try kafka.topic("changelog", partitions: 2)
    producer = try KafkaProducer(kafka.configuration)
    directory = try TemporaryDirectory()
    store = try StateStore.open(directory.path, creating: true)
  }

  // MARK: What is there

  /// Changes of a task: a session for each key, and how much of the input was read.
  private func changes(
    _ keys: [String], task: Int32 = 0, position: Int64, _ identity: ChangelogIdentity = first
  ) -> StateChanges {
    var changes = StateChanges(task: task)
    for key in keys {
      let session = SessionSnapshot(
        identifier: SessionIdentifier(rawValue: UInt64(position)),
        start: EventTime(milliseconds: 1), end: EventTime(milliseconds: 2),
        latestStreamTime: EventTime(milliseconds: 2), latestSequence: 2, firstSequence: 1,
        events: 2, state: .open, isPartial: false, recent: RecentRecords())
      withUTF8Bytes(of: key) { changes.put($0, session) }
    }
    var progress = TaskProgress()
    progress.position = position
    progress.changelog = identity
    changes.set(progress)
    return changes
  }

  /// Two changelogs of one name, one after the other.
  private static let first = ChangelogIdentity(rawValue: 11)
  private static let second = ChangelogIdentity(rawValue: 12)

  /// Sends to the changelog what it would have of `changes`; returns how many records that are.
  @discardableResult
  private func send(_ changes: borrowing StateChanges) throws -> Int64 {
    let records = changelogRecords(of: changes)
    for record in records {
      var sent = TestRecord(nil)
      (sent.key, sent.value) = (record.key, record.value)
      // One by one, each in a batch of its own.
      try producer.sendAll([sent], to: topic, partition: record.task)
    }
    return Int64(records.count)
  }

  private func set(checkpoint offset: Int64, savedAt time: Int64, task: Int32 = 0) throws {
    var changes = StateChanges(task: task)
    changes.set(
      ChangelogCheckpoint(
        offset: offset, progressOffset: offset - 1, savedAt: EventTime(milliseconds: time)))
    try store.commit(changes)
  }

  private func keys(task: Int32 = 0) throws -> [String] {
    var keys: [String] = []
    try store.forEachSession(task: task) { key, _ in keys.append(String(decodingBytes: key)) }
    return keys
  }

  // MARK: Restoring

  private func follower() throws -> ChangelogFollower {
    try ChangelogFollower(kafka.configuration, topic: topic, store: store, clock: .real)
  }

  /// Restores the first task; returns how many records were read for it.
  private func restore(upTo committed: Int64) throws -> Int64 {
    let follower = try follower()
    try follower.restore([0], upTo: [0: KafkaOffset(committed)], KafkaUnderTest.patience)
    try awaitRestored(follower)
    return follower.restoredCount
  }

  private func awaitRestored(_ follower: ChangelogFollower) throws {
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    var restored: [Int32] = []
    while restored.isEmpty && !deadline.isOver { restored = try follower.poll(milliseconds: 100) }
    #expect(restored == [0])
  }

  @Test func onlyTheTailIsReadAgain() throws {
    let first = try send(changes(["a", "b"], position: 2))
    #expect(try restore(upTo: 2) == first)
    #expect(try keys() == ["a", "b"])
    let second = try send(changes(["c"], position: 3))
    #expect(try restore(upTo: 3) == second)
    #expect(try keys() == ["a", "b", "c"])
    #expect(try store.progress()?.position == 3)
    #expect(try store.checkpoint(task: 0)?.offset == first + second)
  }

  @Test func aTombstoneTakesASessionAway() throws {
    try send(changes(["a", "b"], position: 2))
    _ = try restore(upTo: 2)
    var removal = StateChanges()
    withUTF8Bytes(of: "a") { removal.removeSession($0) }
    try send(removal)
    #expect(try restore(upTo: 3) == 1)
    #expect(try keys() == ["b"])
  }

  /// Checkpoints from which nobody can go on: where, and how many hours ago.
  private static let useless: [(offset: Int64, age: Int64)] = [(100, 0), (2, 13), (-1, 0)]

  @Test(arguments: useless)
  func whatCannotGoOnIsEmptiedAndReadFromTheBeginning(_ offset: Int64, _ age: Int64) throws {
    let all = try send(changes(["a", "b"], position: 2))
    try store.commit(changes(["a", "gone"], position: 2))
    try store.commit(changes(["another task's"], task: 1, position: 2))
    try set(checkpoint: offset, savedAt: Clock.real.wall() - age * Self.hour)
    try set(checkpoint: 1, savedAt: Clock.real.wall(), task: 1)
    #expect(try restore(upTo: 2) == all)
    #expect(try keys() == ["a", "b"])
    #expect(try keys(task: 1) == ["another task's"])
    #expect(try store.checkpoint(task: 1)?.offset == 1)
  }

  @Test func aCheckpointOfElevenHoursAgoIsGoodEnough() throws {
    let all = try send(changes(["a", "b"], position: 2))
    try store.commit(changes(["a", "kept"], position: 1))
    try set(checkpoint: 1, savedAt: Clock.real.wall() - 11 * Self.hour)
    #expect(try restore(upTo: 2) == all - 1)
    #expect(try keys() == ["a", "b", "kept"])
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "brokers remove old records when they like"))
  func aCheckpointBeforeTheBeginningIsOfNoUse() throws {
    try send(changes(["a"], position: 1))
    _ = try restore(upTo: 1)
    // The mock keeps 5 MB of a partition.
    var large = TestRecord(nil)
    large.key = [0xFF, UInt8(ascii: "k"), 0xFF]
    large.headers = [
      TestRecord.Header(name: "filling", value: [UInt8](repeating: 0, count: 900_000))
    ]
    for _ in 0..<8 { try producer.sendAll([large], to: topic, partition: 0) }
    try send(changes(["b"], position: 2))
    let read = try restore(upTo: 2)
    #expect(read > 2 && read < 10, "\(read) records")
    #expect(try keys() == ["b"])
  }

  @Test func whatTheStoreHasAllOfIsRestoredWithoutReadingItAgain() throws {
    let all = try send(changes(["a", "b"], position: 2))
    try store.commit(changes(["a", "b"], position: 2))
    try set(checkpoint: all, savedAt: Clock.real.wall())
    #expect(try restore(upTo: 2) == 0)
    #expect(try keys() == ["a", "b"])
    #expect(try store.checkpoint(task: 0)?.offset == all)
  }

  @Test func whereThereIsNothingNothingIsRead() throws {
    let follower = try follower()
    try follower.restore([0], upTo: [:], KafkaUnderTest.patience)
    #expect(follower.isIdle && !follower.isRestoring)
    #expect(try follower.poll(milliseconds: 0) == [0])
    #expect(try follower.poll(milliseconds: 0) == [])
  }

  @Test func restoringIsToldOfWhereThereIsSomethingToRestore() throws {
    let all = try send(changes(["a"], task: 1, position: 1))
    let follower = try follower()
    let committed: [Int32: KafkaOffset] = [0: KafkaOffset(1), 1: KafkaOffset(1)]
    try follower.restore([0, 1], upTo: committed, KafkaUnderTest.patience)
    #expect(follower.isRestoring)
    #expect(follower.progress(of: 0) == nil)
    #expect(try #require(follower.progress(of: 1)) == (0, all))
  }

  @Test func whereMoreWasCommittedTheEndIsLookedFor() throws {
    let all = try send(changes(["a"], position: 2))
    try store.commit(changes(["a"], position: 2))
    try set(checkpoint: all, savedAt: Clock.real.wall())
    let follower = try follower()
    try follower.restore([0], upTo: [0: KafkaOffset(3)], KafkaUnderTest.patience)
    #expect(follower.isRestoring)
    // What another process wrote last comes after all.
    try send(changes(["b"], position: 3))
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while try store.progress()?.position != 3 && !deadline.isOver {
      _ = try follower.poll(milliseconds: 100)
    }
    #expect(try keys() == ["a", "b"])
  }

  @Test func aStandbyHasReadWhatIsRestoredFromIt() throws {
    let all = try send(changes(["a", "b"], position: 2))
    let follower = try follower()
    try follower.follow([0], KafkaUnderTest.patience)
    #expect(follower.standbyTasks == [0])
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while follower.standbyCount < all && !deadline.isOver {
      #expect(try follower.poll(milliseconds: 100) == [])
    }
    try follower.restore([0], upTo: [0: KafkaOffset(2)], KafkaUnderTest.patience)
    // At once: it has seen whose changelog it is.
    #expect(try follower.poll(milliseconds: 0) == [0])
    #expect(follower.restoredCount == 0 && follower.standbyCount == all)
    #expect(try keys() == ["a", "b"])
  }

  // MARK: Which changelog it is

  /// What the store and the changelog say of themselves where they are not the same.
  private static let others: [(ofStore: ChangelogIdentity, ofChangelog: ChangelogIdentity)] = [
    (first, second), (.unnamed, first), (first, .unnamed),
  ]

  @Test(arguments: others)
  func theStateOfAnotherChangelogIsDropped(
    _ ofStore: ChangelogIdentity, _ ofChangelog: ChangelogIdentity
  ) throws {
    try store.commit(changes(["gone"], position: 2, ofStore))
    try set(checkpoint: 2, savedAt: Clock.real.wall())
    try store.commit(changes(["another task's"], task: 1, position: 2))
    var all = try send(changes(["a", "b"], position: 3, ofChangelog))
    all += try send(changes(["c"], position: 4, ofChangelog))
    let follower = try follower()
    try follower.restore([0], upTo: [0: KafkaOffset(4)], KafkaUnderTest.patience)
    try awaitRestored(follower)
    // Each once, and one that was read before the changelog showed to be another.
    #expect(try keys() == ["a", "b", "c"])
    #expect(follower.restoredCount >= all && follower.restoredCount <= all + 1)
    #expect(try store.progress()?.changelog == ofChangelog)
    #expect(try keys(task: 1) == ["another task's"])
    let notes = follower.takeNotes()
    #expect(notes.count == 1 && notes[0].hasPrefix("partition 0: the state here is of a changelog"))
    // And from there on it is this one's.
    #expect(try restore(upTo: 4) == 0)
  }

  @Test(arguments: [first, .unnamed])
  func theStateOfTheSameChangelogIsKept(_ identity: ChangelogIdentity) throws {
    let all = try send(changes(["a", "b"], position: 2, identity))
    try store.commit(changes(["a", "kept"], position: 1, identity))
    // Not of progress, as where compaction has removed the record: the next one tells.
    try set(checkpoint: 1, savedAt: Clock.real.wall())
    let follower = try follower()
    try follower.restore([0], upTo: [0: KafkaOffset(2)], KafkaUnderTest.patience)
    try awaitRestored(follower)
    #expect(follower.restoredCount == all - 1 && follower.takeNotes() == [])
    #expect(try keys() == ["a", "b", "kept"])
  }

  @Test func whereNoRecordTellsWhichChangelogItIsTheStateIsDropped() throws {
    var all = try send(changes(["a"], position: 2))
    var tail = StateChanges()
    for key in ["a", "b"] { withUTF8Bytes(of: key) { tail.removeSession($0) } }
    all += try send(tail)
    try store.commit(changes(["gone"], position: 2))
    try set(checkpoint: 3, savedAt: Clock.real.wall())
    #expect(try restore(upTo: 2) >= all)
    #expect(try keys() == [])
  }

  @Test func aStoreOfBeforeIdentitiesIsReadAgain() throws {
    let all = try send(changes(["a"], position: 2, .unnamed))
    try store.commit(changes(["gone"], position: 2, .unnamed))
    var old = StateChanges()
    old.set(
      ChangelogCheckpoint(
        offset: 1, progressOffset: nil, savedAt: EventTime(milliseconds: Clock.real.wall())))
    try store.commit(old)
    #expect(try restore(upTo: 2) == all)
    #expect(try keys() == ["a"])
  }

  /// As at-least-once may leave it, and a version before identities between two of this one.
  @Test func aChangelogOfSeveralIdentitiesIsReadOnce() throws {
    var all: Int64 = 0
    let identities: [ChangelogIdentity] = [.unnamed, Self.first, Self.second, Self.first, .unnamed]
    for (number, identity) in identities.enumerated() {
      all += try send(changes(["\(number)"], position: Int64(number), identity))
    }
    #expect(try restore(upTo: 4) == all)
    #expect(try keys() == ["0", "1", "2", "3", "4"])
  }

  @Test func aStandbySeesAChangelogNamedAndAnotherTakeItsPlace() throws {
    try send(changes(["a"], position: 1, .unnamed))
    let follower = try follower()
    try follower.follow([0], KafkaUnderTest.patience)
    try awaitPosition(1, follower)
    try send(changes(["b"], position: 2))
    try awaitPosition(2, follower)
    #expect(follower.standbyCount == 4 && follower.takeNotes() == [])
    try send(changes(["c"], position: 3, Self.second))
    try awaitPosition(3, follower)
    #expect(follower.takeNotes().count == 1)
    #expect(try keys() == ["a", "b", "c"])
    #expect(try store.progress()?.changelog == Self.second)
  }

  /// Polls until the store has what was committed at this position of the input.
  private func awaitPosition(_ position: Int64, _ follower: ChangelogFollower) throws {
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    while try store.progress()?.position != position && !deadline.isOver {
      _ = try follower.poll(milliseconds: 100)
    }
    #expect(try store.progress()?.position == position)
  }

  @Test func aStateAheadOfItsChangelogIsDroppedWithANote() throws {
    let all = try send(changes(["a"], position: 1))
    try store.commit(changes(["gone"], position: 9))
    try set(checkpoint: 100, savedAt: Clock.real.wall())
    let follower = try follower()
    try follower.restore([0], upTo: [:], KafkaUnderTest.patience)
    try awaitRestored(follower)
    #expect(follower.restoredCount == all)
    #expect(follower.takeNotes().map { $0.contains("ahead of its changelog") } == [true])
  }

  @Test func whatIsNoneOfAChangelogIsRefused() throws {
    try producer.sendAll(
      [TestRecord(#"{"device":"a"}"#, key: "a")], to: topic, partition: 0)
    #expect {
      _ = try restore(upTo: 1)
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.kind == .badData && failure.place.description.contains(topic)
    }
    #expect(try keys() == [])
  }
}
