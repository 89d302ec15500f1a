// A changelog's records: what a store restored from them has is what the first one has.

import TestSupport
import Testing

@testable import KESCore

@Suite struct StateChangesChangelogTests {
  private let directories = (try? TemporaryDirectory(), try? TemporaryDirectory())

  private func stores() throws -> (first: StateStore, second: StateStore) {
    (
      try StateStore.open(try #require(directories.0).path, creating: true),
      try StateStore.open(try #require(directories.1).path, creating: true)
    )
  }

  /// Commits to the first store, and to the second what the changelog's records say.
  private func commit(
    _ changes: borrowing StateChanges, to stores: (first: StateStore, second: StateStore)
  ) throws {
    try stores.first.commit(changes)
    var copied = StateChanges()
    for record in changelogRecords(of: changes) {
      let isTaken = copied.add(record)
      #expect(isTaken, "\(record)")
    }
    try stores.second.commit(copied)
  }

  private func session(_ number: UInt64) -> SessionSnapshot {
    let time = Int64(number) * 7 - 3
    var recent = RecentRecords()
    for digest in 0..<(number % 9) { recent.append(number &* 31 &+ digest) }
    return SessionSnapshot(
      identifier: SessionIdentifier(rawValue: number), start: EventTime(milliseconds: time),
      end: EventTime(milliseconds: time + 5), latestStreamTime: EventTime(milliseconds: time + 6),
      latestSequence: time, firstSequence: time - 1, events: Int64(number),
      state: number.isMultiple(of: 2) ? .open : .remembered,
      isPartial: number.isMultiple(of: 3), recent: recent)
  }

  /// Keys whose bytes the layout has to tell apart.
  private static let keys: [[UInt8]] = [
    [], [0], Array("device".utf8), Array("é".utf8), [0xFF], [0xFF, 0xFF], Array("p".utf8),
    [0xFF, UInt8(ascii: "p")], [0xFF, UInt8(ascii: "h"), 0, 0, 0, 0, 0, 0, 0, 1],
    [0xFF, UInt8(ascii: "k")], [0xFE, 0xFF],
    [UInt8](repeating: 0x61, count: 480), [UInt8](repeating: 0x61, count: 481),
    [UInt8](repeating: 0x61, count: 5000), [UInt8](repeating: 0xFF, count: 480),
    [UInt8](repeating: 0xFF, count: 481), [UInt8](repeating: 0xFF, count: 5000),
  ]

  @Test func sessionsOfAnyKeyComeBackAndAreRemoved() throws {
    let stores = try stores()
    var changes = StateChanges(task: 2)
    for (number, key) in Self.keys.enumerated() {
      changes.put(key.span, session(UInt64(number)))
    }
    try commit(changes, to: stores)
    let all = try contents(of: stores.first, task: 2)
    #expect(all.count == Self.keys.count)
    #expect(try contents(of: stores.second, task: 2) == all)
    // Every other one goes, and comes back as another.
    changes.removeAll()
    for (number, key) in Self.keys.enumerated() where number.isMultiple(of: 2) {
      changes.removeSession(key.span)
      if number.isMultiple(of: 4) { changes.put(key.span, session(UInt64(number) + 100)) }
    }
    try commit(changes, to: stores)
    let rest = try contents(of: stores.first, task: 2)
    #expect(rest.count == 13)
    #expect(try contents(of: stores.second, task: 2) == rest)
  }

  @Test func keysOfSessionsAreThoseOfEventsUnlessTheyBeginWithTheMark() {
    for key in Self.keys where key.count <= 480 {
      var changes = StateChanges()
      changes.put(key.span, session(1))
      let expected = key.first == 0xFF ? [0xFF, UInt8(ascii: "k")] + key : key
      #expect(changelogRecords(of: changes).map(\.key) == [expected])
    }
  }

  @Test func aTombstoneHasNoValueAndAnotherRecordHasOne() {
    var changes = StateChanges(task: 5)
    let key = Array("a".utf8)
    changes.put(key.span, session(1))
    changes.removeSession(key.span)
    changes.set(TaskProgress())
    let records = changelogRecords(of: changes)
    #expect(records.map { $0.value == nil } == [false, true, false])
    #expect(records.map(\.isProgress) == [false, false, true])
    #expect(records.allSatisfy { $0.task == 5 })
  }

  @Test func whatIsTheStoresAloneIsNotInTheChangelog() {
    var changes = StateChanges()
    let position = InputPosition(offset: 7, line: 3, fingerprint: 99)
    changes.set(KnownInput(key: FileKey(number: 1), path: "/in", position: position))
    changes.set(KnownOutput(key: FileKey(number: 1), path: "/out", length: 12))
    changes.set(
      ChangelogCheckpoint(offset: 3, progressOffset: 2, savedAt: EventTime(milliseconds: 1)))
    changes.set(processIdentifier: "abc")
    #expect(changelogRecords(of: changes).isEmpty)
  }

  @Test(arguments: TestSeeds.each(1...12))
  func randomStreamsLeaveTheSameInBothStores(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var rules = randomRules(&generator)
    rules.reorders = true
    rules.lateness = max(rules.lateness, 20)
    let stores = try stores()
    let task: Int32 = 3
    var schemas = HeldSchemas { "\"schema \($0)\"" }
    var segmenter = Segmenter(rules: rules, tracksChanges: true)
    var reorderer = Reorderer(lateness: rules.lateness, tracksChanges: true)
    var outcome = Outcome()
    var (held, named) = (0, 0)
    let events = randomStream(&generator, count: 120)
    for start in stride(from: 0, to: events.count, by: 30) {
      var batch = makeBatch(of: events[start..<start + 30], from: start)
      for index in 0..<batch.records.count {
        batch.records[index].schema = UInt16.random(in: 0...3, using: &generator)
      }
      addHeaders(&generator, to: &batch)
      var released = Batch(blockSize: 64)
      var index = 0
      var isPassed = false
      while !isPassed {
        isPassed = reorderer.pass(batch, from: &index, into: &released, blockSize: 1 << 20)
      }
      segmenter.segment(released, into: &outcome)
      outcome.removeAll()
      var changes = StateChanges(task: task)
      changes.take(from: &segmenter)
      changes.take(from: &reorderer, naming: &schemas)
      var progress = TaskProgress()
      progress.position = Int64(start + 30)
      progress.streamTime = segmenter.streamTime
      progress.sequence = segmenter.sequence
      progress.arrivedStreamTime = reorderer.streamTime
      progress.nextArrival = reorderer.nextArrival
      changes.set(progress)
      try commit(changes, to: stores)
      let (found, expected) = (
        try contents(of: stores.second, task: task), try contents(of: stores.first, task: task)
      )
      #expect(found == expected, "seed \(seed)")
      held += expected.count { $0.hasPrefix("held") }
      #expect(expected.count { $0.hasPrefix("held") } == reorderer.count)
      named += expected.count { $0.hasPrefix("schema") }
    }
    #expect(held > 0 && named > 0, "seed \(seed)")
  }

  @Test(arguments: [
    [0xFF], [0xFF, 0xFF], [0xFF, UInt8(ascii: "x")], [0xFF, 0, 0], [0xFF, UInt8(ascii: "P")],
    [0xFF, UInt8(ascii: "h")], [0xFF, UInt8(ascii: "h"), 0, 0, 0, 0, 0, 0, 1],
    [0xFF, UInt8(ascii: "p"), 0], [0xFF, UInt8(ascii: "s"), 0, 0, 0, 0, 0, 0, 0, 1],
    [UInt8](repeating: 0x61, count: 481),
  ])
  func keysThatAreNoneOfAChangelogAreRefused(_ key: [UInt8]) {
    expectRefused(ChangelogRecord(task: 0, key: key, value: nil, isProgress: false))
  }

  @Test func valuesThatDoNotReadAsOursAreRefused() {
    let arrival: [UInt8] = [0xFF, UInt8(ascii: "h"), 0, 0, 0, 0, 0, 0, 0, 1]
    let schema: [UInt8] = [0xFF, UInt8(ascii: "s"), 0, 0, 0, 0, 0, 0, 0, 1]
    let keys: [[UInt8]] = [
      schema, Array("device".utf8), [0xFF, UInt8(ascii: "k"), 0xFF], [0xFF, UInt8(ascii: "p")],
      arrival,
    ]
    for key in keys {
      for value in [[], [1], Array(#"{"device":"a"}"#.utf8)] as [[UInt8]] {
        expectRefused(ChangelogRecord(task: 0, key: key, value: value, isProgress: false))
      }
    }
  }

  /// The changelog's record of a held record with two headers.
  private func heldRecord() -> ChangelogRecord? {
    var batch = makeBatch(of: [TestEvent(key: "a", time: 5, role: .data, bytes: "x")], from: 0)
    for name in ["n", "m"] {
      withUTF8Bytes(of: name) { batch.headers.append($0, $0, ofRecordAt: 0) }
    }
    var reorderer = Reorderer(lateness: 100, tracksChanges: true)
    var released = Batch(blockSize: 64)
    var index = 0
    _ = reorderer.pass(batch, from: &index, into: &released, blockSize: 64)
    var changes = StateChanges()
    var schemas = HeldSchemas { _ in "" }
    changes.take(from: &reorderer, naming: &schemas)
    return changelogRecords(of: changes).first { $0.key[1] == UInt8(ascii: "h") }
  }

  @Test func heldRecordsThatAreCutShortAreRefused() throws {
    let whole = try #require(heldRecord())
    let bytes = try #require(whole.value)
    var changes = StateChanges()
    let isTaken = changes.add(whole)
    #expect(isTaken)
    // The lengths stay what they were, so that every cut shifts the headers into the bytes before.
    for length in 0..<bytes.count {
      var cut = whole
      cut.value = Array(bytes[..<length])
      expectRefused(cut)
    }
  }

  @Test func progressTellsWhichChangelogItIsAlsoToVersionsThatDidNot() throws {
    var progress = TaskProgress()
    progress.position = 7
    progress.changelog = ChangelogIdentity(rawValue: .max)
    var changes = StateChanges()
    changes.set(progress)
    let record = try #require(changelogRecords(of: changes).first)
    let value = try #require(record.value)
    #expect(identity(record.key, value) == progress.changelog)
    #expect(identity(Array("device".utf8), value) == nil)
    // As they wrote it: without the last eight bytes, which name a schema, and those before, which name
    // the changelog.
    #expect(StoredPositions.readProgress(Array(value.dropLast(8)).span) == progress)
    let old = Array(value.dropLast(16))
    progress.changelog = .unnamed
    #expect(StoredPositions.readProgress(old.span) == progress)
    #expect(identity(record.key, old) == .unnamed)
    #expect(StoredPositions.readProgress(Array(value.dropLast(1)).span) == nil)
  }

  private func identity(_ key: [UInt8], _ value: [UInt8]) -> ChangelogIdentity? {
    StateChanges.identity(changelogKey: key.span, value.span)
  }

  private func expectRefused(_ record: ChangelogRecord) {
    var changes = StateChanges()
    let isTaken = changes.add(record)
    let isEmpty = changes.isEmpty
    #expect(!isTaken && isEmpty, "\(record)")
  }
}
