// A run cut in two is the run (R11): with --state, whatever an input ends with waits for its rest.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct CutRunTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func segment(_ arguments: [String]) throws -> Finished {
    try Program.run("kes-segment", arguments, directory: directory)
  }

  private let options = ["in", "--output", "out", "--state", "state", "--emit", "all"]

  /// The statistics of a run's last line.
  private func unfinished(_ ended: Finished) -> Int? {
    ended.errors.firstMatch(of: /"unfinished":(\d+)/).flatMap { Int($0.1) }
  }

  // MARK: What is not finished yet

  @Test(arguments: ["fail", "skip", "dead-letter"])
  func aLineThatIsBeingWrittenWaits(policy: String) throws {
    let (first, second) = (EventLines.woke("a", 1000), EventLines.sent("a", 1500))
    try directory.write(first + second.prefix(40), to: "in")
    let extra = policy == "dead-letter" ? ["--dead-letter", "dead"] : ["--on-error", policy]
    let early = try segment(options + extra + ["--stats", "-v"])
    #expect(early.status == 0)
    #expect(unfinished(early) == 40)
    #expect(early.errors.contains("in: its last 40 bytes are no whole record yet"))
    #expect(early.errors.contains(#""rejected":0"#))
    try directory.write(first + second, to: "in")
    let late = try segment(options + extra + ["--stats"])
    #expect(late.status == 0)
    #expect(unfinished(late) == 0)
    let whole = try Program.run("kes-segment", ["--emit", "all"], input: .text(first + second))
    #expect(try directory.read("out") == whole.output)
  }

  /// What it is shows in its first bytes: there is nothing to wait for.
  @Test(arguments: ["printf '[{}]'", "printf x | gzip"])
  func whatIsOfAnotherKindDoesNotWait(command: String) throws {
    #expect(try Program.shell("\(command) > in", directory: directory).status == 0)
    #expect(try segment(options).status == 65)
  }

  @Test func whatIsWholeWithoutItsLineFeedIsRead() throws {
    try directory.write(String(EventLines.woke("a", 1000).dropLast()), to: "in")
    let ended = try segment(options + ["--stats"])
    #expect(ended.status == 0)
    #expect(unfinished(ended) == 0)
    #expect(try directory.text("out").split(separator: "\n").count == 1)
  }

  @Test func withFlushOrWithoutAStateTheInputsAreWhole() throws {
    try directory.write(EventLines.woke("a", 1000) + "{\"device\"", to: "in")
    #expect(try segment(options).status == 0)
    for arguments in [options + ["--flush"], ["in", "--output", "other"]] {
      let ended = try segment(arguments)
      #expect(ended.status == 65)
      #expect(ended.errors.hasPrefix("kes-segment: in:2: "), "\(ended.errors)")
    }
  }

  /// A pipe cannot be read again.
  @Test func aPipeThatEndsInsideARecordIsBadData() throws {
    let ended = try Program.shell(
      "printf '{\"device\"' | kes-segment --state state", directory: directory)
    #expect(ended.status == 65)
  }

  @Test(arguments: ["null", "deflate", "zstandard"])
  func aContainerThatIsBeingWrittenWaits(codec: String) throws {
    let events = EventLines.random(count: 2000, devices: 20, seed: 1)
    let made = try Program.run(
      "kes-read", ["--format", "avro", "--codec", codec, "--block-size", "4KiB"],
      input: .text(events))
    let whole = try Program.run(
      "kes-segment", ["--emit", "all", "--format", "json"], input: .data(made.output))
    var generator = SeededGenerator(seed: 2)
    var size = 0
    while size < made.output.count {
      // Inside the magic, the header, a block's head, its data, its sync marker.
      size += Int.random(in: size < 60 ? 1...9 : 1...4000, using: &generator)
      try directory.write(made.output.prefix(size), to: "in")
      let ended = try segment(options + ["--format", "json", "--dead-letter", "dead"])
      #expect(ended.status == 0, "\(size): \(ended.errors)")
    }
    #expect(try directory.read("out") == whole.output)
    #expect(try directory.read("dead").isEmpty)
  }

  // MARK: The property

  /// Options that change what one event does to others.
  private static let rules: [[String]] = [
    [], ["--lateness", "3s"], ["--lateness", "4s", "--reorder"],
    ["--lateness", "1s", "--reorder", "--late", "drop"],
    ["--reorder", "--lateness", "2s", "--late-output", "late"],
    ["--duplicates", "mark", "--retain", "5s"], ["--max-events", "5", "--max-span", "2s"],
    ["--timeout", "none", "--duplicates", "drop"],
  ]

  /// Lines, some of which are no records; a container; messages.
  enum Form: CaseIterable { case lines, container, messages }

  private func input(_ form: Form, _ generator: inout SeededGenerator, seed: UInt64) throws -> Data
  {
    var lines = EventLines.numbered(count: 400, devices: 8, seed: seed).map { $0 + "\n" }
    if form == .lines {
      for _ in 0..<6 {
        lines.insert(
          ["not a record\n", "\n", "{\"device\":1}\n", "\r\n"].randomElement(using: &generator)
            ?? "",
          at: Int.random(in: 0...lines.count, using: &generator))
      }
      return Data(lines.joined().utf8)
    }
    let extra =
      form == .container
      ? ["--format", "avro", "--block-size", "1KiB"]
      : messages + ["--registry-register", "--format", "avro"]
    let made = try Program.run(
      "kes-read", extra, input: .text(lines.joined()), directory: directory)
    try #require(made.status == 0, "\(made.errors)")
    return made.output
  }

  private let messages = ["--framing", "confluent", "--registry", "file:registry"]

  /// Cut at any byte, killed now and then, the file renamed between runs.
  @Test(arguments: TestSeeds.each(1...12, few: 3)) func theRunsTogetherWriteWhatOneDoes(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let form = Form.allCases[Int(seed) % 3]
    let rules = Self.rules[Int.random(in: 0..<Self.rules.count, using: &generator)]
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: false)
    let data = try input(form, &generator, seed: seed)
    try #require(data.count > 2000)
    let all =
      rules + ["--emit", "all", "--dead-letter", "dead", "--format", "json"]
      + (form == .messages ? messages : [])
    try directory.write(data, to: "in")
    let undisturbed = try segment(
      ["in", "--output", "expected", "--flush"]
        + all.map { $0 == "late" ? "expected-late" : $0 == "dead" ? "expected-dead" : $0 })
    #expect(undisturbed.status == 0, "\(undisturbed.errors)")
    var name = "in"
    var size = 0
    while size < data.count {
      size = min(data.count, size + Int.random(in: 0...data.count / 5, using: &generator))
      try? FileManager.default.removeItem(atPath: directory.path(name))
      name = ["in", "in.1", "other"].randomElement(using: &generator) ?? name
      try directory.write(data.prefix(size), to: name)
      let arguments = [name, "--output", "out", "--state", "state"] + all
      if generator.chance(30) {
        let running = try RunningProgram(
          "kes-segment", arguments + ["--commit-interval", "1ms"], directory: directory)
        usleep(UInt32.random(in: 0...20_000, using: &generator))
        running.send(SIGKILL)
        _ = try running.finish()
      }
      let ended = try segment(arguments)
      #expect(ended.status == 0, "seed \(seed), \(size) bytes: \(ended.errors)")
    }
    #expect(
      try segment([name, "--output", "out", "--state", "state", "--flush"] + all).status == 0)
    #expect(
      try directory.read("out") == directory.read("expected"), "seed \(seed), \(form): \(rules)")
    if rules.contains("late") {
      #expect(try directory.read("late") == directory.read("expected-late"), "seed \(seed)")
    }
    let reasons = { (name: String) in
      try directory.text(name).split(separator: "\n").map { $0.split(separator: "\t").dropFirst() }
    }
    #expect(try reasons("dead") == reasons("expected-dead"), "seed \(seed)")
  }

  /// What is passed over as filtered is not counted before it is whole.
  @Test func anUnknownEventThatIsBeingWrittenIsFilteredOnce() throws {
    let line = #"{"device":"a","timestamp":1000,"event":{"Rebooted":{}}}"#
    for text in [String(line.dropLast(3)), line, line + "\n"] {
      try directory.write(text, to: "in")
      let ended = try segment(options + ["--unknown-events", "filter", "--stats"])
      #expect(ended.status == 0, "\(ended.errors)")
      let isWhole = text.hasSuffix("\n")
      #expect(ended.errors.contains(isWhole ? #""filtered":1"# : #""filtered":0"#))
      #expect(unfinished(ended) == (isWhole ? 0 : text.utf8.count))
    }
  }
}
