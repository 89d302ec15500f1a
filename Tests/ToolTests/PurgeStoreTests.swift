// kes-purge on the store of a kes-segment that is not running.

import Foundation
import TestSupport
import Testing

/// A directory with a store in `state`, whose sessions opened at their devices' times.
struct PurgeableStore {
  let directory: TemporaryDirectory

  /// One session of one event a device, at the time in milliseconds.
  init(_ sessions: [(device: String, time: Int)], options: [String] = []) throws {
    directory = try TemporaryDirectory()
    let events = sessions.map { EventLines.woke($0.device, Int64($0.time)) }
    let ended = try Program.run(
      "kes-segment", ["--state", "state"] + options, input: .text(events.joined()),
      directory: directory)
    try #require(ended.status == 0)
  }

  func purge(_ options: [String]) throws -> Finished {
    try Program.run("kes-purge", ["--state", "state"] + options, directory: directory)
  }

  /// The devices of the open sessions, in the order of their latest events.
  func devices() throws -> [String] {
    try purge(["--device", "*", "--dry-run", "-q"]).lines.map(device(of:))
  }
}

/// The device of a line of kes's own making.
func device(of line: String) -> String {
  String(line.split(separator: "\"", omittingEmptySubsequences: false)[3])
}

@Suite(.threadsOfTheirOwn) struct PurgeStoreTests {
  /// At stream time 3000, with a timeout of 4 s: nothing is due.
  private static func threeSessions(_ options: [String] = []) throws -> PurgeableStore {
    try PurgeableStore([("b", 3000), ("c", 1000), ("a", 2000)], options: options)
  }

  private static func closing(
    _ line: String
  ) throws -> (status: String, timestamp: Int, end: Int, session: String) {
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let event = try #require(object["event"] as? [String: Any])
    let closed = try #require(event["SessionClosed"] as? [String: Any])
    return (
      try #require(closed["status"] as? String), try #require(object["timestamp"] as? Int),
      try #require(closed["end"] as? Int), try #require(object["session"] as? String)
    )
  }

  @Test(arguments: [
    ([], []), (["--as-of", "stream"], []), (["--as-of", "6999"], []),
    (["--as-of", "7000"], ["b", "c", "a"]), (["--timeout", "1ms", "--as-of", "2999"], []),
    (["--timeout", "1ms", "--as-of", "3001"], ["b", "c", "a"]),
    (["--as-of", "1970-01-01T00:00:06.999Z"], []),
    (["--as-of", "1970-01-01T00:00:07Z"], ["b", "c", "a"]),
    (["--as-of", "now"], ["b", "c", "a"]), (["--timeout", "none", "--as-of", "now"], []),
    (["--lateness", "1s", "--as-of", "7999"], []),
    (["--lateness", "1s", "--as-of", "8000"], ["b", "c", "a"]),
  ])
  func closesTheDueSessionsInTheOrderOfTheirLatestEvents(
    options: [String], expected: [String]
  ) throws {
    let store = try Self.threeSessions()
    let ended = try store.purge(options)
    #expect(ended.status == 0)
    #expect(ended.lines.map(device(of:)) == expected)
    for line in ended.lines {
      let closing = try Self.closing(line)
      #expect(closing.status == "timeout")
      let timeout = options.contains("1ms") ? 1 : 4000
      #expect(closing.timestamp == closing.end + timeout)
    }
    #expect(try store.devices() == (expected.isEmpty ? ["b", "c", "a"] : []))
  }

  @Test func whatIsDueHangsOnTheStreamTimeOfTheLatestEvent() throws {
    let store = try PurgeableStore([("late", 1000), ("on-time", 3000), ("lagging", 500)])
    let ended = try store.purge(["--as-of", "5000"])
    // "lagging" came when stream time was 3000: it is due at 7000, not at 4500.
    #expect(ended.lines.map(device(of:)) == ["late"])
    #expect(ended.errors == "kes-purge: 1 session purged, 2 stay\n")
    #expect(try store.devices() == ["on-time", "lagging"])
  }

  @Test func theLatenessThatKesSegmentRanWithCounts() throws {
    let plain = try Self.threeSessions(["--lateness", "2s"])
    #expect(try plain.purge(["--as-of", "8999"]).lines.isEmpty)
    #expect(try plain.purge(["--as-of", "9000"]).lines.count == 3)
    let own = try Self.threeSessions(["--lateness", "2s"])
    #expect(try own.purge(["--timeout", "4s", "--as-of", "7000"]).lines.count == 3)
  }

