// What a store keeps for applications: checkpoints of tasks, a name, and that a task can be forgotten.

import Foundation
import Testing

@testable import KESCore

@Suite struct StateStoreTaskTests {
  private let directory: ScratchDirectory
  private let store: StateStore

  init() throws {
    directory = try ScratchDirectory()
    store = try StateStore.open(directory.path, creating: true)
  }

  /// Gives a task a session, a held record, progress and a checkpoint.
  private func fill(_ task: Int32) throws {
    var changes = StateChanges(task: task)
    let session = SessionSnapshot(
      identifier: SessionIdentifier(rawValue: 1), start: EventTime(milliseconds: 1),
      end: EventTime(milliseconds: 2), latestStreamTime: EventTime(milliseconds: 2),
      latestSequence: 2, firstSequence: 1, events: 2, state: .open, isPartial: false,
      recent: RecentRecords())
    for key in ["a", String(repeating: "long", count: 200)] {
      withUTF8Bytes(of: key) { changes.put($0, session) }
    }
    var batch = Batch(blockSize: 64)
    batch.bytes.append(text: "ab")
    batch.records.append(
      Record(
        offset: 0, length: 2, key: TextRange(offset: 0, length: 1),
        time: EventTime(milliseconds: 5), position: 0, role: .data))
    var reorderer = Reorderer(lateness: 100, tracksChanges: true)
    var released = Batch(blockSize: 64)
    var index = 0
    _ = reorderer.pass(batch, from: &index, into: &released, blockSize: 64)
    changes.take(from: &reorderer)
    var progress = TaskProgress()
    progress.position = 9
    changes.set(progress)
    changes.set(ChangelogCheckpoint(offset: Int64(task) + 40, savedAt: EventTime(milliseconds: 7)))
    try store.commit(changes)
  }

  @Test func aCheckpointIsTheTasksOwnAndTheLastOneCounts() throws {
    #expect(try store.checkpoint(task: 1) == nil)
    for (task, offset) in [(1, 5), (256, 6), (1, 7)] as [(Int32, Int64)] {
      var changes = StateChanges(task: task)
      changes.set(ChangelogCheckpoint(offset: offset, savedAt: EventTime(milliseconds: offset)))
      try store.commit(changes)
    }
    #expect(try store.checkpoint(task: 1)?.offset == 7)
    #expect(try store.checkpoint(task: 1)?.savedAt == EventTime(milliseconds: 7))
    #expect(try store.checkpoint(task: 256)?.offset == 6)
    #expect(try store.checkpoint(task: 0) == nil)
  }

  @Test func aTaskIsForgottenAndOthersStay() throws {
    for task: Int32 in [0, 1, 256] { try fill(task) }
    let name = try store.processIdentifier()
    let others = try contents(of: store, task: 256)
    #expect(others.count == 4)
    try store.clear(task: 1)
    #expect(try contents(of: store, task: 1) == [])
    #expect(try store.checkpoint(task: 1) == nil)
    #expect(try store.tasks() == [0, 256])
    for task: Int32 in [0, 256] {
      #expect(try contents(of: store, task: task) == others)
      #expect(try store.checkpoint(task: task)?.offset == Int64(task) + 40)
    }
    #expect(try store.processIdentifier() == name)
  }

  @Test func aTaskThatIsNotThereCanBeForgotten() throws {
    try fill(0)
    let before = try contents(of: store)
    try store.clear(task: 7)
    #expect(try contents(of: store) == before)
  }

  @Test func theNameStaysAndIsNotAnotherStores() throws {
    let name = try store.processIdentifier()
    #expect(!name.isEmpty)
    #expect(try store.processIdentifier() == name)
    #expect(try StateStore.openForReading(directory.path).processIdentifier() == name)
    let other = try ScratchDirectory()
    let otherStore = try StateStore.open(other.path, creating: true)
    #expect(try otherStore.processIdentifier() != name)
  }

  @Test func aTemporaryDirectoryGoesAwayWithItsOwner() throws {
    var path = ""
    do {
      let directory = try StateDirectory.temporary()
      path = directory.path
      let store = try StateStore.open(path, creating: true)
      _ = try store.processIdentifier()
      #expect(FileManager.default.fileExists(atPath: path + "/data.mdb"))
      withExtendedLifetime(directory) {}
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func anotherDirectoryStays() throws {
    do {
      let kept = StateDirectory(directory.path)
      withExtendedLifetime(kept) {}
    }
    #expect(FileManager.default.fileExists(atPath: directory.path + "/data.mdb"))
  }
}
