// The binary encoding at its edges: every length, every first byte, counts, sizes, depth.

import Testing

@testable import KESCore

@Suite struct AvroReaderTests {
  /// What one method of the reader makes of bytes that fill their allocation.
  private struct Reading: Equatable {
    var end: Int
    var value: Int64 = 0
    var fault: Fault?
    var offset: Int?
    var flaw: AvroFlaw?

    init(_ bytes: [UInt8], from start: Int = 0, _ read: (inout AvroReader, Span<UInt8>, Int) -> Int)
    {
      var reader = AvroReader()
      end = withTightSpan(bytes) { read(&reader, $0, start) }
      if end < 0 {
        (fault, offset) = (reader.fault, reader.faultOffset)
      } else {
        value = reader.value
      }
      flaw = reader.flaw
    }
  }

  private func long(_ bytes: [UInt8], from start: Int = 0) -> Reading {
    Reading(bytes, from: start) { $0.long($1, $2) }
  }

  private func skip(_ type: String, _ bytes: [UInt8]) throws -> Reading {
    let layout = AvroLayout(try AvroSchema(parsing: type))
    return Reading(bytes) { $0.skip(layout.root, of: layout, $1, $2) }
  }

  // MARK: Longs and ints

  /// The longs at which the encoding becomes a byte longer, and those next to them.
  private static let edges: [Int64] = (0..<64).flatMap { shift -> [Int64] in
    let power = Int64(bitPattern: 1 << shift)
    return [power, power &- 1, power &+ 1, 0 &- power, ~power]
  }

  @Test func everyLengthOfLongIsReadWhereverItStands() {
    for value in AvroReaderTests.edges {
      let encoded = TestAvroEncoder.long(value)
      // With so much behind it that a whole word is there, and with less.
      for behind in 0...9 {
        for before in 0...2 {
          let bytes =
            Array(repeating: 0xFF, count: before) + encoded
            + Array(repeating: 0xFF, count: behind)
          let found = long(bytes, from: before)
          #expect(found.value == value && found.end == before + encoded.count, "\(value)")
        }
      }
    }
  }

  @Test func everyCutOfALongIsTruncated() {
    for value in AvroReaderTests.edges {
      let encoded = TestAvroEncoder.long(value)
      for length in 0..<encoded.count {
        let found = long([7] + encoded[..<length], from: 1)
        #expect(found.fault == .truncated && found.offset == 1, "\(value) cut at \(length)")
      }
    }
  }

  @Test func theTenthByteOfALongHoldsOneBit() {
    let nine: [UInt8] = Array(repeating: 0xFF, count: 9)
    for last in 0...255 as ClosedRange<UInt8> {
      for behind in 0...9 {
        let found = long(nine + [last] + Array(repeating: 0, count: behind))
        if last <= 1 {
          #expect(found.end == 10 && found.value == (last == 1 ? .min : 0 &- (1 << 62)), "\(last)")
        } else {
          #expect(found.fault == .badLong && found.offset == 0, "\(last)")
        }
      }
    }
  }

  @Test func whatIsLongerThanItNeedsToBeIsRead() {
    // libavro reads it, and nothing in the spec forbids it.
    for length in 1...10 {
      let bytes: [UInt8] = [0x82] + Array(repeating: 0x80, count: length - 1) + [0]
      let found = long(bytes)
      if length < 10 {
        #expect(found.end == length + 1 && found.value == 1, "\(length)")
      } else {
        #expect(found.fault == .badLong)
      }
    }
  }

  @Test func allLongsOfOneAndTwoBytesAreRead() {
    for first in 0...255 as ClosedRange<UInt8> {
      for second in 0...127 as ClosedRange<UInt8> {
        let bits = first < 0x80 ? UInt64(first) : UInt64(first & 0x7F) | UInt64(second) << 7
        let value = Int64(bits / 2)
        let expected = bits % 2 == 0 ? value : -value - 1
        for behind in [0, 8] {
          let found = long([first, second] + Array(repeating: 0x80, count: behind))
          #expect(found.value == expected && found.end == (first < 0x80 ? 1 : 2))
        }
      }
    }
  }

  @Test func anIntHas32Bits() {
    for value in AvroReaderTests.edges {
      let bytes = TestAvroEncoder.long(value)
      let found = Reading(bytes) { $0.int($1, $2) }
      if let int = Int32(exactly: value) {
        #expect(found.value == Int64(int) && found.end == bytes.count, "\(value)")
      } else {
        #expect(found.fault == .badLong && found.offset == 0, "\(value)")
      }
    }
  }

  // MARK: Strings and bytes