  @Test func withoutATimeoutNothingIsDue() throws {
    let store = try Self.threeSessions(["--timeout", "none"])
    let ended = try store.purge(["--as-of", "now"])
    #expect(ended.text == "")
    #expect(ended.errors.contains("--timeout"))
    #expect(try store.purge(["--as-of", "now", "--timeout", "1s"]).lines.count == 3)
  }

  @Test func namedDevicesArePurgedDueOrNot() throws {
    let store = try PurgeableStore([("test-1", 1000), ("real-1", 1000), ("test-2", 2000)])
    let ended = try store.purge(["--device", "test-*"])
    #expect(ended.lines.map(device(of:)) == ["test-1", "test-2"])
    for line in ended.lines {
      let closing = try Self.closing(line)
      #expect(closing.status == "purged")
      #expect(closing.timestamp == closing.end)
    }
    #expect(ended.errors == "kes-purge: 2 sessions purged, 1 stays\n")
    #expect(try store.devices() == ["real-1"])
  }

  @Test func ofNamedDevicesOnlyTheDueOnesWhereATimeIsGiven() throws {
    let store = try PurgeableStore([("test-1", 1000), ("real-1", 1000), ("test-2", 2000)])
    let ended = try store.purge(["--device", "test-*", "--as-of", "5000"])
    #expect(ended.lines.map(device(of:)) == ["test-1"])
    #expect(try Self.closing(ended.lines[0]).status == "purged")
    #expect(try store.devices() == ["real-1", "test-2"])
  }

  @Test func rememberedSessionsOfNamedDevicesGoSilently() throws {
    let store = try PurgeableStore([("a", 1000), ("b", 1000)], options: ["--retain", "1h"])
    let end = EventLines.sent("a", 1001)
    let segment = ["--state", "state", "--retain", "1h"]
    let first = try Program.run(
      "kes-segment", segment, input: .text(end), directory: store.directory)
    let ended = try store.purge(["--device", "a"])
    #expect(ended.text == "")
    #expect(ended.errors == "kes-purge: 0 sessions purged, 1 stays\n")
    // The retry is not known any more: it opens another session.
    let again = try Program.run(
      "kes-segment", segment, input: .text(end), directory: store.directory)
    #expect(first.status == 0 && again.status == 0)
    #expect(first.text != again.text)
  }

  @Test func aDryRunWritesTheSameAndRemovesNothing() throws {
    let store = try Self.threeSessions()
    let data = try store.directory.read("state/data.mdb")
    let dry = try store.purge(["--as-of", "now", "--dry-run"])
    #expect(dry.errors == "kes-purge: 3 sessions would be purged, 0 would stay\n")
    #expect(try store.directory.read("state/data.mdb") == data)
    let wet = try store.purge(["--as-of", "now"])
    #expect(wet.output == dry.output)
    #expect(wet.errors == "kes-purge: 3 sessions purged, 0 stay\n")
  }

  @Test func theSecondTimeThereIsNothingLeft() throws {
    let store = try Self.threeSessions()
    #expect(try store.purge(["--as-of", "now"]).lines.count == 3)
    let second = try store.purge(["--as-of", "now"])
    #expect(second.text == "")
    #expect(second.errors == "kes-purge: 0 sessions purged, 0 stay\n")
  }

  @Test func kesSegmentGoesOnWithTheIdsThatStay() throws {
    let store = try PurgeableStore([("gone", 1000), ("stays", 1000)])
    _ = try store.purge(["--device", "gone"])
    let ended = try Program.run(
      "kes-segment", ["--state", "state", "--emit", "closed", "--flush"], directory: store.directory
    )
    #expect(ended.lines.map(device(of:)) == ["stays"])
  }

  @Test func theSessionKeepsItsId() throws {
    let directory = try TemporaryDirectory()
    let segmented = try Program.run(
      "kes-segment", ["--state", "state"], input: .text(EventLines.woke("a", 1)),
      directory: directory)
    let purged = try Program.run(
      "kes-purge", ["--state", "state", "--device", "a"], directory: directory)
    #expect(segmented.text.contains(try Self.closing(purged.lines[0]).session))
  }

