// A disk without room is told of with status 73 or 74: no signal ends a tool for it, and nothing is
// lost.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn, .enabled(if: SmallDisk.isMountable, SmallDisk.isNeeded))
struct FullDiskTests {
  private static let noRoom = "No space left on device"
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func run(_ script: String, pages: Int = 1024) throws -> Finished {
    try SmallDisk.run(script, pages: pages, in: directory)
  }

  private let segment =
    "status kes-segment in.jsonl --output out.jsonl --state disk/st --emit all --timeout 1h"

  /// What a run with room and without a state writes.
  private func expected() throws -> Data {
    let undisturbed = try Program.run(
      "kes-segment", ["in.jsonl", "--emit", "all", "--timeout", "1h"], directory: directory)
    try #require(undisturbed.status == 0)
    return undisturbed.output
  }

  @Test func aNewStateIsNotMadeAndWithRoomTheSameCommandGoesOn() throws {
    try directory.write(
      EventLines.random(count: 1000, devices: 400, seed: 1), to: "in.jsonl")
    let expected = try expected()
    var seen: Set<Int> = []
    for pages in 0...24 {
      let ended = try run("fill \(pages)\n\(segment)\n\(segment)\nrm disk/fill\n\(segment)")
      let statuses = ended.statuses
      #expect(ended.status == 0 && statuses.count == 3 && statuses.last == 0, "\(pages): \(ended)")
      // The state is made, then the run's first commit; nothing of a store that could not be made
      // passes for one.
      #expect(statuses[0] == statuses[1], "\(pages): \(ended)")
      let lines = ended.errors.split(separator: "\n")
      #expect(lines.count == (statuses[0] == 0 ? 0 : 2))
      for line in lines {
        let start = statuses[0] == 73 ? "cannot open the state: " : "the state cannot be used: "
        #expect(line.hasPrefix("kes-segment: disk/st: " + start), "\(pages): \(line)")
        #expect(line.contains(Self.noRoom), "\(pages): \(line)")
      }
      #expect(try directory.read("out.jsonl") == expected)
      seen.insert(statuses[0])
      try FileManager.default.removeItem(atPath: directory.path("out.jsonl"))
    }
    #expect(seen == [0, 73, 74])
  }

  /// The tools that open a state, those that only look at it first.
  private static let tools = [
    "kes-read --state disk/st", "kes-purge --state disk/st --as-of now --dry-run",
    "kes-segment --state disk/st /dev/null", "kes-purge --state disk/st --as-of now",
  ]

  /// A state of several hundred sessions in `state`.
  private func makeState() throws {
    let made = try Program.run(
      "kes-segment", ["--state", "state", "--timeout", "1h"],
      input: .text(EventLines.random(count: 2000, devices: 500, seed: 2)), directory: directory)
    try #require(made.status == 0)
  }

