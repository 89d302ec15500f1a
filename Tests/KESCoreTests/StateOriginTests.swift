// A store serves what it was made for.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct StateOriginTests {
  private let directory: TemporaryDirectory
  private let store: StateStore

  private static let origins: [StateOrigin] = [
    .files, .topic("a"), .topic("b"), .application("x", topic: "a"), .application("x", topic: "b"),
    .application("y", topic: "a"), .application("", topic: "a"),
  ]

  init() throws {
    directory = try TemporaryDirectory()
    store = try StateStore.open(directory.path, creating: true)
  }

  /// Commits something of `task`, as a run of `origin` does.
  private func work(_ task: Int32, _ origin: StateOrigin) throws {
    var changes = StateChanges(task: task)
    changes.set(TaskProgress())
    if case .application = origin {
      changes.set(ChangelogCheckpoint(offset: 1, savedAt: EventTime(milliseconds: 1)))
    }
    try store.commit(changes)
  }

  private func isTaken(for origin: StateOrigin) throws -> Bool {
    do throws(Failure) { try store.take(for: origin) } catch {
      if !error.reason.hasPrefix("the state is that of ") { throw error }
      return false
    }
    return true
  }

  @Test(arguments: origins)
  func aStoreThatWasWorkedOnServesItsOriginAlone(origin: StateOrigin) throws {
    try store.take(for: origin)
    #expect(try store.origin() == origin)
    try work(0, origin)
    for other in Self.origins { #expect(try isTaken(for: other) == (other == origin)) }
    #expect(try store.origin() == origin)
  }

  @Test func aFreshStoreServesWhateverComes() throws {
    for origin in Self.origins {
      try store.take(for: origin)
      #expect(try store.origin() == origin)
    }
  }

  /// Stores of earlier builds do not say what they are of.
  @Test(arguments: [
    (StateOrigin.files, Int32(0), [true, true, true, false]),
    (.topic("a"), 1, [false, true, true, false]),
    (.application("x", topic: "a"), 1, [false, false, false, true]),
  ])
  func anOldStoreServesWhatItHoldsNothingAgainst(
    origin: StateOrigin, task: Int32, expected: [Bool]
  ) throws {
    try work(task, origin)
    for (other, expected) in zip(Self.origins, expected) where !expected {
      #expect(try !isTaken(for: other))
    }
    let first = try #require(zip(Self.origins, expected).first { $0.1 }?.0)
    #expect(try isTaken(for: first))
    #expect(try store.origin() == first)
  }

  @Test func anOldStoreWithPlacesInFilesServesNoTopic() throws {
    var changes = StateChanges()
    changes.set(TaskProgress())
    let position = InputPosition(offset: 5, line: 1, fingerprint: 9)
    changes.set(KnownInput(key: FileKey(number: 1), path: "/events.jsonl", position: position))
    try store.commit(changes)
    #expect(try !isTaken(for: .topic("a")))
    #expect(try isTaken(for: .files))
  }

  @Test func anApplicationsStoreIsNamedWhereItSaysSo() throws {
    try store.requireNoApplication()
    try work(1, .application("x", topic: "a"))
    #expect(throws: Failure.self) { try store.requireNoApplication() }
    try store.take(for: .application("x", topic: "a"))
    do throws(Failure) {
      try store.requireNoApplication()
      Issue.record("it is an application's")
    } catch {
      #expect(error.description.contains("--application-id x "))
    }
  }
}
