// Anybody's events: key, time, start and end are what selectors name.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct ShapeTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Logins and what follows, one of another user in between.
  private static let visits = [
    #"{"user":{"id":"u1"},"ts":"2026-11-23T08:00:00Z","type":"login"}"#,
    #"{"user":{"id":"u2"},"ts":"2026-11-23T08:00:01Z","type":"view"}"#,
    #"{"user":{"id":"u1"},"ts":"2026-11-23T08:00:02.5Z","type":"view"}"#,
    #"{"user":{"id":"u1"},"ts":"2026-11-23T08:00:03Z","type":"logout"}"#,
    #"{"user":{"id":"u3"},"ts":"2026-11-23T09:00:00Z","type":"view"}"#,
  ]

  private static let shape =
    #"--key .user.id --time .ts --start '.type == "login"' --end '.type == "logout"' --timeout 30m"#

  private func write(_ lines: [String], to name: String) throws {
    try directory.write(lines.map { $0 + "\n" }.joined(), to: name)
  }

  /// A line without its session's id, which is no part of what is looked at.
  private func withoutIdentifier(_ line: String) -> String {
    line.replacing(/"session":"[0-9a-v]{13}"/, with: #""session":"ID""#)
  }

  // MARK: What comes out

  @Test func eventsPassAsTheyCameAndClosingsHaveKeyAndTimeWhereTheyHave() throws {
    try write(Self.visits, to: "in")
    let ended = try shell("kes-segment \(Self.shape) --emit all --flush in")
    let closings = [
      #"{"user":{"id":"u1"},"ts":"2026-11-23T08:00:03.000Z","SessionClosed":{"status":"completed","#
        + #""start":1795420800000,"end":1795420803000,"events":3,"partial":false},"session":"ID"}"#,
      #"{"user":{"id":"u2"},"ts":"2026-11-23T08:30:01.000Z","SessionClosed":{"status":"timeout","#
        + #""start":1795420801000,"end":1795420801000,"events":1,"partial":true},"session":"ID"}"#,
      #"{"user":{"id":"u3"},"ts":"2026-11-23T09:00:00.000Z","SessionClosed":{"status":"flushed","#
        + #""start":1795424400000,"end":1795424400000,"events":1,"partial":true},"session":"ID"}"#,
    ]
    let events: [String] = Self.visits.map { String($0.dropLast()) + #","session":"ID"}"# }
    let expected: [String] = [
      events[0], events[1], events[2], events[3], closings[0], closings[1], events[4], closings[2],
    ]
    let found: [String] = ended.lines.map(withoutIdentifier)
    #expect(found == expected)
  }

  @Test func aKeyIsSpelledInAClosingAsItsFirstEventSpellsIt() throws {
    try write(
      [
        #"{"k":1.0,"t":1}"#, #"{"k":1,"t":2}"#, #"{"k":"1","t":3}"#, #"{"k":1e0,"t":4}"#,
        #"{"k":"\u0061\/","t":5}"#, #"{"k":"a/","t":6}"#, #"{"k":true,"t":7}"#,
      ], to: "in")
    let ended = try shell("kes-segment --key .k --time .t --emit closed --flush in")
    let found = ended.lines.map { line in
      String(line.prefix { $0 != "," }) + " " + (line.firstMatch(of: /"events":\d+/)?.output ?? "")
    }
    #expect(
      found == [
        #"{"k":1.0 "events":3"#, #"{"k":"1" "events":1"#, #"{"k":"\u0061\/" "events":2"#,
        #"{"k":true "events":1"#,
      ])
  }

  @Test func aKeyAtNoPathStandsInTheClosingItself() throws {
    try write([#"{"a":{"b":"x"},"n":7,"t":1}"#], to: "in")
    let shape = "--key .a.b --key '.n // .m' --time .t"
    let ended = try shell("kes-segment \(shape) --emit closed --flush in")
    #expect(
      ended.lines.map(withoutIdentifier) == [
        #"{"a":{"b":"x"},"t":1,"SessionClosed":{"status":"flushed","start":1,"end":1,"events":1,"#
          + #""partial":false,"key":["x",7]},"session":"ID"}"#
      ])
  }

  // MARK: Roles

  @Test func whatStartsAndEndsIsASessionOfItsOwn() throws {
    try write(
      [
        #"{"k":"a","t":1,"s":1}"#, #"{"k":"a","t":2,"s":1,"e":1}"#, #"{"k":"a","t":3}"#,
        #"{"k":"a","t":4,"e":1}"#,
      ], to: "in")
    let found = try closings(
      "kes-segment --key .k --time .t --start .s --end .e --emit closed in")
    #expect(
      found == [
        #"{"status":"superseded","start":1,"end":1,"events":1,"partial":false}"#,
        #"{"status":"completed","start":2,"end":2,"events":1,"partial":false}"#,
        #"{"status":"completed","start":3,"end":4,"events":2,"partial":true}"#,
      ])
  }

  @Test func conditionsAreAskedFirstAndWhatTheyLeaveOutMayPass() throws {
    let lines = [
      #"{"k":"a","t":1,"ok":true}"#, #"{"ok":false}"#, #"{ "no" : "shape" }"#,
      #"{"k":"a","t":2,"ok":true}"#,
    ]
    try write(lines, to: "in")
    let rules = "--key .k --time .t --where '.ok // false'"
    let left = try shell("kes-segment \(rules) in")
    #expect(left.lines.count == 2)
    let passed = try run("kes-segment \(rules) --pass-filtered --stats in")
    #expect(passed.lines[1] == lines[1] && passed.lines[2] == lines[2])
    #expect(passed.lines.count == 4 && passed.errors.contains(#""filtered":2"#))
  }

  // MARK: Bad records

  @Test(arguments: [
    (#"{"t":1}"#, "no key: --key .user.id is null; the record has .t; "),
    (
      #"{"user":{"id":{"string":"u"}},"t":1}"#,
      "--key .user.id is an object, and a key is a string, a number or a boolean; --key"
        + " .user.id.string is what it holds"
    ),
    (#"{"user":5,"t":1}"#, "--key .user.id: .user is a number, which has no members, so no .id; "),
    (#"{"user":{"id":1},"t":"soon"}"#, "--time .t: expected a number of milliseconds or a time in"),
    (#"{"user":{"id":1}}"#, "no time: --time .t is null; the record has .user; "),
    (
      #"{"user":{"id":1},"t":1,"session":"x"}"#,
      #"the record has "session" already, as session events do"#
    ),
    (#"{"user":{"id":1},"t":1"#, "expected a comma or the end of the object or array"),
  ])
  func aRecordThatIsNotUnderstoodIsRejectedWithTheWayOut(record: String, reason: String) throws {
    let good = #"{"user":{"id":"u"},"t":1}"#
    try write([good, record], to: "in")
    let failed = try run("kes-segment --key .user.id --time .t in")
    #expect(failed.status == 65 && failed.lines.count == 1)
    #expect(failed.errors.hasPrefix("kes-segment: in:2: \(reason)"), "\(failed.errors)")
    let skipped = try run(
      "kes-segment --key .user.id --time .t --dead-letter dead -q in; cut -f 3- dead")
    #expect(skipped.text.hasSuffix(record + "\n"), "\(skipped.text)")
  }

  @Test(arguments: [
    ("--key .a-b --time .t", "--key"), ("--key '.a | now' --time .t", "--key"),
    ("--key .a", "--time SELECTOR says"), ("--time .t", "--key SELECTOR says"),
    ("--key '$message.key' --time .t", "--from reads one"),
    ("--key .a --time .t --time-format %q", "unknown directive %q"),
    ("--key .a --time .t --format avro", "selectors are for records in JSON"),
    ("--key .a --time .t --pass-filtered", "add --where"),
  ])
  func whatCannotBeIsAUsageError(options: String, reason: String) throws {
    let failed = try run("kes-segment \(options)")
    #expect(failed.status == 64 && failed.errors.contains(reason), "\(failed.errors)")
  }

  // MARK: States

  @Test func aRunInTwoIsOneRun() throws {
    let lines = (0..<200).map { number in
      let day = 28 + number / 50 % 4
      let month = day <= 31 ? "Dec \(day)" : "Jan  \(day - 31)"
      let type = number % 17 == 0 ? "login" : number % 13 == 0 ? "logout" : "view"
      return
        "{\"u\":\(number % 7).0,\"t\":\"\(month) 23:\(String(format: "%02d", number % 60)):00\","
        + "\"type\":\"\(type)\"}"
    }
    let shape =
      "--key .u --time .t --time-format '%b %d %H:%M:%S' --time-year 2017 --timeout 2d"
      + #" --start '.type == "login"' --end '.type == "logout"' --emit all"#
    try write(lines, to: "all")
    let whole = try shell("kes-segment \(shape) --output whole all; cat whole").text
    for cut in [1, 49, 50, 51, 120, 199] {
      try write(Array(lines[..<cut]), to: "log")
      try shell("rm -rf st out; kes-segment \(shape) --state st --output out log")
      try write(lines, to: "log")
      #expect(try shell("kes-segment \(shape) --state st --output out log; cat out").text == whole)
    }
    let other = try run("kes-segment --key .u --time .t --state st --output out log")
    #expect(other.status == 65 && other.errors.contains("and this run is of --key .u --time .t"))
    #expect(other.errors.contains("the state is that of --key .u --time .t --time-format"))
  }

  // MARK: Devices in other clothes

  @Test func devicesInOtherClothesHaveTheSameSessions() throws {
    let lines = EventLines.random(count: 2000, devices: 20, seed: 23)
    try directory.write(lines, to: "devices")
    let rules = "--timeout 3s --emit closed --flush"
    let plain = try closings("kes-segment \(rules) devices")
    #expect(!plain.isEmpty)
    let starts = "--start .event.DeviceWokeUp --end .event.AllDataSent"
    #expect(
      try closings("kes-segment --key .device --time .timestamp \(starts) \(rules) devices")
        == plain)
    let event = #/\{"device":("[^"]*"),"timestamp":(\d+),"event":\{"(\w+)":.*/#
    let clothes: [(shape: String, time: (Int64) -> String)] = [
      ("--time .at", { "\"\(EventTime(milliseconds: $0).internetText)\"" }),
      ("--time .at --time-format us", { "\($0)000" }),
      (
        "--time .at --time-format s", { "\"\($0 / 1000).\(String($0 % 1000 + 1000).dropFirst())\"" }
      ),
    ]
    for (shape, time) in clothes {
      let dressed = lines.split(separator: "\n").compactMap { line -> String? in
        guard let found = line.wholeMatch(of: event), let at = Int64(found.output.2) else {
          return nil
        }
        return #"{"what":"\#(found.output.3)","at":\#(time(at)),"who":{"name":\#(found.output.1)}}"#
      }
      #expect(dressed.count == 2000)
      try write(dressed, to: "dressed")
      let roles =
        #"--start '.what == "DeviceWokeUp"' --end '.what | IN("AllDataSent", "never")'"#
      #expect(
        try closings("kes-segment --key .who.name \(shape) \(roles) \(rules) dressed") == plain,
        "\(shape)")
    }
  }

  /// What closings say, in their order.
  private func closings(_ command: String) throws -> [String] {
    try shell(command).lines.compactMap { line in
      line.firstMatch(of: /"SessionClosed":(\{[^}]*\})/).map { String($0.output.1) }
    }
  }

  // MARK: Topics

  @Test func messagesHaveKeyAndTimeAndKeepThem() throws {
    let kafka = try TopicsUnderTest()
    let (from, to) = (try kafka.topic(), try kafka.topic())
    let start: Int64 = 1_795_420_800_000
    try kafka.send(
      [
        TopicMessage(#"{"n":1}"#, key: "a", time: start, headers: ["h=x"]),
        TopicMessage(#"{"n":2}"#, key: "a", time: start + 1000),
      ], to: from, partition: 0)
    let rules = ["--where", "$message.key == \"a\"", "--emit", "all", "--flush", "-e"]
    let ended = try kafka.run("kes-segment", ["--from", from, "--to", to] + rules)
    #expect(ended.status == 0, "\(ended.errors)")
    let found = try kafka.messages(to)
    #expect(found.map(\.key) == Array(repeating: Data("a".utf8), count: 3))
    #expect(found.map(\.time) == [start, start + 1000, start + 1000])
    #expect(found.map(\.headers) == [["h=x"], [], ["kes.record=closed"]])
    let closing = String(decoding: found[2].value ?? Data(), as: UTF8.self)
    #expect(
      withoutIdentifier(closing)
        == #"{"SessionClosed":{"status":"flushed","start":\#(start),"end":\#(start + 1000),"events":2,"#
        + #""partial":false,"key":"a"},"session":"ID"}"#)
  }

  @Test func aClosingHasTheKeyOfItsFirstMessage() throws {
    let kafka = try TopicsUnderTest()
    let (from, to) = (try kafka.topic(), try kafka.topic())
    try kafka.send(
      [
        TopicMessage(#"{"u":"x","t":1}"#, key: "first", time: 5),
        TopicMessage(#"{"u":"x","t":2}"#, key: "second", time: 6),
        TopicMessage(#"{"u":"y","t":3}"#, time: 7),
      ], to: from, partition: 0)
    let rules = ["--key", ".u", "--time", ".t", "--emit", "all", "--flush", "-e"]
    let ended = try kafka.run("kes-segment", ["--from", from, "--to", to] + rules)
    #expect(ended.status == 0, "\(ended.errors)")
    let found = try kafka.messages(to)
    let byValue = Dictionary(
      uniqueKeysWithValues: found.map {
        (withoutIdentifier(String(decoding: $0.value ?? Data(), as: UTF8.self)), $0)
      })
    let closings = byValue.filter { $0.key.contains("SessionClosed") }
    #expect(closings.first { $0.key.contains("\"x\"") }?.value.key == Data("first".utf8))
    let unkeyed = closings.first { $0.key.contains("\"y\"") }?.value
    #expect(unkeyed != nil && unkeyed?.key == nil)
    #expect(byValue[#"{"u":"x","t":2,"session":"ID"}"#]?.key == Data("second".utf8))
    #expect(byValue[#"{"u":"x","t":2,"session":"ID"}"#]?.time == 6)
  }
}

/// Real streams with their sessions, where they are at hand.
@Suite(.threadsOfTheirOwn) struct DomainTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/domains")

  private static let streams =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted().filter {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent("\($0)/args").path)
    }

  private struct Session: Decodable, Equatable {
    let start: Int64
    let end: Int64
    let events: Int
    let status: String
    let partial: Bool
  }

  private struct Closing: Decodable {
    let session: Session

    enum CodingKeys: String, CodingKey { case session = "SessionClosed" }
  }

  @Test(.enabled(if: !streams.isEmpty, "the streams are not at hand"), arguments: streams)
  func theSessionsAreThoseThatOthersComputed(name: String) throws {
    let stream = Self.folder.appendingPathComponent(name)
    let options = try String(contentsOf: stream.appendingPathComponent("args"), encoding: .utf8)
      .replacing("\n", with: " ")
    let input = stream.appendingPathComponent("input.jsonl").path
    let ended = try Program.shell("kes-segment \(options) --emit closed \(input)")
    #expect(ended.status == 0, "\(ended.errors)")
    let expected = try String(
      contentsOf: stream.appendingPathComponent("expected.jsonl"), encoding: .utf8)
    let decoder = JSONDecoder()
    let sessions = try expected.split(separator: "\n").map {
      try decoder.decode(Session.self, from: Data($0.utf8))
    }
    let found = try ended.lines.map {
      try decoder.decode(Closing.self, from: Data($0.utf8)).session
    }
    #expect(found == sessions)
  }
}
