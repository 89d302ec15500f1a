// The store: what is put in comes out, whatever the keys and however many.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct StateStoreTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func snapshot(_ generator: inout SeededGenerator) -> SessionSnapshot {
    var recent = RecentRecords()
    for _ in 0..<Int.random(in: 0...10, using: &generator) { recent.append(generator.next()) }
    return SessionSnapshot(
      identifier: SessionIdentifier(rawValue: generator.next()),
      start: EventTime(milliseconds: Int64(bitPattern: generator.next())),
      end: EventTime(milliseconds: Int64(bitPattern: generator.next())),
      latestStreamTime: EventTime(milliseconds: Int64(bitPattern: generator.next())),
      latestSequence: Int64(bitPattern: generator.next()),
      firstSequence: Int64(bitPattern: generator.next()),
      events: Int64(bitPattern: generator.next()),
      state: generator.chance(50) ? .open : .remembered, isPartial: generator.chance(50),
      recent: recent)
  }

  /// All of a snapshot's fields as text.
  private func describe(_ session: SessionSnapshot) -> String {
    let digests = (0..<Int(session.recent.count)).map { session.recent[$0] }
    return """
      \(session.identifier) \(session.start) \(session.end) \(session.latestStreamTime) \
      \(session.latestSequence) \(session.firstSequence) \(session.events) \(session.state) \
      \(session.isPartial) \(digests)
      """
  }

  private func sessions(of store: StateStore, task: Int32 = 0) throws -> [String: String] {
    var found: [String: String] = [:]
    try store.forEachSession(task: task) { key, session in
      found[String(decodingBytes: key)] = describe(session)
    }
    return found
  }

  @Test func keysOfAnyLengthAndSessionsOfAnyValueComeBack() throws {
    var generator = SeededGenerator(seed: 1)
    let long = String(repeating: "k", count: 470)
    let keys =
      ["", "a", "\0", "é", long + "0123456789", long + "0123456789x"]
      + (0..<40).map { long + String(repeating: "y", count: 500) + "\($0)" }
    var expected: [String: String] = [:]
    var changes = StateChanges()
    for key in keys {
      let session = snapshot(&generator)
      expected[key] = describe(session)
      withUTF8Bytes(of: key) { changes.put($0, session) }
    }
    do {
      let store = try StateStore.open(directory.path, creating: true)
      try store.commit(changes)
    }
    let store = try StateStore.open(directory.path, creating: false)
    #expect(try sessions(of: store) == expected)
  }

  @Test func theMapGrowsWhenItIsFull() throws {
    let store = try StateStore.open(directory.path, creating: true, mapSize: 256 << 10)
    var generator = SeededGenerator(seed: 2)
    var changes = StateChanges()
    for number in 0..<20_000 {
      let session = snapshot(&generator)
      withUTF8Bytes(of: "device-\(number)") { changes.put($0, session) }
    }
    try store.commit(changes)
    #expect(try sessions(of: store).count == 20_000)
  }

  @Test func tasksDoNotSeeEachOther() throws {
    let store = try StateStore.open(directory.path, creating: true)
    var generator = SeededGenerator(seed: 3)
    let session = snapshot(&generator)
    for task: Int32 in [0, 1, 256] {
      var changes = StateChanges(task: task)
      withUTF8Bytes(of: "key-\(task)") { changes.put($0, session) }
      try store.commit(changes)
    }
    #expect(try sessions(of: store, task: 1).keys.sorted() == ["key-1"])
    #expect(try sessions(of: store, task: 256).keys.sorted() == ["key-256"])
    #expect(try sessions(of: store, task: 2).isEmpty)
  }

  @Test func removedSessionsAreGoneAndOthersStay() throws {
    let store = try StateStore.open(directory.path, creating: true)
    var generator = SeededGenerator(seed: 4)
    var changes = StateChanges()
    for key in ["a", "b"] {
      let session = snapshot(&generator)
      withUTF8Bytes(of: key) { changes.put($0, session) }
    }
    try store.commit(changes)
    changes.removeAll()
    for key in ["a", "never there"] { withUTF8Bytes(of: key) { changes.removeSession($0) } }
    try store.commit(changes)
    #expect(try sessions(of: store).keys.sorted() == ["b"])
  }

  @Test func positionsComeBack() throws {
    let store = try StateStore.open(directory.path, creating: true)
    #expect(try store.progress() == nil)
    var changes = StateChanges()
    let position = InputPosition(offset: 7, line: 3, fingerprint: 99)
    var input = KnownInput(key: FileKey(number: 1), path: "/a/b c", position: position)
    (input.wasMoved, input.isAtEnd) = (true, true)
    let outputs = [
      KnownOutput(key: FileKey(number: 1), path: "/out", length: 12, fingerprint: 0),
      KnownOutput(key: FileKey(number: 2), path: "/late", length: 0, finalLength: 300),
    ]
    changes.set(input)
    for output in outputs { changes.set(output) }
    var progress = TaskProgress()
    progress.position = 5
    progress.streamTime = EventTime(milliseconds: -1)
    progress.timeout = 4000
    changes.set(progress)
    try store.commit(changes)
    #expect(try store.inputs() == [input])
    #expect(try store.outputs() == outputs)
    #expect(try store.progress() == progress)
  }

  @Test func aDirectoryWithoutAStoreIsToldApartFromADamagedOne() throws {
    #expect {
      _ = try StateStore.open(directory.path + "/none", creating: false)
    } throws: { error in
      (error as? Failure)?.kind == .missing
    }
    let damaged = try TemporaryDirectory()
    try Data(repeating: 0x5A, count: 8192)
      .write(to: URL(fileURLWithPath: damaged.path + "/data.mdb"))
    #expect {
      _ = try StateStore.open(damaged.path, creating: false)
    } throws: { error in
      (error as? Failure)?.kind == .badData
    }
  }
}
