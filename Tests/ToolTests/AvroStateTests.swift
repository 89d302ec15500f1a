// kes-segment --state from container files to container files: exactly once, across runs and kills.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct AvroStateTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// What a file holds, as lines.
  private func lines(_ name: String) throws -> [String] {
    try shell("kes-read --format json --input-format avro \(name)").lines
  }

  /// `in.jsonl`, and `whole.avro` with the same in small blocks.
  private func writeEvents(
    count: Int = 1500, codec: String = "deflate", blockSize: String = "1KiB"
  ) throws {
    try shell(
      "\(faultyEvents) --events \(count) | tee in.jsonl | kes-read --format avro --codec \(codec)"
        + " --block-size \(blockSize) > whole.avro")
  }

  static let rules = [
    "--emit all", "--emit events --duplicates mark --retain 5s", "--emit all --duplicates drop",
    "--emit closed --lateness 1s --late drop",
  ]

  @Test(arguments: rules)
  func aFileThatGrowsByBlocksIsReadOnFromWhereItWas(rules: String) throws {
    try writeEvents()
    let file = try AvroFile(directory.read("whole.avro"))
    // The header alone, some blocks, nothing new, one block, a block that is cut, and all.
    for cut in [
      file.ends[0], file.ends[3], file.ends[3], file.ends[4], file.ends[9] - 7, file.ends[10],
      file.bytes.count,
    ] {
      try directory.write(file.bytes.prefix(cut), to: "in.avro")
      let ended = try run("kes-segment in.avro --output out.avro --state state \(rules)")
      #expect(ended.status == 0, "\(ended.errors)")
    }
    #expect(try lines("out.avro") == shell("kes-segment in.jsonl \(rules)").lines)
    // Nothing of what was written was written twice: one header, and blocks.
    let output = try AvroFile(directory.read("out.avro"))
    #expect(output.ends.last == output.bytes.count)
  }

  /// Blocks of a kilobyte, and one that is so large that it is decoded in slices.
  @Test(arguments: [
    ("null", "avro", 800, 37, "1KiB"), ("zstandard", "json", 800, 37, "1KiB"),
    ("null", "json", 24_000, 1999, "8MiB"), ("snappy", "avro", 24_000, 1999, "8MiB"),
  ])
  func stoppingInsideBlocksChangesNothing(
    codec: String, format: String, count: Int, step: Int, blockSize: String
  ) throws {
    try writeEvents(count: count, codec: codec, blockSize: blockSize)
    let options = "--emit all --duplicates mark --format \(format)"
    var runs = 0
    while runs < 40 {
      let before = (try? directory.read("out"))?.count ?? -1
      try shell("kes-segment -c \(step) whole.avro --output out --state state \(options)")
      runs += 1
      if try directory.read("out").count == before { break }
    }
    #expect(runs > 12 && runs < 40)
    #expect(
      try shell("kes-read out --format json").output
        == shell("kes-segment in.jsonl --emit all --duplicates mark").output)
  }

  @Test func anotherContainerBehindTheFirstIsReadOn() throws {
    try shell("\(faultyEvents) --events 900 > in.jsonl; split -n l/3 -a 1 in.jsonl part")
    let options = "in.avro --output out.avro --state state --emit all"
    try directory.write(Data(), to: "in.avro")
    for (part, codec) in [("a", "null"), ("b", "snappy"), ("c", "xz")] {
      try shell(
        "kes-read --format avro --codec \(codec) --block-size 2KiB part\(part) >> in.avro;"
          + " kes-segment -c 100 \(options); kes-segment \(options)")
    }
    #expect(try lines("out.avro") == shell("kes-segment --emit all in.jsonl").lines)
  }

  @Test func anInputThatBeganWithAHeaderAloneKeepsItsFields() throws {
    let schema = eventSchema(with: #"{"name":"site","type":"string"}"#)
    var container = RawContainer(schema: schema)
    let options = "empty in.avro --output out.avro --late-output late.avro --state state"
    try directory.write(Data(), to: "empty")
    for time in 1...3 as ClosedRange<Int64> {
      try directory.write(container.bytes, to: "in.avro")
      try shell("kes-segment --format avro \(options)")
      container.append(count: 1, RawContainer.woke("a", time) + RawContainer.text("hall"))
    }
    try directory.write(container.bytes, to: "in.avro")
    try shell("kes-segment \(options)")
    #expect(try lines("out.avro").count == 3)
    #expect(try lines("out.avro").allSatisfy { $0.contains(#""site":"hall","session""#) })
    container.append(count: 1, RawContainer.woke("b", 1) + RawContainer.text("roof"))
    try directory.write(container.bytes, to: "in.avro")
    try shell("kes-segment \(options)")
    #expect(try lines("late.avro").count == 1)
    #expect(try lines("late.avro")[0].contains(#""site":"roof""#))
  }

  @Test func aChangedInputIsRefused() throws {
    try writeEvents(count: 300)
    let options = "whole.avro --output out.avro --state state"
    try shell("kes-segment \(options)")
    var bytes = try directory.read("whole.avro")
    bytes[bytes.count / 2] ^= 1
    try directory.write(bytes, to: "whole.avro")
    let changed = try run("kes-segment \(options)")
    #expect(changed.status == 65)
    #expect(changed.errors.contains("whole.avro: is not the file that was read in an earlier run"))
  }

  // MARK: Other options in the second run

  /// Options of two runs, whether the second is refused, and what it says.
  static let changes: [(first: String, second: String, status: Int, says: String)] = [
    ("", "--codec snappy", 0, ""),
    ("--codec xz", "", 0, ""),
    ("--codec zstandard --block-size 1KiB", "--codec lzma --block-size 1MiB", 0, ""),
    ("--emit closed", "--emit all", 0, ""),
    ("--emit events", "--emit all", 0, ""),
    ("--format json", "", 0, ""),
    ("", "--format avro", 0, ""),
    ("--duplicates keep", "--duplicates drop", 0, ""),
    ("", "--schema event.avsc", 0, ""),
    ("--schema site.avsc", "--schema site.avsc", 0, ""),
    ("", "--format json", 64, "out holds avro, written by an earlier run"),
    ("", "--format text", 64, "out holds avro, written by an earlier run"),
    ("--format json", "--format avro", 64, "out holds json, written by an earlier run"),
    ("--format json", "--format text", 64, "out holds json, written by an earlier run"),
    ("--format text", "--format json", 64, "out holds text, written by an earlier run"),
    ("--format text", "", 64, "out holds text, written by an earlier run"),
    ("--format text --color always", "--format json", 64, "out holds text, written by an"),
    (
      "", "--duplicates mark", 65, "out: was written by an earlier run with another schema or other"
    ),
    (
      "--duplicates mark", "", 65, "out: was written by an earlier run with another schema or other"
    ),
    ("", "--schema site.avsc", 65, "out: was written by an earlier run with another schema or"),
    ("--schema site.avsc", "--schema event.avsc", 65, "out: was written by an earlier run with"),
  ]

  @Test(arguments: changes.indices)
  func otherOptionsGoOnOrAreRefused(index: Int) throws {
    let (first, second, status, says) = Self.changes[index]
    try writeEvents(count: 600)
    try directory.write(eventSchema, to: "event.avsc")
    try directory.write(
      eventSchema(with: #"{"name":"site","type":"string","default":"hall"}"#), to: "site.avsc")
    let files = "whole.avro --output out --state state"
    try shell("kes-segment -c 300 \(files) \(first)")
    let before = try directory.read("out")
    let ended = try run("kes-segment \(files) \(second)")
    #expect(ended.status == Int32(status), "\(ended.errors)")
    #expect(says.isEmpty || ended.errors.contains(says))
    if status != 0 {
      #expect(try directory.read("out") == before)
      #expect(ended.errors.split(separator: "\n").count == 1)
      return
    }
    let shown = try shell("kes-read --format json out").lines
    let isAvro = AvroContainerHeader(of: Array(before)) != nil
    let continued = try directory.read("out")
    #expect(continued.prefix(before.count) == before && continued.count > before.count)
    #expect(shown.count > 100)
    if isAvro { #expect(try AvroFile(continued).ends.last == continued.count) }
    if !first.contains("closed") && !first.contains("schema") {
      let events = try shell("kes-segment in.jsonl").lines
      #expect(Set(shown).isSuperset(of: events.prefix(300)))
    }
  }

  // MARK: Records that are held

  @Test(arguments: ["avro", "json"])
  func recordsThatAreHeldKeepTheirSchemas(format: String) throws {
    let schema = eventSchema(with: #"{"name":"site","type":"string","default":"none"}"#)
    let other = eventSchema(with: #"{"name":"floor","type":"int"}"#)
    for (name, schema, extra) in [
      ("1", schema, RawContainer.text("hall")), ("2", other, RawContainer.long(3)),
      ("3", schema, RawContainer.text("roof")),
    ] {
      var container = RawContainer(schema: schema)
      for time in [5, 2] as [Int64] {
        container.append(count: 1, RawContainer.woke("d\(name)", 1000 + time) + extra)
      }
      try directory.write(container.bytes, to: "\(name).avro")
    }
    try directory.write(EventLines.woke("d4", 1003), to: "4.jsonl")
    try directory.write(eventSchema, to: "event.avsc")
    let options = "--lateness 1h --reorder --format \(format) --state state"
    // A signal leaves what is held in the store.
    func hold(_ names: [String], _ extra: [String] = []) throws {
      let pipe = try PrivatePipe()
      let held = try RunningProgram(
        path: Program.path("kes-segment"),
        names + ["-", "--stats=0.01"] + extra + options.split(separator: " ").map(String.init),
        input: .empty, environment: [:], directory: directory, standardInput: pipe.reading)
      #expect(held.waits { held.errorsSoFar.contains("\"records\":\(heldCount + 2)") })
      held.send(SIGTERM)
      #expect(try held.finish().signal == SIGTERM)
      heldCount += 2
      try pipe.close()
    }
    var heldCount = 0
    try hold(["1.avro"])
    try hold(["2.avro"])
    // Another schema in between must not take the place of those that are held.
    try hold(["3.avro"], ["--schema", directory.path("event.avsc")])
    let ended = try shell(
      "kes-segment 4.jsonl --flush --emit events \(options) > out; kes-read --format json out")
    let shown = ended.lines.map { $0.components(separatedBy: #","session""#)[0] }
    func line(_ device: String, _ time: Int, _ extra: String) -> String {
      #"{"device":"\#(device)","timestamp":\#(time),"event":{"DeviceWokeUp":{}}\#(extra)"#
    }
    let isAvro = format == "avro"
    let second = isAvro ? #","site":"none""# : #","floor":3"#
    let third = isAvro ? #","site":"none""# : ""
    #expect(
      shown == [
        line("d1", 1002, #","site":"hall""#), line("d2", 1002, second), line("d3", 1002, third),
        line("d4", 1003, isAvro ? #","site":"none""# : ""),
        line("d1", 1005, #","site":"hall""#), line("d2", 1005, second), line("d3", 1005, third),
      ])
  }

  // MARK: kes-purge

  @Test(arguments: ["", "--duplicates mark"])
  func aPurgeWritesOnInTheOutputOfTheSegmenter(rules: String) throws {
    try writeEvents(count: 1000)
    let files = "--output out --state state --emit all \(rules)"
    try shell("kes-segment -c 900 whole.avro \(files)")
    let before = try lines("out")
    let purged = try run("kes-purge --state state --output out --as-of now")
    #expect(purged.status == 0 && purged.errors.contains(" sessions purged, 0 stay"))
    let after = try lines("out")
    #expect(after.starts(with: before) && after.count > before.count + 10)
    #expect(
      after[before.count...].allSatisfy { $0.contains(#""SessionClosed":{"status":"timeout""#) })
    try shell("kes-segment whole.avro \(files)")
    #expect(try lines("out").starts(with: after))
    let output = try AvroFile(directory.read("out"))
    #expect(output.ends.last == output.bytes.count)
    // To the standard output, in either format; nothing is removed.
    let dry = "kes-purge -q --state state --as-of now --dry-run"
    #expect(
      try shell("\(dry) --format avro --codec bzip2 | kes-read --format json").text
        == shell(dry).text)
    let text = try run("kes-purge --state state --output out --as-of now --format json")
    #expect(text.status == 64 && text.errors.contains("out holds avro"))
  }

  @Test func aPurgeIsRefusedWhereClosingsDoNotFit() throws {
    // An enum for what the status of a closing must be.
    let schema = eventSchema.replacingOccurrences(
      of: #"{"type":"record","name":"AllDataSent","fields":[]}"#,
      with: #"{"type":"record","name":"AllDataSent","fields":[]},"#
        + #"{"type":"record","name":"SessionClosed","fields":[{"name":"status","type":"int"}]}"#)
    var container = RawContainer(schema: schema)
    container.append(count: 1, RawContainer.woke("a", 1))
    try directory.write(container.bytes, to: "in.avro")
    try shell("kes-segment in.avro --output out --state state")
    let before = try directory.read("out")
    let purged = try run("kes-purge --state state --output out --as-of now")
    #expect(
      purged.status == 65 && purged.errors.contains("out: was written by an earlier run with"))
    #expect(try directory.read("out") == before)
    #expect(try run("kes-purge --state state --as-of now").lines.count == 1)
  }

  // MARK: Kills

  private func size(_ name: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: directory.path(name))
    return attributes?[.size] as? Int ?? 0
  }

  @Test func twentyKillsLeaveNoTrace() throws {
    try shell(
      faultyEvents.replacing("--devices 40", with: "--devices 300")
        + " --events 60000 --format avro --codec deflate --block-size 4KiB > in.avro")
    let rules = "--emit all --duplicates mark --retain 2s --lateness 1s"
    try shell("kes-segment in.avro --output expected --late-output expected-late \(rules)")
    let arguments =
      "in.avro --output out --late-output late --state state --commit-interval 1ms \(rules)"
      .split(separator: " ").map(String.init)
    var generator = SeededGenerator(seed: 9)
    var (kills, finished) = (0, 0)
    while kills < 20 && finished < 20 {
      let grown = size("out") + Int.random(in: 0...50_000, using: &generator)
      let running = try RunningProgram("kes-segment", arguments, directory: directory)
      // Killed where its output has come so far: a moment that can be seen.
      _ = running.waits { self.size("out") >= grown }
      running.send(SIGKILL)
      let ended = try running.finish()
      if ended.signal == SIGKILL { kills += 1 }
      if ended.status == 0 {
        // It came to the end before the kill: begin anew.
        finished += 1
        for name in ["state", "out", "late"] {
          try FileManager.default.removeItem(atPath: directory.path(name))
        }
      }
    }
    #expect(kills == 20)
    #expect(try Program.run("kes-segment", arguments, directory: directory).status == 0)
    for (name, expected) in [("out", "expected"), ("late", "expected-late")] {
      let shown = try shell("kes-read --format json \(name)")
      #expect(try shown.output == shell("kes-read --format json \(expected)").output)
      let output = try AvroFile(directory.read(name))
      #expect(output.ends.last == output.bytes.count)
    }
  }
}