  @Test func refusesAStoreThatAnotherProcessHolds() throws {
    let store = try Self.threeSessions()
    let pipe = try PrivatePipe()
    let holder = try RunningProgram(
      path: Program.path("kes-segment"), ["--state", "state"], input: .empty, environment: [:],
      directory: store.directory, standardInput: pipe.reading)
    try pipe.write(EventLines.woke("d", 3000))
    #expect(holder.waits { !holder.outputSoFar.isEmpty })
    let refused = try store.purge(["--as-of", "now"])
    #expect(refused.status == 75)
    #expect(refused.text == "")
    #expect(refused.errors.contains("\(holder.process.processIdentifier)"))
    // Looking is allowed.
    #expect(try store.purge(["--as-of", "now", "--dry-run"]).status == 0)
    try pipe.close()
    #expect(try holder.finish().status == 0)
    #expect(try store.devices() == ["b", "c", "a", "d"])
  }

  @Test func aMissingStoreIsNoInput() throws {
    let directory = try TemporaryDirectory()
    for options in [[], ["--dry-run"]] {
      let ended = try Program.run(
        "kes-purge", ["--state", "state"] + options, directory: directory)
      #expect(ended.status == 66)
      #expect(ended.errors == "kes-purge: state: there is no state here\n")
    }
    #expect(!FileManager.default.fileExists(atPath: directory.path("state")))
  }

  @Test(arguments: [
    ["events.jsonl"], ["-"], ["--flush"], ["--retain", "1s"], ["-c", "1"], ["--stats"],
    ["--input-format", "json"], ["--on-error", "skip"], ["--dead-letter", "x"], ["--progress"],
    ["--as-of", "tomorrow"],
  ])
  func optionsForReadingDoNotGoWithAStore(options: [String]) throws {
    let store = try Self.threeSessions()
    #expect(try store.purge(options).status == 64)
    #expect(try store.devices().count == 3)
  }

  // MARK: Outputs

  @Test func whatCannotBeWrittenStays() throws {
    let store = try Self.threeSessions()
    #expect(try store.purge(["--as-of", "now", "--output", "/dev/full"]).status == 74)
    #expect(try store.purge(["--as-of", "now", "--output", "/nowhere/file"]).status == 73)
    let closed = try Program.shell(
      "exec 3> >(true); wait $!; kes-purge --state state --as-of now >&3; echo $?",
      directory: store.directory)
    #expect(closed.text == "141\n")
    #expect(try store.devices() == ["b", "c", "a"])
  }

  @Test func aNamedOutputIsWrittenOnAndWhatOthersWroteIsNot() throws {
    let store = try PurgeableStore([("a", 1000), ("b", 1000)])
    try store.directory.write("what was here before", to: "out")
    #expect(try store.purge(["--device", "a", "--output", "out"]).status == 65)
    #expect(try store.directory.text("out") == "what was here before")
    try store.directory.write("", to: "out")
    _ = try store.purge(["--device", "a", "--output", "out"])
    #expect(try store.directory.text("out").split(separator: "\n").count == 1)
    _ = try store.purge(["--device", "b", "--output", "out"])
    let lines = try store.directory.text("out").split(separator: "\n").map(String.init)
    #expect(lines.map(device(of:)) == ["a", "b"])
  }

  @Test func theClosingsMayGoToTheFileOfKesSegment() throws {
    let store = try PurgeableStore([("a", 1000), ("b", 1000)], options: ["--output", "out"])
    _ = try store.purge(["--device", "a", "--output", "out"])
    let event = EventLines.sent("b", 1001)
    let ended = try Program.run(
      "kes-segment", ["--state", "state", "--output", "out"], input: .text(event),
      directory: store.directory)
    #expect(ended.status == 0)
    let lines = try store.directory.text("out").split(separator: "\n").map(String.init)
    #expect(lines.map(device(of:)) == ["a", "b", "a", "b"])
    #expect(try Self.closing(lines[2]).status == "purged")
  }

  @Test func aDryRunDoesNotTouchWhatBelongsToTheState() throws {
    let store = try PurgeableStore([("a", 1000)], options: ["--output", "out"])
    let before = try store.directory.read("out")
    let refused = try store.purge(["--device", "a", "--output", "out", "--dry-run"])
    #expect(refused.status == 64)
    #expect(try store.directory.read("out") == before)
    #expect(try store.purge(["--device", "a", "--output", "state/data.mdb"]).status == 64)
    #expect(try store.devices() == ["a"])
  }
}
