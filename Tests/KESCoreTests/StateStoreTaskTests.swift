// What a store keeps for applications: checkpoints of tasks, a name, and that a task can be forgotten.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct StateStoreTaskTests {
  private let directory: TemporaryDirectory
  private let store: StateStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try StateStore.open(directory.path, creating: true)
  }

  /// Gives a task sessions, a held record with its schema, progress and a checkpoint.
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
    batch.records[0].schema = 1
    var reorderer = Reorderer(lateness: 100, tracksChanges: true)
    var released = Batch(blockSize: 64)
    var index = 0
    _ = reorderer.pass(batch, from: &index, into: &released, blockSize: 64)
    var schemas = HeldSchemas { _ in "\"string\"" }
    changes.take(from: &reorderer, naming: &schemas)
    var progress = TaskProgress()
    progress.position = 9
    changes.set(progress)
    changes.set(
      ChangelogCheckpoint(
        offset: Int64(task) + 40, progressOffset: nil, savedAt: EventTime(milliseconds: 7)))
    try store.commit(changes)
  }

  @Test func aCheckpointIsTheTasksOwnAndTheLastOneCounts() throws {
    #expect(try store.checkpoint(task: 1) == nil)
    for (task, offset) in [(1, 5), (256, 6), (1, 7)] as [(Int32, Int64)] {
      var changes = StateChanges(task: task)
      changes.set(
        ChangelogCheckpoint(
          offset: offset, progressOffset: offset - 2, savedAt: EventTime(milliseconds: offset)))
      try store.commit(changes)
    }
    #expect(try store.checkpoint(task: 1)?.offset == 7)
    #expect(try store.checkpoint(task: 1)?.savedAt == EventTime(milliseconds: 7))
    #expect(try store.checkpoint(task: 1)?.progressOffset == 5)
    #expect(try store.checkpoint(task: 256)?.offset == 6)
    #expect(try store.checkpoint(task: 0) == nil)
  }

  @Test func aTaskIsForgottenAndOthersStay() throws {
    for task: Int32 in [0, 1, 256] { try fill(task) }
    let name = try store.processIdentifier()
    let others = try contents(of: store, task: 256)
    #expect(others.count == 5)
    try store.clear(task: 1)
    #expect(try contents(of: store, task: 1) == [])
    #expect(try store.schemas(task: 1).all.isEmpty)
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

  @Test func aSchemaIsKeptOnceForATask() throws {
    let texts = ["\"string\"", "\"long\""]
    var asked: [UInt16] = []
    var schemas = HeldSchemas { number in
      asked.append(number)
      return texts[Int(number) - 1]
    }
    var kept: [String] = []
    for number: UInt16 in [0, 2, 1, 2, 0, 1] {
      let name = schemas.name(number) { kept.append($1) }
      #expect(name == (number == 0 ? .none : SchemaFingerprint(of: texts[Int(number) - 1])))
    }
    #expect(kept == ["\"long\"", "\"string\""] && asked == [2, 1])
    var known = HeldSchemas(stored: [SchemaFingerprint(of: texts[0])]) { texts[Int($0) - 1] }
    kept = []
    for number: UInt16 in [1, 2] { _ = known.name(number) { kept.append($1) } }
    #expect(kept == ["\"long\""])
  }

  @Test func aHeldRecordWithoutItsSchemaIsDamage() throws {
    try fill(3)
    #expect(try store.schemas(task: 3).named.map(\.text) == ["\"string\""])
    var changes = StateChanges(task: 3)
    var key = ByteBlock()
    StoredPositions.appendSchemaKey(3, SchemaFingerprint(of: "\"string\""), to: &key)
    key.withBytes { changes.remove($0, from: .positions) }
    try store.commit(changes)
    #expect(throws: Failure.self) { try store.schemas(task: 3) }
  }

  @Test func theNameStaysAndIsNotAnotherStores() throws {
    let name = try store.processIdentifier()
    #expect(!name.isEmpty)
    #expect(try store.processIdentifier() == name)
    #expect(try StateStore.openForReading(directory.path).processIdentifier() == name)
    let other = try TemporaryDirectory()
    let otherStore = try StateStore.open(other.path, creating: true)
    #expect(try otherStore.processIdentifier() != name)
  }

  @Test func aTemporaryDirectoryGoesAwayWithItsOwner() throws {
    var path = ""
    do {
      let directory = try StateDirectory.temporary(tool: "kes-purge")
      path = directory.path
      #expect(path.contains("/kes-purge-"))
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