  @Test(arguments: [
    "rm disk/st/lock.mdb", "truncate -s 0 disk/st/lock.mdb", "truncate -s 100 disk/st/lock.mdb",
    "rm disk/st/lock.mdb; truncate -s 8192 disk/st/lock.mdb", "rm disk/st/{lock.mdb,kes.lock}",
  ])
  func aStateWhoseLockFileHasNoBlocksIsNotOpened(loss: String) throws {
    try makeState()
    let commands = Self.tools.map { "status " + $0 }.joined(separator: " > /dev/null\n")
    let ended = try run("cp -r state disk/st\n\(loss)\nfill 0\n\(commands)")
    #expect(ended.statuses == [74, 74, 74, 74], "\(ended)")
    let lines = ended.errors.split(separator: "\n")
    for (line, tool) in zip(lines, ["kes-read", "kes-purge", "kes-segment", "kes-purge"]) {
      #expect(
        line.hasPrefix(
          "\(tool): disk/st: the state cannot be used: making lock.mdb: \(Self.noRoom); see"),
        "\(line)")
    }
    let withRoom = try run(
      "cp -r state disk/st\n\(loss)\nfill 0\n\(commands)\nrm disk/fill\n\(commands)")
    #expect(withRoom.statuses.suffix(4) == [0, 0, 0, 0], "\(withRoom)")
  }

  @Test(arguments: [":", "cp --sparse=always state/lock.mdb disk/st"])
  func aWholeStateIsReadOnAFullDisk(change: String) throws {
    try makeState()
    let ended = try run(
      """
      cp -r state disk/st; \(change); fill 0
      kes-read --state disk/st --format csv > full; status true
      \(Self.tools.map { "status " + $0 + " > /dev/null" }.joined(separator: "\n"))
      """)
    #expect(ended.statuses.prefix(3) == [0, 0, 0], "\(ended)")
    // What has to be written may find no room, and says so.
    for status in ended.statuses.dropFirst(3) { #expect([0, 74].contains(status), "\(ended)") }
    let whole = try Program.run(
      "kes-read", ["--state", "state", "--format", "csv"], directory: directory)
    #expect(whole.lines.count > 100)
    #expect(try directory.read("full") == whole.output)
  }

  @Test func aStoreThatFillsEndsTheRunAndNothingIsLost() throws {
    try directory.write(
      EventLines.random(count: 60_000, devices: 20_000, seed: 3), to: "in.jsonl")
    let ended = try run(
      """
      fill 200
      \(segment) --commit-interval 1ms
      kes-read --state disk/st --format csv | wc -l
      rm disk/fill
      \(segment) --commit-interval 1ms
      """, pages: 8192)
    #expect(ended.statuses == [74, 0], "\(ended)")
    #expect(ended.errors.contains("kes-segment: disk/st: the state cannot be used: committing: "))
    #expect(ended.errors.contains(Self.noRoom + "; see whether the disk is full"), "\(ended)")
    // Something was committed before: that is what the second run goes on from.
    #expect(ended.lines.contains { (Int($0) ?? 0) > 100 }, "\(ended)")
    #expect(try directory.read("out.jsonl") == expected())
  }

  @Test func anOutputThatFindsNoRoomIsWrittenOnByTheNextRun() throws {
    try directory.write(
      EventLines.random(count: 20_000, devices: 200, seed: 4), to: "in.jsonl")
    let command =
      "status kes-segment in.jsonl --output disk/out.jsonl --state state --emit all --timeout 1h"
    let ended = try run(
      "fill 100\n\(command)\nrm disk/fill\n\(command)\ncp disk/out.jsonl .", pages: 4096)
    #expect(ended.statuses == [74, 0], "\(ended)")
    #expect(ended.errors.contains("disk/out.jsonl: "), "\(ended)")
    #expect(ended.errors.contains(Self.noRoom), "\(ended)")
    #expect(try directory.read("out.jsonl") == expected())
  }

  /// tmpfs gives a page to a hole that is read through a map, and SIGBUS where it has none.
  @Test func aCopyWithHolesIsNotRead() throws {
    let schema = eventSchema(with: #"{"name":"zeros","type":"bytes"}"#)
    var container = RawContainer(schema: schema)
    let size = 1 << 17
    container.append(
      count: 1,
      RawContainer.woke("a", 1000) + RawContainer.long(Int64(size)) + Data(count: size))
    let options = ["--timeout", "1h", "--reorder", "--lateness", "1h"]
    let pipe = try PrivatePipe()
    let held = try RunningProgram(
      path: Program.path("kes-segment"), options + ["--state", "state", "--stats=0.01"],
      input: .empty, environment: [:], directory: directory, standardInput: pipe.reading)
    try pipe.writing.write(contentsOf: container.bytes)
    #expect(held.waits { held.errorsSoFar.contains("\"held\":1") })
    held.send(SIGTERM)
    try #require(try held.finish().signal == SIGTERM)
    let command = (["status kes-segment"] + options).joined(separator: " ")
    let ended = try run(
      """
      cp -r --sparse=always state disk/st
      fill 0
      \(command) --state disk/st /dev/null > /dev/null
      rm disk/fill
      \(command) --state disk/st /dev/null > /dev/null
      """)
    #expect(ended.statuses == [74, 0], "\(ended)")
    #expect(
      ended.errors.hasPrefix(
        "kes-segment: disk/st: the state cannot be used: reading data.mdb: \(Self.noRoom); see"),
      "\(ended)")
  }
}

/// A limit of file sizes stands for a disk where none can be mounted, and for a quota.
@Suite(.threadsOfTheirOwn) struct FileLimitTests {
  @Test(arguments: [
    ("--state state", "kes-segment: state: the state cannot be used: committing: File too large; "),
    ("--output out.jsonl", "kes-segment: out.jsonl: "),
  ])
  func isToldAsAFullDiskIs(options: String, message: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(EventLines.random(count: 4000, devices: 3000, seed: 1), to: "in.jsonl")
    let command = "kes-segment in.jsonl --timeout 1h \(options) > /dev/null"
    let ended = try Program.shell("ulimit -f 64; \(command)", directory: directory)
    #expect(ended.status == 74, "\(ended)")
    #expect(ended.errors.hasPrefix(message), "\(ended.errors)")
    #expect(ended.errors.contains("File too large"), "\(ended.errors)")
    #expect(try Program.shell(command, directory: directory).status == 0)
  }
}
