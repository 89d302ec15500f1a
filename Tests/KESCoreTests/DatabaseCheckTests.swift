// What LMDB writes is found sound, whatever was done; what was damaged is reported or unused.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct DatabaseCheckTests {
  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private var file: URL { URL(fileURLWithPath: directory.path + "/" + DatabaseFile.name) }

  /// Opening looks at every page that is in use.
  private func open() throws -> Database {
    try Database(directory: directory.path, access: .readWrite, mapSize: 64 << 20)
  }

  private static func key(_ number: Int) -> [UInt8] {
    Array("\(number)".utf8) + [UInt8](repeating: 0x6B, count: number % 150 * 3)
  }

  private static func value(_ length: Int) -> [UInt8] { [UInt8](repeating: 0x76, count: length) }

  private func put(_ numbers: Range<Int>, length: Int, in database: Database) throws {
    try database.write { transaction throws(Failure) in
      for number in numbers {
        for table in Table.allCases {
          try transaction.put(Self.key(number).span, Self.value(length).span, in: table)
        }
      }
    }
  }

  private func remove(_ numbers: Range<Int>, from database: Database) throws {
    try database.write { transaction throws(Failure) in
      for number in numbers {
        for table in Table.allCases {
          try transaction.remove(Self.key(number).span, from: table)
        }
      }
    }
  }

  /// One transaction of random changes: values of all lengths, also on pages of their own.
  private func change(_ database: Database, _ generator: inout SeededGenerator) throws {
    let greatest = [40, 1500, 30_000].randomElement(using: &generator) ?? 40
    let count = Int.random(in: 0...120, using: &generator)
    var changes: [(table: Table, number: Int, length: Int?)] = []
    for _ in 0..<count {
      let table = Table.allCases.randomElement(using: &generator) ?? .held
      let length = generator.chance(55) ? nil : Int.random(in: 0...greatest, using: &generator)
      changes.append((table, Int.random(in: 0..<150, using: &generator), length))
    }
    try database.write { transaction throws(Failure) in
      for (table, number, length) in changes {
        if let length {
          try transaction.put(Self.key(number).span, Self.value(length).span, in: table)
        } else {
          try transaction.remove(Self.key(number).span, from: table)
        }
      }
    }
  }

  @Test(arguments: TestSeeds.each(0...7))
  func whatWasCommittedIsSound(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<40 {
      let database = try open()
      for _ in 0..<Int.random(in: 1...8, using: &generator) { try change(database, &generator) }
    }
    try remove(0..<150, from: try open())
    #expect(try contents().isEmpty)
  }

  @Test func largeTablesAndManyFreePagesAreSound() throws {
    try put(0..<4000, length: 100, in: try open())
    try remove(200..<3900, from: try open())
    try remove(0..<100, from: try open())
    #expect(try contents().count == 200 * Table.allCases.count)
  }

  /// So the size of the file alone tells nothing (`mm_last_pg` in LMDB's mdb.c).
  @Test func theFileMayEndBeforeTheLastPageWhereThatIsFree() throws {
    do {
      let database = try open()
      for _ in 0..<5 { try put(0..<20, length: 1500, in: database) }
      try database.write { transaction throws(Failure) in
        try transaction.put(Self.key(0).span, Self.value(1500).span, in: .held)
        try transaction.put(Self.key(99).span, Self.value(1 << 20).span, in: .held)
        try transaction.remove(Self.key(99).span, from: .held)
      }
    }
    let size = try Data(contentsOf: file).count
    #expect(size < Int(try lastPage() + 1) * Self.pageSize)
    #expect(try contents().count == 20 * Table.allCases.count)
  }

  /// What the later of the two meta pages calls the last page.
  private func lastPage() throws -> UInt64 {
    let bytes = try Data(contentsOf: file)
    let metas = [0, Self.pageSize].map { offset in
      var block = ByteBlock()
      for byte in bytes[offset..<(offset + DatabaseMeta.size)] { block.append(byte) }
      return DatabaseMeta(block)
    }
    return metas.max { $0.transaction < $1.transaction }?.lastPage ?? 0
  }

  // MARK: Damage

  /// All entries, with the lengths of their values: those have no check. Keys begin with a digit.
  private func contents() throws -> [String] {
    let database = try open()
    var entries: [String] = []
    for table in Table.allCases {
      try database.read { transaction throws(Failure) in
        for digit in UInt8(ascii: "0")...UInt8(ascii: "9") {
          try transaction.forEach(prefix: [digit].span, in: table) { key, value in
            entries.append("\(table.name) \(String(decodingBytes: key)) \(value.count)")
          }
        }
      }
    }
    return entries
  }

  /// Entries on several levels of pages and on pages of their own, and free pages.
  private func makeDatabase() throws {
    let database = try open()
    try put(0..<60, length: 20, in: database)
    try remove(0..<20, from: database)
    try put(60..<70, length: 9000, in: database)
  }

  /// Whether the database is refused as damaged; else it must hold what it held.
  private func isRefused(expecting entries: [String]) throws -> Bool {
    do {
      #expect(try contents() == entries)
      return false
    } catch let failure as Failure where failure.kind == .badData {
      return true
    }
  }

  @Test(arguments: ["zeros", "ones", "another page", "cut off"])
  func aPageThatWasLostIsReportedOrUnused(damage: String) throws {
    try makeDatabase()
    let whole = try Data(contentsOf: file)
    let entries = try contents()
    let pages = whole.count / Self.pageSize
    var refused = 0
    for page in 0..<pages {
      let range = (page * Self.pageSize)..<((page + 1) * Self.pageSize)
      var damaged = whole
      switch damage {
      case "zeros": damaged.resetBytes(in: range)
      case "ones": damaged.replaceSubrange(range, with: Data(repeating: 0xFF, count: range.count))
      case "another page":
        let other = (page + 1) % pages * Self.pageSize
        damaged.replaceSubrange(range, with: whole[other..<(other + Self.pageSize)])
      default: damaged = whole.prefix(range.lowerBound + 1)
      }
      try damaged.write(to: file)
      if try isRefused(expecting: entries) { refused += 1 }
    }
    #expect(refused > pages / 3, "\(refused) of \(pages)")
  }
}
