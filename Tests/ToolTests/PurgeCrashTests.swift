// kes-purge, killed at any moment: no session leaves the store unwritten.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct PurgeCrashTests {
  /// Enough for several portions.
  private static let sessions = 40_000

  private static func store() throws -> PurgeableStore {
    try PurgeableStore(
      (0..<sessions).map { ("device-\($0 * 7919 % sessions)", $0) },
      options: ["--timeout", "1h"])
  }

  /// The devices in the complete lines of `data`.
  private static func devices(_ data: Data) -> [String] {
    let complete = data.prefix(upTo: data.lastIndex(of: UInt8(ascii: "\n")) ?? data.startIndex)
    return String(decoding: complete, as: UTF8.self).split(separator: "\n")
      .map { device(of: String($0)) }
  }

  private static func size(_ path: String) -> Int {
    (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
  }

  /// Starts a purge and kills it once its output is so long, unless it ends before. Returns whether
  /// it was killed.
  private static func killed(
    _ store: PurgeableStore, _ options: String, output: String, at length: Int
  ) throws -> Bool {
    let running = try RunningProgram(
      path: "/bin/bash", ["-c", "exec kes-purge --state state --as-of now -q \(options)"],
      input: .empty, environment: [:], directory: store.directory)
    _ = running.waits { size(output) >= length }
    running.send(SIGKILL)
    return try running.finish().signal == SIGKILL
  }

  @Test func everySessionIsWrittenBeforeItLeavesTheStore() throws {
    let store = try Self.store()
    var written: Set<String> = []
    var kills = 0
    for run in 0..<10 {
      let path = store.directory.path("out-\(run)")
      if try Self.killed(
        store, "> out-\(run)", output: path, at: Int.random(in: 0...5_000_000))
      {
        kills += 1
      }
      written.formUnion(Self.devices(try store.directory.read("out-\(run)")))
      let left = try store.devices()
      #expect(written.union(left).count == Self.sessions)
    }
    #expect(kills > 0)
    let last = try store.purge(["--as-of", "now"])
    #expect(last.status == 0)
    written.formUnion(Self.devices(last.output))
    #expect(written.count == Self.sessions)
    #expect(try store.devices().isEmpty)
  }

  @Test func aNamedOutputEndsAsIfNothingHadHappened() throws {
    let store = try Self.store()
    let expected = try store.purge(["--as-of", "now", "--dry-run"]).output
    var kills = 0
    for _ in 0..<10 {
      let length = Int.random(in: 0...expected.count)
      if try Self.killed(
        store, "--output out", output: store.directory.path("out"), at: length)
      {
        kills += 1
      }
    }
    #expect(kills > 0)
    let last = try store.purge(["--as-of", "now", "--output", "out"])
    #expect(last.status == 0)
    #expect(try store.directory.read("out") == expected)
    #expect(try store.devices().isEmpty)
  }

  @Test func stopsBetweenTwoPortionsOnASignal() throws {
    let store = try Self.store()
    // The pipe is full and nobody reads: the purge waits inside its first portion.
    let pipe = try PrivatePipe()
    let running = try RunningProgram(
      path: "/bin/bash",
      ["-c", "exec kes-purge --state state --as-of now > /dev/fd/0"], input: .empty,
      environment: [:], directory: store.directory,
      standardInput: pipe.writing)
    try pipe.close()
    var output = try #require(try pipe.reading.read(upToCount: 1))
    running.send(SIGTERM)
    output += try pipe.reading.readToEnd() ?? Data()
    let ended = try running.finish()
    #expect(ended.signal == SIGTERM)
    let written = Self.devices(output)
    #expect(written.count > 0 && written.count < Self.sessions)
    #expect(ended.errors.contains("\(written.count) sessions purged"))
    #expect(try store.devices().count == Self.sessions - written.count)
  }
}
