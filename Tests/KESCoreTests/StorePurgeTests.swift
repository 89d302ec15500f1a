// A purge whose sessions must stay.

import TestSupport
import Testing

@testable import KESCore

/// Lets so many portions go, and then no more.
private final class Refusal: SessionRemover {
  private var left: Int
  private(set) var removedCount = 0

  init(after portions: Int) { left = portions }

  func requireRemovable() throws(Failure) {
    if left == 0 {
      throw Failure(
        .inUse, operation: "change it", place: Place(group: "g"), reason: "it has a member")
    }
    left -= 1
  }

  func remove(
    _ changes: inout StateChanges, after output: OutputStream
  ) throws(Failure) {
    removedCount += 1
  }

  func finish(_ output: OutputStream) {}
}

/// Counts lines.
private final class LineCount: OutputDestination {
  var lines = 0

  func write(_ bytes: borrowing ByteBlock) {
    lines += bytes.withBytes { span in
      (0..<span.count).reduce(0) { $0 + (span[$1] == UInt8(ascii: "\n") ? 1 : 0) }
    }
  }

  func sync() {}
  func finish() {}
}

@Suite struct StorePurgeTests {
  @Test(arguments: [0, 1])
  func noClosingTellsOfASessionThatStays(portions: Int) throws {
    let directory = try TemporaryDirectory()
    let store = try StateStore.open(directory.path, creating: true)
    var changes = StateChanges(task: 0)
    for number in 0..<15_000 {
      let session = SessionSnapshot(
        identifier: SessionIdentifier(rawValue: UInt64(number)),
        start: EventTime(milliseconds: 0), end: EventTime(milliseconds: 1),
        latestStreamTime: EventTime(milliseconds: 1), latestSequence: Int64(number),
        firstSequence: Int64(number), events: 1, state: .open, isPartial: false,
        recent: RecentRecords())
      changes.put(Array("device-\(number)".utf8).span, session)
    }
    try store.commit(changes)
    let remover = Refusal(after: portions)
    let count = LineCount()
    let stream = OutputStream(count, name: "the test")
    let formats = FormatOutput(stream, formats: RecordFormats(output: .json))
    let purge = StorePurge(
      store: store,
      selections: [
        TaskSelection(
          task: 0,
          PurgeSelection(
            PurgeSelection.Due(timeout: 1, silence: 1, asOf: EventTime(milliseconds: 100))))
      ], remover: remover,
      encoder: formats.makeSessionEncoder(emission: .closed, marksDuplicates: false),
      output: stream, signals: Signals())
    #expect(throws: Failure.self) { _ = try purge.run() }
    #expect(remover.removedCount == portions)
    #expect(count.lines == portions * 10_000)
  }
}
