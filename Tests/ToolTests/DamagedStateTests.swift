// A state that was damaged is told of with status 65: no signal ends a tool for it.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct DamagedStateTests {
  private let directory: TemporaryDirectory
  private let page = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// A store of several hundred sessions, and with held records.
  init() throws {
    directory = try TemporaryDirectory()
    let made = try Program.run(
      "kes-segment",
      ["--state", "state", "--timeout", "1h", "--lateness", "1s", "--reorder", "--retain", "1h"],
      input: .text(EventLines.random(count: 4000, devices: 700, seed: 1)), directory: directory)
    try #require(made.status == 0)
  }

  private static let tools: [[String]] = [
    ["kes-read", "--state", "state"],
    ["kes-purge", "--state", "state", "--as-of", "now", "--dry-run"],
    ["kes-purge", "--state", "state", "--as-of", "now"],
    ["kes-segment", "--state", "state", "--lateness", "1s", "--reorder"],
  ]

  private func run(_ command: [String]) throws -> Finished {
    try Program.run(
      command[0], Array(command.dropFirst()),
      input: .text(EventLines.random(count: 300, devices: 700, seed: 2)), directory: directory)
  }

  private static func garbage(_ count: Int, seed: UInt64 = 1) -> Data {
    var generator = SeededGenerator(seed: seed)
    return Data((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  @Test(arguments: [
    "cut to half", "cut to the first page", "cut to a few bytes", "garbage", "garbage at first",
    "garbage behind the first page", "text", "another version", "a commit without the one before",
  ])
  func isToldWithWhatToDo(damage: String) throws {
    let whole = try directory.read("state/data.mdb")
    var damaged = whole
    switch damage {
    case "cut to half": damaged = whole.prefix(whole.count / 2)
    case "cut to the first page": damaged = whole.prefix(page)
    case "cut to a few bytes": damaged = whole.prefix(100)
    case "garbage": damaged = Self.garbage(whole.count)
    case "garbage at first": damaged.replaceSubrange(0..<page, with: Self.garbage(page))
    case "garbage behind the first page":
      damaged.replaceSubrange(page..<(2 * page), with: Self.garbage(page))
    case "text": damaged = Data("This is not a database.\n".utf8)
    case "another version": damaged[20] = 2
    default: damaged[151] = 0xBF
    }
    try directory.write(damaged, to: "state/data.mdb")
    for tool in Self.tools {
      let finished = try run(tool)
      #expect(finished.status == 65, "\(tool) \(finished.errors)")
      #expect(finished.text == "")
      #expect(finished.errors.hasPrefix("\(tool[0]): state: the state is damaged: "))
      #expect(finished.errors.hasSuffix("; restore it from a copy, or start with a new one\n"))
      #expect(try directory.read("state/data.mdb") == damaged)
    }
    try directory.write(whole, to: "state/data.mdb")
    for tool in Self.tools { #expect(try run(tool).status == 0, "\(tool)") }
  }

  /// As LMDB sees it: whoever made the file came no further.
  @Test func anEmptyFileIsANewStoreForWhoMakesStores() throws {
    try directory.write("", to: "state/data.mdb")
    for tool in Self.tools.dropLast() {
      let finished = try run(tool)
      #expect(finished.status == 66)
      #expect(finished.errors == "\(tool[0]): state: there is no state here\n")
    }
    #expect(try directory.read("state/data.mdb").isEmpty)
    #expect(try run(Self.tools[3]).status == 0)
    #expect(try run(Self.tools[0]).lines.count > 10)
  }

  /// Much of a file is not in use, and values have no check: what is not noticed does no harm.
  @Test(arguments: TestSeeds.each(0...15))
  func whateverWasOverwrittenNoSignalEndsATool(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var damaged = try directory.read("state/data.mdb")
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let start = Int.random(in: 0..<(damaged.count / page), using: &generator) * page
      let length = [1, 4, 16, page].randomElement(using: &generator) ?? page
      // The heads of pages are where it hurts.
      let place = start + Int.random(in: 0...min(40, page - length), using: &generator)
      damaged.replaceSubrange(
        place..<(place + length), with: Self.garbage(length, seed: generator.next()))
    }
    for tool in Self.tools {
      try directory.write(damaged, to: "state/data.mdb")
      let finished = try run(tool)
      #expect(finished.status == 0 || finished.status == 65, "\(tool) \(finished)")
    }
  }
}