  @Test(arguments: ["string", "bytes"])
  func aLengthMustLieInTheBytes(type: String) throws {
    for length in [0, 1, 7, 8, 9, 63, 64, 100] as [Int64] {
      let contents = Array(repeating: UInt8(ascii: "a"), count: Int(length))
      let bytes = TestAvroEncoder.long(length) + contents
      #expect(try skip("\"\(type)\"", bytes).end == bytes.count)
      #expect(try skip("\"\(type)\"", bytes + [1]).end == bytes.count)
      if length > 0 {
        #expect(try skip("\"\(type)\"", bytes.dropLast()).fault == .truncated, "\(length)")
      }
    }
    for length in [-1, -64, .min] as [Int64] {
      #expect(try skip("\"\(type)\"", TestAvroEncoder.long(length) + [0]).fault == .badLength)
    }
    for length in [2, 1 << 31, 1 << 32, 1 << 62, .max] as [Int64] {
      #expect(try skip("\"\(type)\"", TestAvroEncoder.long(length) + [0]).fault == .truncated)
    }
  }

  /// Whether bytes are UTF-8: the standard library is the judge.
  private func isUTF8(_ bytes: [UInt8]) -> Bool {
    Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes
  }

  @Test func everyFirstPairOfBytesIsJudgedAsTheStandardLibraryDoes() throws {
    let layout = AvroLayout(try AvroSchema(parsing: "\"string\""))
    // Second bytes at the edges of what some first byte allows.
    let seconds: [UInt8] = [0, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF]
    for first in 0x80...255 as ClosedRange<UInt8> {
      for second in seconds {
        for rest: [UInt8] in [
          [], [0x80], [0xBF], [0x7F], [0x80, 0x80], [0x80, 0xC0], [0xBF, 0xBF],
        ] {
          // Where words are compared, and where single bytes are.
          for before in [0, 7, 8] {
            let text = Array(repeating: UInt8(ascii: "x"), count: before) + [first, second] + rest
            let found = Reading(TestAvroEncoder.text(text)) {
              $0.skip(layout.root, of: layout, $1, $2)
            }
            #expect(found.end == text.count + 1)
            #expect((found.flaw == nil) == isUTF8(text), "\(text)")
          }
        }
      }
    }
  }

  @Test func aFlawSaysWhereTheTextGoesWrong() throws {
    let text = Array("é€😀".utf8)
    let found = try skip("\"string\"", TestAvroEncoder.text(text + [0xC3]))
    #expect(found.flaw == AvroFlaw(fault: .invalidUTF8, field: .none, offset: 1 + text.count))
    #expect(try skip(#"{"type":"map","values":"int"}"#, [2, 2, 0xFF, 0, 0]).flaw?.offset == 2)
  }

  // MARK: Other values

  @Test func aBooleanIsZeroOrOne() throws {
    for byte in 0...255 as ClosedRange<UInt8> {
      let found = try skip("\"boolean\"", [byte])
      #expect(byte < 2 ? found.end == 1 : found.fault == .badBoolean)
    }
    #expect(try skip("\"boolean\"", []).fault == .truncated)
  }

