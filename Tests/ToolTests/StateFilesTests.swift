// A state knows its files by what they hold: moved, renamed, rotated, replaced, edited ones.

import Foundation
import Glibc
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct StateFilesTests: RunsCommands {
  let directory: TemporaryDirectory
  private let options = ["--output", "out.jsonl", "--state", "state", "--emit", "all"]

  init() throws { directory = try TemporaryDirectory() }

  private func segment(_ arguments: [String]) throws -> Finished {
    try Program.run("kes-segment", arguments, directory: directory)
  }

  private func move(_ name: String, to other: String) throws {
    try? FileManager.default.removeItem(atPath: directory.path(other))
    try FileManager.default.moveItem(atPath: directory.path(name), toPath: directory.path(other))
  }

  private func append(_ text: String, to name: String) throws {
    // In place, as whoever writes a log does.
    if !FileManager.default.fileExists(atPath: directory.path(name)) {
      try directory.write("", to: name)
    }
    let file = try #require(FileHandle(forWritingAtPath: directory.path(name)))
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  /// What one run over all of `events` writes.
  private func expected(_ events: String, _ extra: [String] = []) throws -> String {
    try Program.run("kes-segment", ["--emit", "all"] + extra, input: .text(events)).text
  }

  // MARK: Inputs

  @Test(arguments: ["moved.jsonl", "folder/in.jsonl"])
  func aFileThatWasMovedIsReadOn(name: String) throws {
    let events = EventLines.random(count: 300, devices: 5, seed: 1)
    try FileManager.default.createDirectory(
      atPath: directory.path("folder"), withIntermediateDirectories: true)
    try directory.write(String(events.prefix(9000)), to: "in.jsonl")
    #expect(try segment(["in.jsonl"] + options).status == 0)
    try move("in.jsonl", to: name)
    try directory.write(events, to: name)
    let ended = try segment([name, "-v"] + options)
    #expect(ended.status == 0)
    #expect(ended.errors.contains("\(name): read on as what was "), "\(ended.errors)")
    #expect(try directory.text("out.jsonl") == expected(events))
  }

  @Test(arguments: [
    "./in.jsonl", "folder/../in.jsonl", "link.jsonl", "/dev/stdin", "$PWD/in.jsonl",
    "/proc/self/cwd/in.jsonl",
  ])
  func aFileIsTheSameByEveryName(name: String) throws {
    let events = EventLines.random(count: 300, devices: 5, seed: 2)
    try directory.write(events, to: "in.jsonl")
    #expect(try run("mkdir folder && ln -s in.jsonl link.jsonl").status == 0)
    #expect(try segment(["in.jsonl"] + options).status == 0)
    let again = try run(
      "kes-segment \"\(name)\" --output out.jsonl --state state --emit all < in.jsonl")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try directory.text("out.jsonl") == expected(events))
  }

  @Test func aFileThatIsNamedTwiceIsReadTwiceEveryTime() throws {
    let events = EventLines.random(count: 100, devices: 5, seed: 3)
    try directory.write(events, to: "in.jsonl")
    for _ in 0..<2 {
      #expect(try segment(["in.jsonl", "in.jsonl"] + options).status == 0)
      #expect(try directory.text("out.jsonl") == expected(events + events))
    }
    try directory.write(events, to: "copy.jsonl")
    #expect(try segment(["in.jsonl", "copy.jsonl"] + options).status == 0)
    #expect(try directory.text("out.jsonl") == expected(events + events))
  }

  // MARK: Rotation

  @Test func whatWasRotatedIsReadToItsEndAndThenTheNew() throws {
    let lines = EventLines.random(count: 300, devices: 5, seed: 4).split(separator: "\n").map {
      $0 + "\n"
    }
    try directory.write(lines[..<100].joined(), to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    try append(lines[100..<150].joined(), to: "e.jsonl")
    try move("e.jsonl", to: "e.jsonl.1")
    try directory.write(lines[150..<200].joined(), to: "e.jsonl")
    let missing = try segment(["e.jsonl"] + options)
    let unread = lines[100..<150].joined().utf8.count
    #expect(missing.status == 65)
    #expect(
      missing.errors == "kes-segment: e.jsonl: is another file than the one that was read: that is"
        + " e.jsonl.1 now, and its last \(unread) bytes are not read yet; run this once with both:"
        + " e.jsonl.1 e.jsonl\n")
    #expect(try segment(["e.jsonl.1", "e.jsonl"] + options).status == 0)
    #expect(try directory.text("out.jsonl") == expected(lines[..<200].joined()))
    try append(lines[200...].joined(), to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    #expect(try directory.text("out.jsonl") == expected(lines.joined()))
  }

  @Test func afterARotationNothingIsMissingOfWhatWasReadToItsEnd() throws {
    let (first, second) = (
      EventLines.random(count: 50, devices: 5, seed: 5),
      EventLines.random(count: 50, devices: 5, seed: 6)
    )
    try directory.write(first, to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    try move("e.jsonl", to: "e-20261130.jsonl")
    try directory.write(second, to: "e.jsonl")
    let ended = try segment(["e.jsonl", "-v"] + options)
    #expect(ended.status == 0)
    #expect(ended.errors.contains("e.jsonl: a new file; the one before is e-20261130.jsonl now"))
    #expect(try directory.text("out.jsonl") == expected(first + second))
  }

  @Test func whatWasRotatedAndCompressedIsToldAsSuch() throws {
    try directory.write(EventLines.random(count: 50, devices: 5, seed: 7), to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    try move("e.jsonl", to: "e.jsonl.1")
    #expect(try run("gzip e.jsonl.1").status == 0)
    try directory.write(EventLines.random(count: 50, devices: 5, seed: 8), to: "e.jsonl")
    let missing = try segment(["e.jsonl"] + options)
    #expect(missing.status == 65)
    #expect(
      missing.errors.contains(
        "rotated and compressed, expand it and run this once with both: gunzip -k e.jsonl.1.gz,"
          + " then e.jsonl.1 e.jsonl"), "\(missing.errors)")
    #expect(try run("gunzip -k e.jsonl.1.gz").status == 0)
    #expect(try segment(["e.jsonl.1", "e.jsonl"] + options).status == 0)
  }

  /// As `logrotate` with `rotate 3`, at any moment; runs at any moment, some of them killed.
  @Test(arguments: TestSeeds.each(1...2)) func aYearOfRotationsCountsEveryEventOnce(seed: UInt64)
    throws
  {
    var generator = SeededGenerator(seed: seed)
    var lines = EventLines.numbered(count: 2000, devices: 20, seed: seed).map { $0 + "\n" }[...]
    let all = lines.joined()
    let generations = ["e.jsonl", "e.jsonl.1", "e.jsonl.2", "e.jsonl.3"]
    try directory.write("", to: "e.jsonl")
    // How many rotations no run has seen: logrotate keeps three, and a fourth would lose events.
    var unseen = 0
    for _ in 0..<365 {
      let count = Int.random(in: 0...8, using: &generator)
      try append(lines.prefix(count).joined(), to: "e.jsonl")
      lines = lines.dropFirst(count)
      if generator.chance(60), unseen < 2 {
        for (older, newer) in zip(generations.reversed(), generations.reversed().dropFirst())
        where FileManager.default.fileExists(atPath: directory.path(newer)) {
          try move(newer, to: older)
        }
        try directory.write("", to: "e.jsonl")
        unseen += 1
      }
      if generator.chance(30) || unseen == 2 {
        let there = generations[1...2].reversed().filter {
          FileManager.default.fileExists(atPath: directory.path($0))
        }
        try runAndKillNowAndThen(there + ["e.jsonl"], &generator)
        unseen = 0
      }
    }
    try append(lines.joined(), to: "e.jsonl")
    try runAndKillNowAndThen(["e.jsonl.2", "e.jsonl.1", "e.jsonl"], &generator)
    #expect(try directory.text("out.jsonl") == expected(all), "seed \(seed)")
  }

  private func runAndKillNowAndThen(
    _ inputs: [String], _ generator: inout SeededGenerator
  ) throws {
    while generator.chance(25) {
      let running = try RunningProgram(
        "kes-segment", inputs + options + ["--commit-interval", "1ms"], directory: directory)
      usleep(UInt32.random(in: 0...20_000, using: &generator))
      running.send(SIGKILL)
      _ = try running.finish()
    }
    let ended = try segment(inputs + options)
    try #require(ended.status == 0, "\(inputs): \(ended.errors)")
  }

  /// Nothing was read of it when it was rotated.
  @Test func anEmptyFileIsKnownAsWell() throws {
    let events = EventLines.random(count: 40, devices: 5, seed: 11)
    try directory.write("", to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    try append(events, to: "e.jsonl")
    try move("e.jsonl", to: "e.jsonl.1")
    try directory.write("", to: "e.jsonl")
    let missing = try segment(["e.jsonl"] + options)
    #expect(missing.status == 65)
    #expect(missing.errors.contains("run this once with both: e.jsonl.1 e.jsonl"))
    #expect(try segment(["e.jsonl.1", "e.jsonl"] + options).status == 0)
    #expect(try directory.text("out.jsonl") == expected(events))
  }

  /// Rotated more than once since the last run; nothing is read before all is there.
  @Test(arguments: ["", "gzip e.jsonl.2", "cp -p e.jsonl.2 backup.jsonl"])
  func allThatIsMissingIsNamedInItsOrder(command: String) throws {
    let lines = EventLines.random(count: 400, devices: 5, seed: 12).split(separator: "\n").map {
      $0 + "\n"
    }
    try directory.write(lines[..<100].joined(), to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    let before = try directory.read("out.jsonl")
    try append(lines[100..<200].joined(), to: "e.jsonl")
    try move("e.jsonl", to: "e.jsonl.2")
    #expect(
      try run("touch -d '+1 second' later; touch -r later e.jsonl.2; \(command)").status == 0)
    try directory.write(lines[200..<300].joined(), to: "e.jsonl.1")
    #expect(try run("touch -d '+2 seconds' e.jsonl.1").status == 0)
    try directory.write(lines[300...].joined(), to: "e.jsonl")
    for names in [["e.jsonl"], ["e.jsonl.1", "e.jsonl"]] {
      let missing = try segment(names + options)
      #expect(missing.status == 65)
      #expect(missing.errors.hasSuffix(" e.jsonl.2 e.jsonl.1 e.jsonl\n"), "\(missing.errors)")
      #expect(missing.errors.contains("gunzip -k e.jsonl.2.gz") == command.hasPrefix("gzip"))
      #expect(try directory.read("out.jsonl") == before)
    }
    if command.hasPrefix("gzip") { #expect(try run("gunzip -k e.jsonl.2.gz").status == 0) }
    #expect(try segment(["e.jsonl.2", "e.jsonl.1", "e.jsonl"] + options).status == 0)
    #expect(try directory.text("out.jsonl") == expected(lines.joined()))
  }

  /// Neither its name nor its inode is left of the empty one; what was rotated since is new all the same.
  @Test func whatWasRotatedSinceIsMissedAlsoWithoutTheEmptyFile() throws {
    let lines = EventLines.random(count: 60, devices: 5, seed: 15)
    try directory.write("", to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    // Both are there at once, so that neither has the inode of the first.
    try directory.write(lines, to: "e.jsonl.1")
    try directory.write("", to: "new")
    try move("new", to: "e.jsonl")
    #expect(try run("touch -d '+1 second' e.jsonl.1").status == 0)
    let missing = try segment(["e.jsonl"] + options)
    #expect(missing.status == 65)
    #expect(
      missing.errors
        == "kes-segment: e.jsonl: is another file than the one that was read, and what was"
        + " written between them is not read yet; run this once with both: e.jsonl.1 e.jsonl\n")
    #expect(try segment(["e.jsonl.1", "e.jsonl"] + options).status == 0)
    #expect(try directory.text("out.jsonl") == expected(lines))
  }

  /// Its writer is gone: nobody ends the line any more.
  @Test func aRotatedFileThatEndsInsideALineMayGo() throws {
    let events = EventLines.random(count: 40, devices: 5, seed: 13)
    try directory.write(events + "{\"device\"", to: "e.jsonl")
    #expect(try segment(["e.jsonl"] + options).status == 0)
    try move("e.jsonl", to: "e.jsonl.1")
    try directory.write("", to: "e.jsonl")
    #expect(try segment(["e.jsonl.1", "e.jsonl"] + options).status == 0)
    try move("e.jsonl", to: "e.jsonl.1")
    let more = EventLines.random(count: 40, devices: 5, seed: 14)
    try directory.write(more, to: "e.jsonl")
    #expect(try segment(["e.jsonl.1", "e.jsonl"] + options).status == 0)
    #expect(try directory.text("out.jsonl") == expected(events + more))
  }

  // MARK: Outputs

  /// The header of a container is no record: until there is one the file is begun anew.
  @Test func aContainerWithoutRecordsIsWrittenOn() throws {
    try directory.write("", to: "e")
    let arguments = ["e", "--state", "state", "--output", "o.avro", "--format", "avro"]
    #expect(try segment(arguments).status == 0)
    let purged = try Program.run(
      "kes-purge", ["--state", "state", "--as-of", "now", "--output", "o.avro"],
      directory: directory)
    #expect(purged.status == 0, "\(purged.errors)")
    try append(EventLines.woke("a", 1000), to: "e")
    let ended = try segment(arguments)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(try run("kes-read o.avro").lines.count == 1)
  }

  @Test func whatIsAddedBehindAPurgeStays() throws {
    try directory.write(EventLines.woke("a", 1000), to: "in.jsonl")
    #expect(try segment(["in.jsonl"] + options).status == 0)
    let purge = ["--state", "state", "--device", "none", "--output", "out.jsonl"]
    #expect(try Program.run("kes-purge", purge, directory: directory).status == 0)
    try append("mine\n", to: "out.jsonl")
    for tool in ["kes-segment", "kes-purge"] {
      let refused = try Program.run(
        tool, tool == "kes-purge" ? purge : ["in.jsonl"] + options, directory: directory)
      #expect(refused.status == 65)
      #expect(refused.errors.contains("out.jsonl: has 5 bytes behind"), "\(refused.errors)")
    }
  }

  @Test func anOutputThatWasMovedIsWrittenOn() throws {
    let events = EventLines.random(count: 300, devices: 5, seed: 9)
    try directory.write(String(events.prefix(9000)), to: "in.jsonl")
    #expect(try segment(["in.jsonl"] + options).status == 0)
    try move("out.jsonl", to: "moved.jsonl")
    try directory.write(events, to: "in.jsonl")
    #expect(
      try segment(["in.jsonl", "--output", "moved.jsonl", "--state", "state", "--emit", "all"])
        .status == 0)
    #expect(try directory.text("moved.jsonl") == expected(events))
  }

  /// What is said is true: with the name that it gives the run goes on.
  @Test(arguments: ["", "echo mine > out.jsonl", "seq 100000 > out.jsonl"])
  func anOutputThatLiesBesideIsNamed(command: String) throws {
    let events = EventLines.random(count: 300, devices: 5, seed: 16)
    try directory.write(String(events.prefix(9000)), to: "in.jsonl")
    #expect(try segment(["in.jsonl"] + options).status == 0)
    try move("out.jsonl", to: "a file.jsonl")
    #expect(try shell("cp in.jsonl b.jsonl; mkdir c; \(command)").status == 0)
    let before = try? directory.read("out.jsonl")
    try directory.write(events, to: "in.jsonl")
    let refused = try segment(["in.jsonl"] + options)
    let remedy = command.isEmpty ? "move that back, or name" : "name"
    #expect(refused.status == 65)
    #expect(
      refused.errors.hasSuffix(
        "; what was written is a file.jsonl now: \(remedy) that as the output\n"),
      "\(refused.errors)")
    #expect((try? directory.read("out.jsonl")) == before)
    #expect(
      try segment(["in.jsonl", "--output", "a file.jsonl", "--state", "state", "--emit", "all"])
        .status == 0)
    #expect(try directory.text("a file.jsonl") == expected(events))
  }

  /// What is done to an output between two runs, and what is said of it.
  private static let changes = [
    ("sed -i s/device-1/device-9/ out.jsonl", "out.jsonl: is not what an earlier run wrote"),
    ("echo mine >> out.jsonl", "out.jsonl: has 5 bytes behind the "),
    ("echo mine > out.jsonl", "out.jsonl: has 5 bytes, but "),
    ("rm out.jsonl", "out.jsonl: is not there, but "),
    ("rm -r state", "bytes that were not written with this --state"),
    ("cp in.jsonl other.jsonl && mv other.jsonl out.jsonl", "out.jsonl: has "),
  ]

  @Test(arguments: changes)
  func anOutputThatIsNotAsItWasIsRefusedAndStays(command: String, message: String) throws {
    try directory.write(EventLines.random(count: 100, devices: 5, seed: 10), to: "in.jsonl")
    #expect(try segment(["in.jsonl"] + options).status == 0)
    #expect(try run(command).status == 0)
    let before = try? directory.read("out.jsonl")
    try append(EventLines.woke("x", 1_800_000_000_000), to: "in.jsonl")
    let refused = try segment(["in.jsonl"] + options)
    #expect(refused.status == 65)
    #expect(refused.errors.contains(message), "\(refused.errors)")
    #expect((try? directory.read("out.jsonl")) == before)
  }

  @Test(arguments: ["--late-output", "--dead-letter"])
  func otherOutputsAreLookedAtAsWell(option: String) throws {
    try directory.write(
      EventLines.woke("a", 9000) + "bad\n" + EventLines.woke("a", 1), to: "in.jsonl")
    let extra = [option, "other", "--on-error", "skip"]
    let first = try segment(["in.jsonl"] + options + extra)
    #expect(first.status == (option == "--dead-letter" ? 0 : 1))
    #expect(try directory.read("other").isEmpty == false)
    try append("mine\n", to: "other")
    let refused = try segment(["in.jsonl"] + options + extra)
    #expect(refused.status == 65)
    #expect(refused.errors.contains("other: has 5 bytes behind"), "\(refused.errors)")
  }

  @Test func aPurgeDoesNotEmptyAFileOfOthers() throws {
    try directory.write(EventLines.woke("a", 1), to: "in.jsonl")
    #expect(try segment(["in.jsonl"] + options).status == 0)
    try directory.write("mine\n", to: "mine.jsonl")
    for extra in [[], ["--dry-run"]] {
      let refused = try Program.run(
        "kes-purge", ["--state", "state", "--as-of", "now", "--output", "mine.jsonl"] + extra,
        directory: directory)
      #expect(refused.status == 65)
      #expect(try directory.text("mine.jsonl") == "mine\n")
    }
  }

  // MARK: A look into it

  @Test func aStateShowsWhatItKnows() throws {
    let events = EventLines.woke("a", 1_700_000_000_000) + EventLines.sent("a", 1_700_000_000_500)
    try directory.write(events, to: "in.jsonl")
    #expect(try segment(["in.jsonl"] + options).status == 0)
    let shown = try Program.run(
      "kes-read", ["--state", "state", "--inputs", "--format", "json"], directory: directory)
    #expect(shown.status == 0)
    let path = absolutePath(directory.path("in.jsonl"))
    #expect(shown.lines.count == 4)
    #expect(shown.lines[0].hasPrefix(#"{"kind":"state","name":"files or pipes","time":"#))
    #expect(
      shown.lines[1]
        == #"{"kind":"partition","name":"0","position":2,"time":1700000000500}"#)
    #expect(
      shown.lines[2]
        == #"{"kind":"input","name":"\#(path)","position":\#(events.utf8.count),"line":3}"#)
    #expect(shown.lines[3].contains(#"{"kind":"output","name":"#))
    for format in ["text", "csv"] {
      let other = try Program.run(
        "kes-read", ["--state", "state", "--inputs", "--format", format], directory: directory)
      #expect(other.lines.count == 5 && other.lines[3].contains(path))
    }
  }
}
