// Messages with --state: exactly once, from run to run and through crashes.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct MessageStateTests {
  private let directory: TemporaryDirectory
  private static let variables = ["M": "--framing confluent --registry file:registry"]
  /// From file to file, messages of two schemas.
  private static let run =
    "kes-segment $M in --state state --output out --emit all --lateness 1s --late-output late"

  init() throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
  }

  @discardableResult
  private func shell(_ command: String, expecting status: Int32 = 0) throws -> Finished {
    let ended = try Program.shell(
      command, environment: Self.variables, directory: directory)
    #expect(ended.status == status, "\(command): \(ended.errors)")
    return ended
  }

  /// Messages of two schemas, `in`, and what comes of them in one go: `out.expected` and
  /// `late.expected`. Returns the messages.
  private func writeInput(count: Int) throws -> Data {
    try shell("\(faultyEvents) --events \(count) $M --registry-register > one")
    try directory.write(sitedEventSchema, to: "registry/2.avsc")
    let many = MessageFile.varied(
      try directory.read("one"), every: 2, to: 2, suffix: siteSuffix)
    // The first is of the first schema, so that every other comes as what it is not.
    let input = MessageFile.framed(1, RawContainer.woke("first", 1_700_000_000_000)) + many
    try directory.write(input, to: "in")
    try shell(
      "kes-segment $M in --output out.expected --emit all --lateness 1s --late-output late.expected"
        + " --registry-register")
    return input
  }

  private func expectAsExpected(
    _ remark: String = "", sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for name in ["out", "late"] {
      #expect(
        try directory.read(name) == directory.read(name + ".expected"), "\(name) \(remark)",
        sourceLocation: sourceLocation)
    }
  }

  private func size(_ name: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: directory.path(name))
    return attributes?[.size] as? Int ?? 0
  }

  @Test func everyMessageCountsOnceWhateverCrashComesBetween() throws {
    _ = try writeInput(count: 40_000)
    let expected = size("out.expected")
    #expect(Set(MessageFile.identifiers(try directory.read("out.expected"))).count == 2)
    let seed = TestSeeds.drawn
    var generator = SeededGenerator(seed: seed)
    var (kills, finished) = (0, 0)
    while kills < 10 && finished < 10 {
      let grown = size("out") + Int.random(in: 0...expected / 8, using: &generator)
      let running = try RunningProgram(
        path: "/bin/bash", ["-c", "exec \(Self.run) --commit-interval 1ms"], input: .empty,
        environment: Self.variables, directory: directory)
      // Killed where its output has come so far: a moment that can be seen.
      _ = running.waits { size("out") >= grown }
      running.send(SIGKILL)
      let ended = try running.finish()
      if ended.signal == SIGKILL { kills += 1 }
      if ended.status == 0 {
        // It came to the end before the kill: begin anew.
        finished += 1
        try expectAsExpected("seed \(seed)")
        for name in ["state", "out", "late"] {
          try FileManager.default.removeItem(atPath: directory.path(name))
        }
      }
    }
    #expect(kills == 10)
    try shell(Self.run)
    try expectAsExpected("seed \(seed)")
    try shell(Self.run)
    try expectAsExpected("seed \(seed)")
  }

  /// Writes all schemas with their members sorted, as some registries give them.
  private func sortSchemas() throws {
    for number in 1... {
      guard let text = try? directory.text("registry/\(number).avsc") else { return }
      let sorted = try JSONSerialization.data(withJSONObject: json(text), options: .sortedKeys)
      #expect(sorted != Data(text.utf8))
      try directory.write(sorted, to: "registry/\(number).avsc")
    }
  }

  @Test(arguments: [false, true])
  func aRunGoesOnBehindEveryMessage(sortsSchemas: Bool) throws {
    let input = try writeInput(count: 30)
    if sortsSchemas { try sortSchemas() }
    let messages = MessageFile.messages(input)
    for _ in messages { try shell(Self.run + " -c 1") }
    try expectAsExpected()
    // What has grown is read on.
    try directory.write(
      input + MessageFile.tombstone
        + MessageFile.framed(1, RawContainer.woke("z", 1_800_000_000_000)),
      to: "in")
    try shell(Self.run + " --stats")
    #expect(MessageFile.messages(try directory.read("out")).count > messages.count)
    try shell(
      "kes-segment $M in --output out.expected --emit all --lateness 1s"
        + " --late-output late.expected")
    try expectAsExpected()
  }

  @Test func eachEventHasItsOwnSchemaInTheNextRunToo() throws {
    let input = try writeInput(count: 10)
    try shell(Self.run)
    // Behind the last event of the first schema comes one of the second, first in its run; what it
    // closes has the schema of what came before.
    let last = input + MessageFile.framed(1, RawContainer.woke("y", 1_700_000_100_000))
    try directory.write(last, to: "in")
    try shell(Self.run)
    let before = try directory.read("out")
    try directory.write(
      last + MessageFile.framed(2, RawContainer.woke("z", 1_800_000_000_000) + siteSuffix),
      to: "in")
    try shell(Self.run)
    let added = try directory.read("out").dropFirst(before.count)
    try directory.write(Data(added), to: "added")
    let shown = try shell("kes-read $M --format json added").lines
    #expect(shown.count >= 2)
    for line in shown.dropLast() {
      #expect(line.contains("SessionClosed") && !line.contains("site"), "\(line)")
    }
    #expect(shown.last?.contains(#""site":"north""#) == true)
    // With a schema asked for, all that follows has that.
    try directory.write(
      last + MessageFile.framed(2, RawContainer.woke("z", 1_800_000_000_000) + siteSuffix)
        + MessageFile.framed(1, RawContainer.woke("y", 1_800_000_000_001)), to: "in")
    try shell(Self.run + " --schema registry/2.avsc --registry-register")
    let all = try shell("kes-read $M --format json out").lines
    #expect(all.last?.contains(#""site":"none""#) == true)
  }

  /// What wrote an output, what goes on with it, and what is said to that.
  static let changes: [(first: String, second: String, message: String)] = [
    (
      "$M --format json", "$M",
      "out holds json, written by an earlier run; name another output, or say --format json"
    ),
    (
      "$M --format text", "$M",
      "out holds text, written by an earlier run; name another output, or say --format text"
    ),
    (
      "$M --output-framing container", "$M",
      "out holds avro, written by an earlier run; name another output, or say --output-framing container"
    ),
    (
      "$M", "$M --format json",
      "out holds messages, written by an earlier run; name another output, or say --framing confluent"
    ),
    (
      "$M", "$M --format text",
      "out holds messages, written by an earlier run; name another output, or say --framing confluent"
    ),
    (
      "$M", "$M --output-framing container",
      "out holds messages, written by an earlier run; name another output, or say --framing confluent"
    ),
  ]

  @Test(arguments: changes)
  func anOutputGoesOnInTheFormInWhichItBegan(
    first: String, second: String, message: String
  ) throws {
    _ = try writeInput(count: 10)
    let run = "kes-segment in --state state --output out"
    try shell("\(run) \(first)")
    let before = try directory.read("out")
    let refused = try shell("\(run) \(second)", expecting: 64)
    #expect(refused.errors == "kes-segment: \(message)\n")
    #expect(try directory.read("out") == before)
    try shell("\(run) \(first)")
    #expect(try directory.read("out") == before)
  }

  @Test func purgingGoesOnInTheFileOfTheSessions() throws {
    _ = try writeInput(count: 500)
    let run = "--state state --output out --emit all --duplicates mark"
    try shell("kes-segment $M in \(run) --registry-register")
    let before = MessageFile.identifiers(try directory.read("out"))
    try shell("kes-purge $M --state state --output out --as-of now -q")
    let after = MessageFile.identifiers(try directory.read("out"))
    #expect(after.count > before.count && Set(after) == Set(before))
    let sessions = try shell("kes-read $M --sessions --format csv out").lines
    #expect(sessions.count > 10 && !sessions.contains { $0.contains(",open,") })
  }
}
