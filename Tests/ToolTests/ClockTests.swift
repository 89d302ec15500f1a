// Devices whose clocks are ahead: noted, or with --max-ahead rejected; and a stream time that they have
// moved, set back.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ClockTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// So many milliseconds from now on; a minute more, so that it is still that while the test runs.
  private static func ahead(_ milliseconds: Int64) -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1000) + milliseconds + 60_000
  }

  private static let day: Int64 = 86_400_000
  /// A time ten years ahead, and the words for that.
  private static let tenYears = ahead(3653 * day)
  private static let words = "10 years ahead of the clock"

  private static func text(_ milliseconds: Int64) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
  }

  /// A hundred sessions whose ends were lost, 10 s from each other; behind the first, one of a clock
  /// that is ten years ahead.
  private static func poisoned(_ time: Int64 = tenYears) -> [String] {
    var lines = (0..<100).map { EventLines.woke("d\($0)", 1_700_000_000_000 + 10_000 * $0) }
    lines.insert(EventLines.woke("clock", time), at: 1)
    return lines
  }

  private func run(
    _ tool: String, _ arguments: [String], _ lines: [String] = []
  ) throws -> Finished {
    try Program.run(tool, arguments, input: .text(lines.joined()), directory: directory)
  }

  // MARK: Told of

  @Test func theFirstIsToldOfOnceWithPlaceAndTime() throws {
    var lines = Self.poisoned()
    lines.insert("\n", at: 1)
    lines.append(EventLines.woke("other", Self.tenYears + 1))
    try directory.write(lines.joined(), to: "in.jsonl")
    let ended = try run("kes-segment", ["in.jsonl", "--emit", "closed", "--stats"])
    let told = ended.errors.split(separator: "\n")
    #expect(ended.status == 0 && told.count == 2, "\(ended.errors)")
    #expect(
      told[0].hasPrefix(
        "kes-segment: in.jsonl:3: \(Self.text(Self.tenYears)) is \(Self.words); "), "\(told[0])")
    #expect(told[0].contains("--max-ahead D"))
    #expect(told[1].contains(#""assigned":102,"#) && told[1].contains(#""held":0,"ahead":2}"#))
    // What it does: only the session before it closes.
    #expect(ended.lines.count == 1)
    let quiet = try run("kes-segment", ["in.jsonl", "-q"])
    #expect(quiet.errors == "" && quiet.status == 0)
  }

  @Test(arguments: [(day - 120_000, 0), (day, 1)])
  func aDayAheadIsTaken(ahead: Int64, count: Int) throws {
    let line = EventLines.woke("a", Self.ahead(ahead))
    let ended = try run("kes-segment", ["--stats"], [line])
    #expect(ended.errors.contains(#""ahead":\#(count)}"#), "\(ended.errors)")
    #expect(ended.errors.contains("24 hours ahead of the clock") == (count > 0), "\(ended.errors)")
  }

  /// The place of a record is that of a bad one.
  @Test(arguments: [
    ("kes-read --format avro", "", "block 1, byte "),
    ("kes-read --format avro --codec deflate", "", "block 1, byte "),
    ("kes-read --format avro", "--schema wide.avsc", "block 1, byte "),
    (
      "kes-read --format avro --output-framing confluent --registry file:registry"
        + " --registry-register",
      "--framing confluent --registry file:registry", "message 2, byte "
    ),
  ])
  func inAvroItIsTheSame(writing: String, reading: String, place: String) throws {
    try directory.write(Self.poisoned().joined(), to: "in.jsonl")
    try directory.write(
      eventSchema(with: #"{"name":"site","type":"string","default":"none"}"#), to: "wide.avsc")
    let script = """
      mkdir registry
      \(writing) in.jsonl > in.avro
      kes-segment in.avro \(reading) --format json --emit closed > noted
      kes-segment in.avro \(reading) --format json --emit closed --max-ahead 1d > failed
      echo "status $?"
      kes-segment in.avro \(reading) --format json --emit closed --max-ahead 1d --on-error skip > closed
      echo "status $?"
      """
    let ended = try Program.shell(script, directory: directory)
    #expect(ended.statuses == [65, 1], "\(ended)")
    let told = ended.errors.split(separator: "\n")
    try #require(told.count == 3, "\(ended.errors)")
    #expect(told[0].hasPrefix("kes-segment: in.avro: \(place)"), "\(told[0])")
    #expect(told[0].contains(": \(Self.text(Self.tenYears)) is \(Self.words); "), "\(told[0])")
    #expect(told[1].hasPrefix("kes-segment: in.avro: \(place)"), "\(told[1])")
    #expect(told[1].hasSuffix(": \(Self.words)"), "\(told[1])")
    // One place.
    #expect(told[0].split(separator: ":")[2] == told[1].split(separator: ":")[2])
    #expect(try directory.text("noted").split(separator: "\n").count == 1)
    #expect(try directory.text("closed").split(separator: "\n").count == 99)
  }

  // MARK: Rejected

  @Test func oneThatIsTooFarAheadIsABadRecord() throws {
    try directory.write(Self.poisoned().joined(), to: "in.jsonl")
    let options = ["in.jsonl", "--emit", "closed", "--max-ahead", "1d"]
    let failed = try run("kes-segment", options)
    #expect(failed.status == 65 && failed.lines.isEmpty)
    #expect(failed.errors == "kes-segment: in.jsonl:2: \(Self.words)\n")
    let skipped = try run("kes-segment", options + ["--on-error", "skip", "--stats"])
    #expect(skipped.status == 1 && skipped.lines.count == 99)
    #expect(
      skipped.errors.contains(#""rejected":1,"filtered":0,"held":0,"ahead":1}"#),
      "\(skipped.errors)")
    let kept = try run("kes-segment", options + ["--dead-letter", "dead"])
    #expect(kept.status == 0 && kept.lines == skipped.lines && kept.errors == "")
    #expect(
      try directory.text("dead") == "in.jsonl:2\t\(Self.words)\t\(Self.poisoned()[1])")
    // The bound is of the wall clock, not of the stream.
    let far = try run("kes-segment", ["in.jsonl", "--emit", "closed", "--max-ahead", "4000d"])
    #expect(far.status == 0 && far.lines.count == 1 && far.errors == "")
  }

  @Test(arguments: [
    [], ["--lateness", "1s", "--reorder"], ["--lateness", "1m", "--late", "drop"],
  ])
  func whatIsRejectedMovesNoStreamTime(rules: [String]) throws {
    let options = ["--emit", "all", "--max-ahead", "1h", "--on-error", "skip", "-q"] + rules
    let poisoned = try run("kes-segment", options, Self.poisoned())
    var clean = Self.poisoned()
    clean.remove(at: 1)
    let expected = try run("kes-segment", options, clean)
    #expect(poisoned.status == 1 && expected.status == 0)
    #expect(withoutIdentifiers(poisoned) == withoutIdentifiers(expected))
    #expect(expected.lines.count >= 190)
  }

  /// Identifiers tell of the place in the input (R12).
  private func withoutIdentifiers(_ ended: Finished) -> [String] {
    ended.lines.map { $0.components(separatedBy: #","session":"#)[0] }
  }

  @Test func aRunWithAStateStopsBeforeItAndGoesOnBehindIt() throws {
    try directory.write(Self.poisoned().joined(), to: "in.jsonl")
    let options = [
      "in.jsonl", "--output", "out.jsonl", "--state", "state", "--emit", "all", "--max-ahead", "1d",
    ]
    for _ in 0..<2 {
      let failed = try run("kes-segment", options)
      #expect(failed.status == 65)
      #expect(failed.errors == "kes-segment: in.jsonl:2: \(Self.words)\n")
      #expect(try directory.text("out.jsonl").split(separator: "\n").count == 1)
    }
    #expect(try run("kes-segment", options + ["--dead-letter", "dead"]).status == 0)
    #expect(try run("kes-segment", options + ["--dead-letter", "dead"]).status == 0)
    #expect(try directory.text("dead").split(separator: "\n").count == 1)
    #expect(try directory.text("out.jsonl").split(separator: "\n").count == 199)
  }

  @Test func aFilterOnSessionEventsRejectsItToo() throws {
    let events = try run("kes-segment", ["-q"], Self.poisoned())
    try directory.write(events.output, to: "sessions.jsonl")
    let noted = try run("kes-purge", ["sessions.jsonl"])
    #expect(noted.errors.hasPrefix("kes-purge: sessions.jsonl:2: "), "\(noted.errors)")
    #expect(noted.lines.filter { $0.contains("SessionClosed") }.count == 1)
    let ended = try run(
      "kes-purge", ["sessions.jsonl", "--max-ahead", "1d", "--dead-letter", "dead"])
    #expect(ended.status == 0 && ended.errors == "")
    #expect(ended.lines.filter { $0.contains("SessionClosed") }.count == 99)
    #expect(try directory.text("dead").hasPrefix("sessions.jsonl:2\t\(Self.words)\t{"))
  }

  // MARK: Topics

  @Test func ofATopicItIsTheMessage() throws {
    let kafka = try TopicsUnderTest()
    let (topic, dead) = (try kafka.topic(), try kafka.topic("dead"))
    try kafka.send(Self.poisoned().map { TopicMessage($0) }, to: topic)
    let options = ["--from", topic, "-e", "--emit", "closed", "--stats"]
    let noted = try kafka.run("kes-segment", options)
    let place = "topic \(topic), partition 0, offset 1"
    #expect(
      noted.errors.hasPrefix(
        "kes-segment: \(place): \(Self.text(Self.tenYears)) is \(Self.words); "),
      "\(noted.errors)")
    #expect(noted.lines.count == 1 && noted.errors.contains(#""held":0,"ahead":1,"#))
    let rejected = try kafka.run(
      "kes-segment", options + ["--max-ahead", "1d", "--dead-letter", "topic:\(dead)"])
    #expect(rejected.status == 0 && rejected.lines.count == 99, "\(rejected.errors)")
    #expect(rejected.errors.contains(#""rejected":1,"filtered":0,"held":0,"ahead":1,"#))
    let letters = try kafka.messages(dead)
    #expect(letters.count == 1)
    #expect(letters.first?.headers.contains("kes.reason=\(Self.words)") == true)
  }

  @Test func anApplicationRejectsItOnce() throws {
    let topics = try ToolsOnTopics()
    try topics.send(Self.poisoned())
    let options = [
      "--max-ahead", "1d", "--dead-letter", "dead", "--guarantee", "at-least-once", "--state",
      "state",
    ]
    try topics.segment(options)
    try topics.segment(options)
    #expect(try topics.sessions().filter { $0.contains("SessionClosed") }.count == 99)
    let letters = try topics.directory.text("dead").split(separator: "\n")
    #expect(letters.count == 1 && letters.first?.contains("\t\(Self.words)\t{") == true)
  }

  // MARK: Set back

  /// Where the events of `poisoned` stand but one, and later.
  private static let later = 1_700_001_000_000
  private static let laterText = "2023-11-14T22:30:00.000Z"

  @Test func aStreamTimeThatIsAheadIsToldOfAndSetBack() throws {
    let options = ["--state", "state", "--emit", "all"]
    #expect(try run("kes-segment", options + ["-q"], Self.poisoned()).status == 0)
    let told = try run("kes-segment", options)
    #expect(
      told.errors == "kes-segment: state: stream time stands at \(Self.text(Self.tenYears)),"
        + " \(Self.words); kes-purge --reset-stream-time now sets it back\n")
    let reset = ["--state", "state", "--reset-stream-time", "\(Self.later)"]
    let dry = try run("kes-purge", reset + ["--dry-run"])
    #expect(dry.status == 0 && dry.lines.isEmpty)
    #expect(
      dry.errors
        == "kes-purge: stream time is \(Self.text(Self.tenYears)), would be \(Self.laterText)\n")
    let ended = try run("kes-purge", reset)
    #expect(ended.status == 0 && ended.lines.isEmpty)
    #expect(
      ended.errors == "kes-purge: stream time was \(Self.text(Self.tenYears)), is"
        + " \(Self.laterText)\n")
    let again = try run(
      "kes-purge", ["--state", "state", "--reset-stream-time", "2023-11-14T22:30:00Z"])
    #expect(
      again.errors
        == "kes-purge: stream time is \(Self.laterText), not after \(Self.laterText): it stays\n")
    // All sessions have stayed; they are silent 4 s of stream time after that.
    let early = try run("kes-segment", options, [EventLines.data("e", Int64(Self.later) + 3999)])
    #expect(early.errors == "" && early.lines.count == 1)
    let due = try run("kes-segment", options, [EventLines.data("e", Int64(Self.later) + 4000)])
    let closed = due.lines.filter { $0.contains(#""status":"timeout""#) }.map(device(of:))
    #expect(closed == ["clock"] + (1..<100).map { "d\($0)" })
  }

  @Test func itIsSetBackToNow() throws {
    #expect(try run("kes-segment", ["--state", "state", "-q"], Self.poisoned()).status == 0)
    let before = Date().timeIntervalSince1970
    let ended = try run("kes-purge", ["--state", "state", "--reset-stream-time", "now"])
    #expect(ended.status == 0)
    let time = try #require(ended.errors.split(separator: " ").last?.dropLast())
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    let moment = try #require(formatter.date(from: String(time))).timeIntervalSince1970
    #expect(moment >= before - 1 && moment <= Date().timeIntervalSince1970 + 1)
    // Sessions from before then are due by then.
    let purged = try run(
      "kes-purge", ["--state", "state", "--as-of", "stream", "--timeout", "1ms"])
    #expect(purged.errors.hasPrefix("kes-purge: 0 sessions purged, 100 stay"), "\(purged.errors)")
  }

  @Test func eachPartitionIsSetBack() throws {
    let kafka = try TopicsUnderTest()
    let topic = try kafka.topic(partitions: 2)
    try kafka.send(Self.poisoned().map { TopicMessage($0) }, to: topic, partition: 1)
    try kafka.send([TopicMessage(EventLines.woke("a", 1000))], to: topic, partition: 0)
    let segment = ["--from", topic, "-e", "--state", "state"]
    #expect(try kafka.run("kes-segment", segment + ["-q"]).status == 0)
    let told = try kafka.run("kes-segment", segment)
    #expect(
      told.errors.contains("topic \(topic), partition 1: stream time stands at "), "\(told.errors)")
    let ended = try Program.run(
      "kes-purge", ["--state", "state", "--reset-stream-time", "\(Self.later)"],
      directory: kafka.directory)
    #expect(
      ended.errors == """
        kes-purge: partition 0: stream time is 1970-01-01T00:00:01.000Z, not after \
        \(Self.laterText): it stays
        kes-purge: partition 1: stream time was \(Self.text(Self.tenYears)), is \(Self.laterText)

        """)
  }

  @Test(arguments: [["--state", "state"], []])
  func anApplicationIsSetBackInItsChangelog(state: [String]) throws {
    let topics = try ToolsOnTopics()
    try topics.send(Self.poisoned())
    try topics.segment(["--state", "state"])
    let ended = try topics.purge(["--reset-stream-time", "\(Self.later)"])
    #expect(
      ended.status == 0
        && ended.errors.hasSuffix(
          "partition 0: stream time was \(Self.text(Self.tenYears)), is \(Self.laterText)\n"),
      "\(ended.errors)")
    try topics.send([EventLines.data("e", Int64(Self.later) + 4000)])
    try topics.segment(state)
    let closed = try topics.sessions().filter { $0.contains(#""status":"timeout""#) }
    // The output has partitions, too.
    let expected = ["clock"] + (0..<100).map { "d\($0)" }
    #expect(closed.map(device(of:)).sorted() == expected.sorted())
  }

  @Test(arguments: [
    (["--reset-stream-time", "now"], "needs --state or --application-id"),
    (["--state", "s", "--reset-stream-time", "stream"], "--reset-stream-time takes now"),
    (["--state", "s", "--reset-stream-time", "now", "--as-of", "now"], "--as-of closes sessions"),
    (["--state", "s", "--max-ahead", "1d"], "--max-ahead is for reading session events"),
    (
      ["-b", "localhost:1", "--application-id", "a", "--reset", "--reset-stream-time", "now"],
      "exclude each other"
    ),
  ])
  func whatDoesNotGoTogetherIsRefused(options: [String], message: String) throws {
    let ended = try run("kes-purge", options)
    #expect(ended.status == 64 && ended.errors.contains(message), "\(ended.errors)")
  }
}