  @Test(arguments: [
    ("\"float\"", 4), ("\"double\"", 8), (#"{"type":"fixed","name":"F","size":5}"#, 5),
    (#"{"type":"fixed","name":"F","size":0}"#, 0), ("\"null\"", 0),
  ])
  func valuesOfOneSizeMustBeWhole(type: String, size: Int) throws {
    for length in 0...(size + 2) {
      let found = try skip(type, Array(repeating: 0xEE, count: length))
      #expect(length < size ? found.fault == .truncated : found.end == size, "\(length)")
    }
  }

  @Test(arguments: [
    (#"["null","null2"]"#, Fault.badBranch),
    (#"{"type":"enum","name":"E","symbols":["a","b"]}"#, .badSymbol),
  ])
  func anIndexMustBeBelowTheCount(type: String, fault: Fault) throws {
    let type = type.replacing("\"null2\"", with: #"{"type":"fixed","name":"F","size":0}"#)
    for index in [0, 1] as [Int64] {
      #expect(try skip(type, TestAvroEncoder.long(index)).end == 1)
    }
    for index in [-1, 2, 3, 1 << 31, 1 << 32, .max, .min] as [Int64] {
      #expect(try skip(type, TestAvroEncoder.long(index)).fault == fault, "\(index)")
    }
    #expect(try skip(type, []).fault == .truncated)
  }

  @Test func aUnionOfNothingHasNoValue() throws {
    #expect(try skip("[]", [0]).fault == .badBranch)
  }

  // MARK: Arrays and maps

  private static let array = #"{"type":"array","items":"int"}"#
  private static let map = #"{"type":"map","values":"int"}"#

  @Test(
    arguments: [
      (array, [0], 1), (array, [2, 8, 0], 3), (array, [4, 8, 8, 2, 8, 0], 6),
      // A negative count, and the size of the block behind it.
      (array, [3, 4, 8, 8, 0], 5), (array, [1, 2, 8, 2, 8, 0], 6),
      // A size that is not that of the items: nothing in the spec has a reader check it.
      (array, [1, 0, 8, 0], 4), (array, [1, 100, 8, 0], 4),
      (map, [0], 1), (map, [2, 2, 97, 8, 0], 5), (map, [1, 6, 2, 97, 8, 0], 6),
    ] as [(String, [UInt8], Int)])
  func blocksAreReadToTheLast(type: String, bytes: [UInt8], end: Int) throws {
    #expect(try skip(type, bytes).end == end)
    for length in 0..<end {
      let fault = try skip(type, Array(bytes[..<length])).fault
      #expect(fault == .truncated || fault == .badCount, "cut at \(length)")
    }
  }

  @Test(arguments: [array, map])
  func countsMustFitTheBytes(type: String) throws {
    for count in [2, 1 << 20, 1 << 32, .max, .min, .min + 1, -(1 << 40)] as [Int64] {
      let bytes = TestAvroEncoder.long(count) + (count < 0 ? [2] : []) + [0]
      #expect(try skip(type, bytes).fault == .badCount, "\(count)")
    }
    for size in [-1, -100, .min] as [Int64] {
      let bytes = TestAvroEncoder.long(-1) + TestAvroEncoder.long(size) + [8, 0]
      #expect(try skip(type, bytes).fault == .badCount, "\(size)")
    }
  }

  @Test(
    arguments: [
      (#""null""#, 1), (#"{"type":"fixed","name":"F","size":0}"#, 1),
      (#"{"type":"record","name":"R","fields":[]}"#, 1),
      (#"{"type":"record","name":"R","fields":[{"name":"a","type":"null"}]}"#, 2),
    ] as [(String, Int64)])
  func itemsThatTakeNoBytesAreLimited(items: String, values: Int64) throws {
    let type = #"{"type":"array","items":\#(items)}"#
    let limit = Int64(AvroReader.greatestEmptyValues) / values
    func bytes(_ counts: Int64...) -> [UInt8] { counts.flatMap { TestAvroEncoder.long($0) } + [0] }
    #expect(try skip(type, bytes(3)).end == 2)
    #expect(try skip(type, bytes(limit)).end == bytes(limit).count)
    #expect(try skip(type, bytes(limit + 1)).fault == .badCount)
    #expect(try skip(type, bytes(limit, 1)).fault == .badCount)
    #expect(try skip(type, bytes(.max)).fault == .badCount)
    #expect(try skip(type, bytes(.min, 0)).fault == .badCount)
  }

  /// Records that take no bytes, each of which holds two of the one before.
  private func doubled(_ levels: Int) -> String {
    var type = #"{"type":"record","name":"R0","fields":[]}"#
    for level in 1..<(levels + 1) {
      type =
        #"{"type":"record","name":"R\#(level)","fields":["#
        + #"{"name":"a","type":\#(type)},{"name":"b","type":"R\#(level - 1)"}]}"#
    }
    return type
  }

  @Test func recordsWithoutBytesAreLimited() throws {
    // 511 values, of which 128 are 65,408 and 129 more than 65,536.
    let array = #"{"type":"array","items":\#(doubled(8))}"#
    #expect(try skip(doubled(8), []).end == 0)
    #expect(try skip(array, TestAvroEncoder.long(128) + [0]).end == 3)
    #expect(try skip(array, TestAvroEncoder.long(129) + [0]).fault == .badCount)
    let error = #expect(throws: AvroSchemaError.self) { try AvroSchema(parsing: doubled(40)) }
    #expect(error?.description.contains("a record without bytes that holds more than") == true)
  }

  // MARK: Depth

  /// A list, so many deep.
  private static let list =
    #"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#

  @Test(arguments: [0, 1, 100, 127])
  func recordsInsideThemselvesAreReadToADepth(depth: Int) throws {
    let bytes: [UInt8] = Array(repeating: 2, count: depth) + [0]
    #expect(try skip(AvroReaderTests.list, bytes).end == bytes.count)
  }

  @Test(arguments: [128, 129, 1000, 1_000_000])
  func whatIsDeeperIsRefused(depth: Int) throws {
    let bytes: [UInt8] = Array(repeating: 2, count: depth) + [0]
    #expect(try skip(AvroReaderTests.list, bytes).fault == .tooDeep)
  }

  @Test func theDepthIsCountedAnewAfterAFault() throws {
    let layout = AvroLayout(try AvroSchema(parsing: AvroReaderTests.list))
    var reader = AvroReader()
    let deep: [UInt8] = Array(repeating: 2, count: 500)
    let cut: [UInt8] = Array(repeating: 2, count: 100)
    let good = Array(repeating: 2, count: 127) + [0] as [UInt8]
    for _ in 0..<3 {
      #expect(withTightSpan(deep) { reader.skip(layout.root, of: layout, $0, 0) } < 0)
      #expect(withTightSpan(cut) { reader.skip(layout.root, of: layout, $0, 0) } < 0)
      #expect(withTightSpan(good) { reader.skip(layout.root, of: layout, $0, 0) } == good.count)
    }
  }

  @Test func aRecordThatOnlyHoldsItselfHasNoValue() throws {
    let type = #"{"type":"record","name":"R","fields":[{"name":"a","type":"R"}]}"#
    #expect(try skip(type, [0, 0, 0]).fault == .tooDeep)
    let array = #"{"type":"array","items":\#(type)}"#
    #expect(try skip(array, [2, 0]).fault == .tooDeep)
  }
}
