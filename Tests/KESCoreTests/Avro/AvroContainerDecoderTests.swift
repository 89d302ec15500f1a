// Container files in pieces: every cut gives the same, every record is a place to go on from.

import Testing

@testable import KESCore

@Suite struct AvroContainerDecoderTests {
  private typealias Make = TestContainer

  /// Two containers, one behind the other, with blocks of some and of no records.
  private static func input(_ codec: AvroCodec) -> [UInt8] {
    let other = Array(repeating: UInt8(9), count: 16)
    let first =
      Make.header(codec: codec)
      + Make.block([Make.woke("a", 1), Make.received("b", 2, "temperature", 0.25)], codec: codec)
      + Make.block([], codec: .null)
      + Make.block([Make.sent("a", -1)], codec: codec)
    let second =
      Make.header([("some.key", "x"), ("avro.schema", AvroSchema.event.text)], sync: other)
      + Make.block([Make.woke("c", .max), Make.woke("d", .min), Make.woke("é", 0)], sync: other)
    return first + second
  }

  private func pieces(of size: Int, _ bytes: [UInt8]) -> [Int] {
    Array(repeating: size, count: bytes.count / size + 1)
  }

  // MARK: Cuts

  @Test(arguments: AvroCodec.allCases)
  func everyCutOfTheInputGivesTheSameRecords(codec: AvroCodec) {
    var input = AvroContainerDecoderTests.input(codec)
    // A block of no records has no data in the null codec alone.
    if codec != .null { input = input.replacing(Make.block([]), with: [], maxReplacements: 1) }
    var driver = ContainerDriver()
    let whole = driver.decode(input)
    #expect(whole.outline == ["a", "b", "a", "c", "d", "é"])
    #expect(whole.records.map(\.position) == [0, 1, 2, 3, 4, 5])
    #expect(whole.records.map(\.time) == [1, 2, -1, .max, .min, 0])
    for first in 0...input.count {
      let found = driver.decode(input, pieces: [first])
      #expect(found.difference(from: whole) == nil, "cut at \(first)")
    }
    for size in 1...40 {
      driver.givesToDecoder = size % 2 == 0
      let found = driver.decode(input, pieces: pieces(of: size, input))
      #expect(found.difference(from: whole) == nil, "pieces of \(size)")
    }
  }

  /// A record with a flaw, a block that cannot be followed, one with the wrong marker, one that is
  /// cut short, and what is no block.
  private static func damagedInput() -> [UInt8] {
    let good = TestAvroEncoder.encode(Make.woke("g", 1), as: .event)
    let other = Array(repeating: UInt8(9), count: 16)
    let flawed = [2, 0xFF] + good.dropFirst(2)
    return Make.header()
      + Make.block(3, good + flawed + good)
      + Make.block(4, good + [2] + [97] + [0, 100, 0])
      + Make.block([Make.woke("lost", 1)], sync: other)
      // Up to the next marker.
      + Make.block([Make.woke("lost", 1)])
      + Make.block([Make.woke("h", 1)])
      + [1, 2, 3] + Make.block([Make.woke("lost", 1)])
      + Make.block([Make.woke("i", 1)])
      + Make.block(2, good + good).dropLast(20)
  }

  private static let damagedOutline = [
    "g", "invalidUTF8 1", "g", "g", "badBranch 3", "wrongSync 1", "h", "badBlock 1", "i",
    "truncated 2",
  ]

  @Test func everyCutOfADamagedInputGivesTheSameRejections() {
    let input = AvroContainerDecoderTests.damagedInput()
    var driver = ContainerDriver()
    let whole = driver.decode(input)
    #expect(whole.outline == AvroContainerDecoderTests.damagedOutline)
    for first in 0...input.count {
      let found = driver.decode(input, pieces: [first])
      #expect(found.difference(from: whole) == nil, "cut at \(first)")
    }
    for size in 1...40 {
      driver.givesToDecoder = size % 2 == 0
      let found = driver.decode(input, pieces: pieces(of: size, input))
      #expect(found.difference(from: whole) == nil, "pieces of \(size)")
    }
  }

  @Test func theLedgerCloses() {
    for input in [
      AvroContainerDecoderTests.input(.deflate), AvroContainerDecoderTests.damagedInput(),
      Array("Obj\u{1}nothing".utf8), Array("no container".utf8),
    ] {
      let found = ContainerDriver().decode(input)
      let rejected = found.rejections.reduce(0) { $0 + Int64($1.count) }
      #expect(found.position == Int64(found.records.count) + rejected)
      var next: Int64 = 0
      var rest = found.rejections[...]
      for index in 0...found.records.count {
        while let first = rest.first, first.place == index {
          #expect(first.position == next)
          next += Int64(first.count)
          rest = rest.dropFirst()
        }
        if index < found.records.count {
          #expect(found.records[index].position == next)
          next += 1
        }
      }
    }
  }

  // MARK: Going on

  @Test(arguments: 0..<3)
  func everyRecordIsAPlaceToGoOnFrom(number: Int) {
    let input = [
      AvroContainerDecoderTests.input(.null),
      AvroContainerDecoderTests.input(.deflate).replacing(Make.block([]), with: []),
      AvroContainerDecoderTests.damagedInput(),
    ][number]
    let whole = ContainerDriver().decode(input)
    for count in 0...whole.position {
      var driver = ContainerDriver()
      driver.greatestCount = count
      let first = driver.decode(input)
      // A rejection that stands for several records is told of at once.
      #expect(first.position >= count)
      // No positions are kept there.
      if first.isInsideRecord { continue }
      for pieces in [[], [1, 1, 1], [7]] {
        var both = first
        let second = ContainerDriver().decode(
          input, pieces: pieces, resumed: first.place, position: first.position)
        both.append(second)
        #expect(both.difference(from: whole) == nil, "after \(count)")
      }
    }
  }

  @Test func aLimitStopsBetweenRecords() {
    let input = AvroContainerDecoderTests.input(.null)
    let whole = ContainerDriver().decode(input)
    for count in 0...7 {
      var driver = ContainerDriver()
      driver.greatestCount = Int64(count)
      let found = driver.decode(input)
      #expect(found.records == Array(whole.records.prefix(count)))
      #expect(found.rejections.isEmpty)
    }
  }

  @Test func memoryIsBoundedByTheBlock() {
    let record = Make.received("device", 1, String(repeating: "n", count: 100))
    let block = Make.block(Array(repeating: record, count: 500))
    let input = Make.header() + (0..<20).flatMap { _ in block }
    let piece = 10_000
    let found = ContainerDriver().decode(input, pieces: pieces(of: piece, input))
    #expect(found.records.count == 10_000)
    #expect(found.greatestWait <= block.count + piece)
    #expect(found.greatestBatch <= 128 * 1024 + block.count)
    #expect(ContainerDriver().decode(input) == found)
  }
}
