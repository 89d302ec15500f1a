// kes-read --status, --not-device, --sort and --top, and the forms of times.

import Foundation
import TestSupport
import Testing

private let events = """
  {"device":"a","timestamp":1000,"event":{"DeviceWokeUp":{}},"session":"s1"}
  {"device":"a","timestamp":1300,"event":{"AllDataSent":{}},"session":"s1"}
  {"device":"a","timestamp":1300,"event":{"SessionClosed":{"status":"completed","start":1000,"end":1300,"events":2,"partial":false}},"session":"s1"}
  {"device":"b","timestamp":1100,"event":{"DataReceived":{"name":"wind","value":2.5}},"session":"s2"}
  {"device":"c","timestamp":9000,"event":{"DeviceWokeUp":{}},"session":"s3"}
  {"device":"b","timestamp":6100,"event":{"SessionClosed":{"status":"timeout","start":1100,"end":2100,"events":9,"partial":true}},"session":"s2"}
  {"device":"a","timestamp":500,"event":{"SessionClosed":{"status":"limit","start":400,"end":500,"events":4,"partial":false}},"session":"s4"}

  """

@Suite(.threadsOfTheirOwn) struct SessionChoiceTests {
  private func read(_ options: String, input: String = events) throws -> Finished {
    try Program.run(
      "kes-read", options.split(separator: " ").map(String.init), input: .text(input),
      environment: ["LC_ALL": "C"])
  }

  /// The ids of the sessions that `--sessions` shows.
  private func sessions(_ options: String) throws -> [String] {
    let finished = try read("--sessions --format csv " + options)
    #expect(finished.status == 0, "\(finished.errors)")
    return finished.lines.dropFirst().map { String($0.split(separator: ",")[1]) }
  }

  @Test(
    arguments: [
      ("", ["s1", "s2", "s4", "s3"]), ("--status timeout", ["s2"]), ("--status open", ["s3"]),
      ("--status open --status completed", ["s1", "s3"]), ("--status purged", []),
      ("--not-device a", ["s2", "s3"]), ("--not-device a --not-device [bc]", []),
      ("--device a --device b --not-device b", ["s1", "s4"]),
      ("--session s1 --session s3", ["s1", "s3"]),
      ("--sort start", ["s4", "s1", "s2", "s3"]), ("--sort duration", ["s2", "s1", "s4", "s3"]),
      ("--sort events", ["s2", "s4", "s1", "s3"]), ("--sort events --top 2", ["s2", "s4"]),
      ("--top 1", ["s2"]), ("--top 9", ["s2", "s1", "s4", "s3"]),
      ("--sort start --top 1 --status completed --status timeout", ["s1"]), ("-c 2", ["s1", "s2"]),
    ])
  func sessionsAreChosen(options: String, shown: [String]) throws {
    #expect(try sessions(options) == shown)
  }

