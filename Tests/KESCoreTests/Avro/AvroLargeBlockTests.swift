// Blocks that are decoded in slices: large in the file, or large when they are expanded.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroLargeBlockTests {
  private typealias Make = TestContainer

  /// What a block has besides good records.
  enum Content: CaseIterable {
    case good, flaw, fault, tooFew, leftOver

    /// Where it stands.
    static let place = 1000
    static let count = 1100
  }

  private static let plainInputs = inputs(.null)
  private static let compressedInputs = inputs(.deflate)

  private static func inputs(_ codec: AvroCodec) -> [Content: [UInt8]] {
    Dictionary(uniqueKeysWithValues: Content.allCases.map { ($0, input(codec, $0)) })
  }

  /// A block of 1.1 MB, compressed or not, and one of a record before and behind it.
  private static func input(_ codec: AvroCodec, _ content: Content) -> [UInt8] {
    let name = String(repeating: "n", count: 1000)
    var data: [UInt8] = []
    for number in 0..<Content.count {
      let record = Make.received("d\(number % 10)", Int64(number), name)
      var bytes = TestAvroEncoder.encode(record, as: .event)
      if number == Content.place && content == .flaw { bytes[1] = 0xFF }
      let branch = 3 + TestAvroEncoder.long(Int64(number)).count
      if number == Content.place && content == .fault { bytes[branch] = 8 }
      data += bytes
    }
    if content == .leftOver { data += [1, 2, 3] }
    let count = Content.count + (content == .tooFew ? 5 : 0)
    return Make.header(codec: codec) + Make.block([Make.woke("before", 1)], codec: codec)
      + Make.block(count, data, codec: codec) + Make.block([Make.woke("after", 1)], codec: codec)
  }

  /// What is rejected, and how many records came before.
  private static func rejected(_ content: Content) -> (Fault, UInt32, place: Int)? {
    switch content {
    case .good: nil
    case .flaw: (.invalidUTF8, 1, Content.place + 1)
    case .fault: (.badBranch, UInt32(Content.count - Content.place), Content.place + 1)
    case .tooFew: (.truncated, 5, Content.count + 1)
    case .leftOver: (.leftOver, 1, Content.count + 1)
    }
  }

  /// How a block is read: as it is, expanded, or resolved into another schema.
  enum Reading: CaseIterable {
    case plain, expanded, resolved

    var inputs: [Content: [UInt8]] {
      self == .expanded
        ? AvroLargeBlockTests.compressedInputs : AvroLargeBlockTests.plainInputs
    }
  }

  @Test(arguments: Reading.allCases, Content.allCases)
  func slicesOfABlockAreItsRecordsInTheirOrder(reading: Reading, content: Content) throws {
    let input = try #require(reading.inputs[content])
    let found = try driver(reading).decode(input, pieces: pieces(of: 100_000, input))
    let rejected = AvroLargeBlockTests.rejected(content)
    let lost = Int64(rejected?.1 ?? 0)
    #expect(found.rejections.map(\.fault) == (rejected.map { [$0.0] } ?? []))
    #expect(found.rejections.map(\.count) == (rejected.map { [$0.1] } ?? []))
    #expect(found.rejections.map(\.place) == (rejected.map { [$0.place] } ?? []))
    #expect(found.records.count == Int(found.position - lost))
    #expect(found.records.last?.position == found.position - 1)
    #expect(found.records.first?.key == "before" && found.records.last?.key == "after")
    var number: Int64 = 0
    for record in found.records.dropFirst().dropLast() {
      if content == .flaw && number == Content.place { number += 1 }
      if record.time != number || record.position != number + 1 { break }
      number += 1
    }
    #expect(number == (content == .fault ? Content.place : Content.count))
    // What is handed out at a time is bounded.
    #expect(found.greatestBatch < 1 << 19)
    let other = try driver(reading).decode(input, pieces: pieces(of: 333_333, input))
    #expect(other.difference(from: found) == nil)
  }

  private func driver(_ reading: Reading) throws -> ContainerDriver {
    var driver = ContainerDriver()
    driver.keepsBytes = false
    if reading == .resolved { driver.target = try AvroLargeBlockTests.target(driver.schemas) }
    return driver
  }

  /// Events with one more field, in front, that has a default.
  private static func target(
    _ schemas: AvroSchemaTable, default text: String = "here"
  ) throws -> AvroTarget {
    let field = #"{"name":"site","type":"string","default":"\#(text)"},{"name":"device""#
    let target = AvroTarget(schemas: schemas)
    target.fix(
      try AvroSchema(
        parsing: AvroSchema.event.text.replacing(#"{"name":"device""#, with: field)))
    return target
  }

  private func pieces(of size: Int, _ bytes: [UInt8]) -> [Int] {
    Array(repeating: size, count: bytes.count / size + 1)
  }

  @Test(arguments: Reading.allCases, [Content.flaw, .tooFew])
  func recordsOfALargeBlockArePlacesToGoOnFrom(reading: Reading, content: Content) throws {
    let input = try #require(reading.inputs[content])
    let whole = try driver(reading).decode(input)
    var generator = SeededGenerator(seed: 7)
    let place = Int64(Content.place)
    var counts = [1, 2] + (place...place + 3) + [whole.position - 1, whole.position]
    for _ in 0..<4 { counts.append(Int64.random(in: 0..<whole.position, using: &generator)) }
    for count in counts {
      var limited = try driver(reading)
      limited.greatestCount = count
      var both = limited.decode(input)
      #expect(both.position >= count)
      let rest = try driver(reading).decode(input, resumed: both.place, position: both.position)
      both.append(rest)
      #expect(both.difference(from: whole) == nil, "after \(count)")
    }
  }

  @Test(arguments: Reading.allCases, [Content.flaw, .fault, .tooFew, .leftOver])
  func withoutSkippingASliceEndsBeforeTheFault(reading: Reading, content: Content) throws {
    let input = try #require(reading.inputs[content])
    let whole = try driver(reading).decode(input)
    var limited = try driver(reading)
    limited.stopsAtRejection = true
    var both = limited.decode(input)
    let place = AvroLargeBlockTests.rejected(content)?.place ?? 0
    #expect(both.records.count == place && both.position == Int64(place))
    #expect(both.rejections.count == 1)
    both.rejections = []
    both.append(try driver(reading).decode(input, resumed: both.place, position: both.position))
    #expect(both.difference(from: whole) == nil)
  }

  @Test func whatDefaultsMakeOfABlockIsHandedOutInSlices() throws {
    var driver = ContainerDriver()
    driver.keepsBytes = false
    driver.target = try AvroLargeBlockTests.target(
      driver.schemas, default: String(repeating: "x", count: 100_000))
    let records = (0..<100).map { Make.woke("d", $0) }
    let found = driver.decode(Make.header() + Make.block(records))
    #expect(found.records.map(\.time) == Array(0..<100))
    // 10 MB altogether.
    #expect(found.greatestBatch < 1 << 19)
  }
}
