// Damaged container files: what is said, what is lost, and where reading goes on.

import Testing

@testable import KESCore

@Suite struct AvroContainerDamageTests {
  private typealias Make = TestContainer

  private static let other = Array(repeating: UInt8(9), count: 16)
  private static let good = TestAvroEncoder.encode(Make.woke("g", 1), as: .event)
  private static let before = Make.block([Make.woke("before", 1)])
  private static let after = Make.block([Make.woke("after", 1)])

  /// A damage, between two good blocks: its bytes, what comes of the whole, and what is said, by
  /// block and byte of the input.
  struct Damage: CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var outline: [String]
    var message: String
    /// Where the fault is, from the beginning of the damaged block.
    var offset = 0

    init(
      _ name: String, _ bytes: [UInt8], _ outline: [String], _ message: String, at offset: Int = 0
    ) {
      testDescription = name
      self.bytes = bytes
      self.outline = outline
      self.message = message
      self.offset = offset
    }
  }

  private static func long(_ value: Int64) -> [UInt8] { TestAvroEncoder.long(value) }

  private static let damages: [Damage] = [
    // The block cannot be followed: up to the next marker all is lost.
    Damage(
      "a negative count", long(-1) + long(0) + Make.sync, ["badBlock 1"],
      "not the beginning of a block"),
    Damage(
      "the least count", long(.min) + long(0) + Make.sync, ["badBlock 1"],
      "not the beginning of a block"),
    Damage(
      "a count of eleven bytes", Array(repeating: 0xFF, count: 11) + Make.sync, ["badBlock 1"],
      "not the beginning of a block"),
    Damage(
      "a negative size", long(1) + long(-5) + Make.sync, ["badBlock 1"],
      "not the beginning of a block"),
    Damage(
      "a huge size", long(1) + long(1 << 40) + Make.sync, ["hugeBlock 1"],
      "a block longer than 268435456 bytes, the most that is read; write smaller blocks, unless it is"
        + " damage that seems one"),
    Damage(
      "the greatest size", long(1) + long(.max) + Make.sync, ["hugeBlock 1"],
      "a block longer than 268435456 bytes, the most that is read; write smaller blocks, unless it is"
        + " damage that seems one"),
    Damage(
      "a wrong sync marker", Make.block(2, good + good, sync: other) + before, ["wrongSync 2"],
      "the block does not end with the file's sync marker; 2 records are lost with it"),
    Damage(
      "a size that is too small",
      long(2) + long(Int64(good.count)) + good + good + Make.sync, ["wrongSync 2"],
      "the block does not end with the file's sync marker; 2 records are lost with it"),
    // The block's end is known: the next is read.
    Damage(
      "a count that is too large", Make.block(3, good + good), ["g", "g", "truncated 1"],
      "a value goes on behind the end of its block", at: 2 + 2 * good.count),
    Damage(
      "a huge count", Make.block(1 << 40, good + good), ["badCount \(2 * good.count)"],
      "a count of items that its block cannot hold; \(2 * good.count) records are lost with it"),
    Damage(
      "the greatest count", Make.block(.max, good), ["badCount \(good.count)"],
      "a count of items that its block cannot hold; \(good.count) records are lost with it"),
    Damage(
      "a count that is too small", Make.block(1, good + good), ["g", "leftOver 1"],
      "bytes behind the block's last record", at: 2 + good.count),
    Damage(
      "no records, but bytes", Make.block(0, good), ["leftOver 1"],
      "bytes behind the block's last record", at: 2),
    Damage(
      "records without bytes", Make.block(5, []), ["badCount 1"],
      "a count of items that its block cannot hold"),
    Damage(
      "a record that is cut", Make.block(2, good + good.dropLast()), ["g", "truncated 1"],
      "a value goes on behind the end of its block", at: 2 + 2 * good.count - 1),
    Damage(
      "a branch that there is not", Make.block(3, good + good.dropLast() + [6] + good),
      ["g", "badBranch 2"],
      "a branch that its union does not have; 2 records are lost with it",
      at: 2 + 2 * good.count - 1),
    Damage(
      "a length that is negative", Make.block(2, [1] + good + good), ["badLength 2"],
      "a length that is negative; 2 records are lost with it", at: 2),
    Damage(
      "a long that is too long", Make.block(1, [2, 97] + Array(repeating: 0xFF, count: 10) + [0]),
      ["badLong 1"], "a number that is too long", at: 4),
    // The record's end is known: the next is read.
    Damage(
      "a string that is not UTF-8", Make.block(3, good + [2, 0xFF] + good.dropFirst(2) + good),
      ["g", "invalidUTF8 1", "g"], "a string that is not UTF-8 for \"device\"",
      at: 2 + good.count + 1),
  ]

  @Test(arguments: damages)
  func whatIsDamagedIsToldAndReadingGoesOn(damage: Damage) throws {
    let head = Make.header()
    let start = head.count + AvroContainerDamageTests.before.count
    let input =
      head + AvroContainerDamageTests.before + damage.bytes + AvroContainerDamageTests.after
    let found = ContainerDriver().decode(input)
    #expect(found.outline == ["before"] + damage.outline + ["after"])
    let rejected = try #require(found.rejections.first)
    #expect(rejected.message == damage.message)
    #expect(rejected.location == ": block 2, byte \(start + damage.offset)")
    for size in [1, 2, 3, 7, 50] {
      let pieces = Array(repeating: size, count: input.count / size + 1)
      #expect(ContainerDriver().decode(input, pieces: pieces).difference(from: found) == nil)
    }
  }

  @Test(arguments: damages)
  func withoutSkippingNothingBehindTheDamageIsRead(damage: Damage) {
    let input =
      Make.header() + AvroContainerDamageTests.before + damage.bytes
      + AvroContainerDamageTests.after
    var driver = ContainerDriver()
    driver.stopsAtRejection = true
    let found = driver.decode(input)
    let skipped = ContainerDriver().decode(input)
    #expect(found.rejections.count == 1)
    #expect(found.rejections.first?.fault == skipped.rejections.first?.fault)
    #expect(found.rejections.first?.message == skipped.rejections.first?.message)
    // What was before it is read, and it is what comes next.
    let place = found.rejections.first?.place ?? 0
    #expect(found.records == Array(skipped.records.prefix(place)))
    #expect(found.records.count == place)
    #expect(found.position == Int64(place))
    #expect(!found.isInsideRecord)
    // So another run that skips reads on from there.
    var both = found
    both.rejections = []
    both.append(
      ContainerDriver().decode(input, resumed: found.place, position: found.position))
    #expect(both.difference(from: skipped) == nil)
  }

  // MARK: Headers

  @Test(
    arguments: [
      (Array("<>".utf8), "it does not begin with \"Obj\" and 1"),
      (Array("Obj\u{2}".utf8), "it does not begin with \"Obj\" and 1"),
      (Array("Ob".utf8), "it ends inside the header"),
      (Array(Make.header().dropLast()), "it ends inside the header"),
      (Make.header([]), "it has no avro.schema"),
      (Make.header([("avro.codec", "null")]), "it has no avro.schema"),
      (Array("Obj\u{1}".utf8) + long(1) + long(-1), "its metadata cannot be read"),
      (
        Array("Obj\u{1}".utf8) + Array(repeating: 0xFF, count: 10), "its metadata cannot be read"
      ),
      (Array("Obj\u{1}".utf8) + long(.max), "it ends inside the header"),
      (Array("Obj\u{1}".utf8) + long(.min) + long(0), "it ends inside the header"),
    ] as [([UInt8], String)])
  func whatHasNoHeaderIsNoContainer(input: [UInt8], reason: String) {
    expectNoContainer(input, reason)
  }

  // Not as an argument: those are written down, each time.
  @Test func whatHasAHeaderThatIsTooLongIsNoContainer() {
    let input = Make.header([("x", String(repeating: "y", count: 1 << 20))])
    expectNoContainer(input, "its header is longer than 1048576 bytes")
  }

  private func expectNoContainer(_ input: [UInt8], _ reason: String) {
    let found = ContainerDriver().decode(input)
    #expect(found.outline == ["badHeader 1"])
    #expect(found.rejections.first?.message == "not an Avro container file: \(reason)")
    #expect(found.rejections.first?.location == ": block 1, byte 0")
    // All of it, for the dead letters.
    #expect(found.rejections.first?.bytes == input)
    for size in [1, 5, 1000, 65_536] where input.count / size < 10_000 {
      let pieces = Array(repeating: size, count: input.count / size + 1)
      #expect(ContainerDriver().decode(input, pieces: pieces).difference(from: found) == nil)
    }
  }

  @Test func metadataMayStandInSeveralBlocksAndHaveSizes() {
    let schema =
      TestAvroEncoder.text(Array("avro.schema".utf8))
      + TestAvroEncoder.text(Array(AvroSchema.event.text.utf8))
    let codec =
      TestAvroEncoder.text(Array("avro.codec".utf8))
      + TestAvroEncoder.text(Array("null".utf8))
    let magic: [UInt8] = Array("Obj\u{1}".utf8)
    let size = AvroContainerDamageTests.long(Int64(schema.count))
    let header = magic + [2] + codec + [1] + size + schema + [0] + Make.sync
    let input = header + AvroContainerDamageTests.before
    let whole = ContainerDriver().decode(input)
    #expect(whole.outline == ["before"])
    for first in 0...header.count {
      #expect(ContainerDriver().decode(input, pieces: [first]).difference(from: whole) == nil)
    }
  }

  @Test(
    arguments: [
      (
        [("avro.schema", AvroSchema.event.text), ("avro.codec", "lzo")],
        "the codec \"lzo\" is unknown; known are null, deflate, snappy, zstandard, bzip2, xz, lzma"
      ),
      ([("avro.schema", "{")], "the schema is not JSON: line 1, column 1: "),
      ([("avro.schema", #""strong""#)], "the schema is wrong at its root: "),
      (
        [("avro.schema", #""string""#)],
        "the writer's schema string does not resolve into the reader's Event, at its root: "
      ),
      (
        [("avro.schema", #"{"type":"record","name":"R","fields":[]}"#)],
        "the writer's schema R does not resolve into the reader's Event, at R.device: "
      ),
    ] as [([(String, String)], String)])
  func whatCannotBeReadIsToldForEachBlock(metadata: [(String, String)], message: String) {
    let input =
      Make.header(metadata) + AvroContainerDamageTests.before
      + Make.block(2, AvroContainerDamageTests.good + AvroContainerDamageTests.good)
    let found = ContainerDriver().decode(input)
    #expect(found.outline == ["unusableSchema 1", "unusableSchema 2"])
    for rejection in found.rejections { #expect(rejection.message.hasPrefix(message)) }
  }

  @Test func theReasonIsThatOfTheBlocksOwnContainer() {
    func container(_ codec: String) -> [UInt8] {
      Make.header([("avro.schema", AvroSchema.event.text), ("avro.codec", codec)])
        + AvroContainerDamageTests.before
    }
    let input = container("one") + container("two") + container("null") + container("three")
    let found = ContainerDriver().decode(input)
    #expect(
      found.outline == ["unusableSchema 1", "unusableSchema 1", "before", "unusableSchema 1"])
    let reasons = found.rejections.map { String($0.message.prefix(16)) }
    #expect(reasons == [#"the codec "one" "#, #"the codec "two" "#, #"the codec "three"#])
    for size in [1, 10, 300] {
      let pieces = Array(repeating: size, count: input.count / size + 1)
      #expect(ContainerDriver().decode(input, pieces: pieces).difference(from: found) == nil)
    }
  }

  @Test func theRecordsOfACompressedBlockAreCountedThoughTheyAreLost() {
    let data = (0..<1000).flatMap { _ in AvroContainerDamageTests.good }
    let good = Make.block([Make.woke("after", 1)], codec: .deflate)
    // Cannot be read at all.
    let unknown = Make.header([("avro.schema", #""int""#), ("avro.codec", "deflate")])
    let block = Make.block(1000, data, codec: .deflate)
    #expect(ContainerDriver().decode(unknown + block).outline == ["unusableSchema 1000"])
    let codec = Make.header([("avro.schema", AvroSchema.event.text), ("avro.codec", "lzo")])
    #expect(ContainerDriver().decode(codec + block).outline == ["unusableSchema 1000"])
    // Cannot be expanded.
    var damaged = block
    damaged[10] ^= 0xFF
    damaged[11] ^= 0xFF
    let head = Make.header(codec: .deflate)
    #expect(
      ContainerDriver().decode(head + damaged + good).outline == ["badCompression 1000", "after"])
    // Has the wrong marker.
    let wrong = block.dropLast() + [0]
    #expect(
      ContainerDriver().decode(head + wrong + good + good).outline == ["wrongSync 1000", "after"])
    // Is cut short.
    #expect(ContainerDriver().decode(head + block.dropLast()).outline == ["truncated 1000"])
  }

  // MARK: Compressed blocks

  @Test(arguments: AvroCodec.allCases.filter { $0 != .null })
  func damagedCompressedDataAreToldAndReadingGoesOn(codec: AvroCodec) throws {
    let head = Make.header(codec: codec)
    let block = Make.block(
      [Make.woke("a", 1), Make.received("b", 2, "name", 1e100)], codec: codec)
    let after = Make.block([Make.woke("after", 1)], codec: codec)
    let whole = ContainerDriver().decode(head + block + after)
    // Behind the count and the size.
    for place in (block.count - 16 > 64 + 3 ? 3 : 2)..<block.count - 16 {
      for bit in [0, 3, 7] as [UInt8] {
        var damaged = block
        damaged[place] ^= 1 << bit
        let found = ContainerDriver().decode(head + damaged + after)
        #expect(found.records.last?.key == "after", "\(codec) \(place)")
        let lost = found.rejections.reduce(0) { $0 + Int64($1.count) }
        #expect(Int64(found.records.count) + lost == found.position, "\(codec) \(place)")
        // These have checksums; some of bzip2's bits do not matter.
        if [.snappy, .bzip2, .xz].contains(codec), found != whole {
          let fault = codec == .snappy ? "wrongChecksum 2" : "badCompression 2"
          let faults = [[fault, "after"], ["badCompression 2", "after"]]
          #expect(faults.contains(found.outline), "\(codec) \(place): \(found.outline)")
        }
      }
    }
  }

  @Test(arguments: AvroCodec.allCases)
  func recordsLongerThanTheLimitAreRejectedAlone(codec: AvroCodec) {
    let long = Make.received("long", 1, String(repeating: "n", count: 100))
    let records = [Make.woke("a", 1), long, Make.woke("b", 1)]
    let input = Make.header(codec: codec) + Make.block(records, codec: codec)
    var driver = ContainerDriver()
    driver.greatestRecord = 50
    let found = driver.decode(input)
    #expect(found.outline == ["a", "tooLong 1", "b"])
    #expect(
      found.rejections.first?.message
        == "a record longer than 50 bytes; --max-record SIZE allows longer ones")
    #expect(found.rejections.first?.bytes == TestAvroEncoder.encode(long, as: .event))
  }
}