  @Test func ofEventsTheClosingsAreChosen() throws {
    #expect(
      try read("--status timeout").text
        == "[b/s2] SessionClosed(timeout, 9 events, 1.000 s, partial)\n")
    #expect(try read("--status timeout --status limit --format json").lines.count == 2)
    #expect(try read("--not-device b").lines.count == 5)
  }

  @Test func figuresAndDrawingsAreOfTheChosen() throws {
    let figures = try read("--stats-only --status timeout --format csv").lines
    #expect(figures.contains("sessions.timeout.count,1") && figures.contains("records,7"))
    #expect(!figures.contains { $0.hasPrefix("sessions.completed") })
    let drawn = try read("--timeline --status timeout").lines
    #expect(drawn.contains("1 device, 1 session, 9 events") && drawn.last == "-x timeout 1")
  }

  @Test(
    arguments: [
      ("--sort start", "--sort is for rows of sessions: add --sessions"),
      ("--timeline --top 3", "--top is for rows of sessions: add --sessions"),
      ("--sessions --sort start --follow x", "--sort needs the input's end: leave out --follow"),
      ("--sessions --top 3 -b x:1 --from t", "--sort and --top need the topic's end: add --exit"),
      ("--sessions --top 3 -c 2", "say --top N"),
      ("--sessions --top 0", "--top must be at least 1"),
      ("--state s --status open", "--state shows what is open: --status does not apply"),
      ("--status open", "--status open is of sessions: add --sessions"),
      ("--sessions --sort end", "'start', 'duration' or 'events'"),
    ])
  func whatHasNoOrderOrStatusIsRefused(options: String, message: String) throws {
    let finished = try read(options)
    #expect(finished.status == 64 && finished.text == "")
    #expect(finished.errors.contains(message), "\(finished.errors)")
  }

  @Test func aStateIsPutInOrder() throws {
    let directory = try TemporaryDirectory()
    let input = [("a", 5), ("b", 3), ("c", 9), ("c", 12)].map {
      EventLines.data($0.0, Int64($0.1) * 100)
    }
    try directory.write(input.joined(), to: "in")
    #expect(
      try Program.run("kes-segment", ["--state", "s", "in"], directory: directory).status == 0)
    func devices(_ options: String...) throws -> [String] {
      try Program.run(
        "kes-read", ["--state", "s", "--format", "csv"] + options, directory: directory
      )
      .lines.dropFirst().map { String($0.prefix(1)) }
    }
    #expect(try devices("--sort", "start") == ["b", "a", "c"])
    #expect(try devices("--top", "1") == ["c"])
    #expect(try devices("--sort", "start", "--not-device", "b") == ["a", "c"])
  }

  // MARK: Times

  private static let start = 1_795_420_800_000  // 2026-11-23T08:00:00Z

  @Test(
    arguments: [
      ("2026-11-23T08:00:00Z", 0), ("2026-11-23T08:00:00", 0), ("2026-11-23 08:00:00", 0),
      ("2026-11-23T08:00", 0), ("2026-11-23T08:00:00.001", 1), ("2026-11-23T09:00:00+01:00", 0),
      ("2026-11-23", -28_800_000), ("2026-11-24", 57_600_000), ("1795420800000", 0),
      ("@1795420800", 0), ("@1795420800.001", 1),
    ])
  func timesHaveManyForms(text: String, offset: Int) throws {
    let time = Self.start + offset
    let input = [time - 1, time, time + 1].map { EventLines.woke("d\($0 - time)", Int64($0)) }
      .joined()
    let since = try Program.run("kes-read", ["--since", text], input: .text(input))
    #expect(since.lines == ["[d0] DeviceWokeUp()", "[d1] DeviceWokeUp()"], "\(since.errors)")
    let until = try Program.run("kes-read", ["--until", text], input: .text(input))
    #expect(until.lines == ["[d-1] DeviceWokeUp()"])
  }

  @Test func aDurationWithADashIsSoLongAgo() throws {
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let input = [("old", now - 3_700_000), ("recent", now - 3_500_000), ("new", now)].map {
      EventLines.woke($0.0, $0.1)
    }.joined()
    for form in [["--since", "-1h"], ["--since=-60m"], ["--since", "-3600s"]] {
      let finished = try Program.run("kes-read", form, input: .text(input))
      #expect(finished.lines == ["[recent] DeviceWokeUp()", "[new] DeviceWokeUp()"])
    }
    #expect(try Program.run("kes-read", ["--until", "-1h"], input: .text(input)).lines.count == 1)
  }

  /// In seconds it would be a date of our days, in milliseconds it is one of January 1970.
  @Test(arguments: [
    ("kes-read --since 1700000000 in", "1700000000", "1970-01-20T16:13:20.000Z"),
    ("kes-read --until 100000000 in", "100000000", "1970-01-02T03:46:40.000Z"),
    ("kes-produce --full-speed --events 1 --start-time 9999999999", "9999999999", "1970-04-26"),
    ("kes-produce --replay --speed max --shift-to 1700000000 in", "1700000000", "1970-01-20"),
    ("kes-purge --state s --as-of 1700000000", "1700000000", "1970-01-20"),
    ("kes-purge --state s --reset-stream-time 1700000000", "1700000000", "1970-01-20"),
  ])
  func aNumberThatLooksLikeSecondsIsTaken(command: String, number: String, time: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(EventLines.woke("a", 1_795_420_800_000), to: "in")
    let made = try Program.shell("kes-segment in --state s > sessions", directory: directory)
    try #require(made.status == 0)
    let told = try Program.shell(command, directory: directory)
    let tool = command.prefix { $0 != " " }
    #expect(told.status == 0)
    #expect(
      told.errors.hasPrefix("\(tool): the time \(number) is in milliseconds: \(time)"),
      "\(told.errors)")
    #expect(told.errors.contains("; seconds are written @\(number)\n"), "\(told.errors)")
    let others = [("-q " + number, number), ("@\(number)", number), ("\(number)000", number)]
    for (text, number) in others {
      let quiet = text.hasPrefix("-q") ? "\(command) -q" : command.replacing(number, with: text)
      #expect(try !Program.shell(quiet, directory: directory).errors.contains("in milliseconds"))
    }
  }

  @Test(arguments: ["0", "99999999", "10000000000", "-1700000000"])
  func otherNumbersAreMillisecondsWithoutAWord(text: String) throws {
    let finished = try Program.run("kes-read", ["--since=\(text)"], input: .text(""))
    #expect(finished.status == 0 && finished.errors.isEmpty)
  }

  @Test(arguments: [
    "2026-11-31", "2026-13-01", "2026-11-23T", "2026-11-23T08", "2026-11-23T25:00", "-1", "--1h",
    "-1w",
    "1h", "-h", "@", "@x", "@1795420800.0001", "@99999999999999999", "2026-11-23T08:00:00+01",
    "2026-11-23T08:00Z", "today", "-99999999999999d",
  ])
  func otherTimesAreRefused(text: String) throws {
    let finished = try Program.run("kes-read", ["--since=\(text)"], input: .text(""))
    // A number is milliseconds, also a negative one.
    #expect(finished.status == (Int(text) == nil ? 64 : 0))
  }
}
