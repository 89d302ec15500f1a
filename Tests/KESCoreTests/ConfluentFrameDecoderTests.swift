// Messages behind their lengths: every cut, every fault, and where reading goes on.

import TestSupport
import Testing

@testable import KESCore

@Suite struct ConfluentFrameDecoderTests {
  /// A message of each kind, good and bad.
  private static let everything: [UInt8] =
    (EventVersion.messages(10) + [
      Frame.tombstone,
      Frame.message([]),
      Frame.message([1, 0, 0, 0, 1]),
      Frame.message([0, 0, 0]),
      Frame.message(1, Frame.woke("a", 20) + [9]),
      Frame.message(1, [2]),
      Frame.message(77, Frame.woke("a", 21)),
      Frame.message(4, Frame.text("no event")),
      Frame.message(1, [2, 0xFF] + Frame.long(3) + [0]),
      Frame.message(1, Frame.woke(String(repeating: "x", count: 40), 22)),
      Frame.message(2, Frame.woke("a", 23)),
      Frame.tombstone,
    ] + EventVersion.messages(30)).flatMap { $0 }

  private static let messages = [
    "expected a message with a schema id, found no bytes",
    "expected the magic byte 0 before a schema id, found 1",
    "expected 5 bytes of magic byte and schema id, found 3",
    "bytes behind the message's last record",
    "a value goes on behind the end of its message",
    "http://registry: there is no schema with the id 77; name the registry that the record was"
      + " written with",
    "the schema with the id 4: the writer's schema string does not resolve into the reader's"
      + " SessionEvent, at its root: string is not a record of events",
    "a string that is not UTF-8 for \"device\"",
    "a message longer than 32 bytes; --max-record SIZE allows longer ones",
    "a value goes on behind the end of its message",
  ]

  private var reading: FrameReading {
    var reading = FrameReading()
    reading.greatestRecord = 32
    return reading
  }

  // MARK: What is read

  @Test func messagesOfManySchemasAreReadEachByItsOwn() {
    let registry = EventVersion.registry
    var reading = FrameReading()
    reading.registry = registry
    let bytes = (0..<5).flatMap { EventVersion.messages($0 * 100).flatMap { $0 } }
    let found = reading.decode(bytes)
    #expect(found.roles == Array(repeating: [.start, .start, .end], count: 5).flatMap { $0 })
    #expect(found.messages == [] && found.position == 15)
    #expect(Set(found.keys) == ["a"])
    #expect(registry.questions == ["schema 1", "schema 2", "schema 3"])
  }

  @Test func messagesAreReadAsTheTargetsSchema() {
    var reading = FrameReading()
    reading.schemas = AvroSchemaTable(wantsDetails: true)
    reading.target = AvroTarget(schemas: reading.schemas)
    let found = reading.decode(EventVersion.messages(10).flatMap { $0 })
    let expected = [
      Frame.woke("a", 10), Frame.woke("a", 11), Frame.text("a") + Frame.long(12) + [4],
    ]
    #expect(
      found.items
        == zip(expected, [Role.start, .start, .end]).enumerated().map { index, item in
          .event(
            key: "a", time: Int64(10 + index), role: item.1, position: Int64(index), schema: 1,
            bytes: item.0)
        })
  }

  @Test func theFirstMessageThatHoldsEventsFixesTheTarget() {
    var reading = FrameReading()
    reading.target = AvroTarget(schemas: reading.schemas)
    let messages = EventVersion.messages(10)
    let found = reading.decode(
      Frame.message(4, Frame.text("x")) + messages[1] + messages[0])
    #expect(found.messages.count == 1)
    #expect(reading.target?.schema?.text == String(EventVersion.second))
    // The field that the first version lacks has its default.
    guard case .event(_, _, _, _, _, let bytes) = found.items.last else {
      Issue.record("\(found.items)")
      return
    }
    #expect(bytes == Frame.woke("a", 10) + Frame.text("none") + Frame.long(0))
  }

  @Test func theIdsOfSchemasThatRecordsKeepAreKnown() throws {
    var reading = FrameReading()
    reading.target = AvroTarget(schemas: reading.schemas)
    _ = reading.decode(EventVersion.messages(10).flatMap { $0 })
    func identifier(_ text: some StringProtocol) throws -> Int32? {
      reading.schemas.identifier(of: try AvroSchema(parsing: String(text)))?.rawValue
    }
    #expect(try identifier(EventVersion.first) == 1)
    #expect(try identifier(EventVersion.second) == nil)
    #expect(try identifier(EventVersion.reversed) == nil)
  }

  @Test func tombstonesAreRecordsThatAreNoEvents() {
    let bytes = Frame.tombstone + Frame.message(1, Frame.woke("a", 1)) + Frame.tombstone
    let found = FrameReading().decode(bytes)
    #expect(found.tombstones == 2 && found.position == 3 && found.line == 4)
    #expect(
      found.items == [
        .event(
          key: "a", time: 1, role: .start, position: 1, schema: 1, bytes: Frame.woke("a", 1))
      ])
  }

  @Test func nothingIsNothing() {
    let found = FrameReading().decode([])
    #expect(found == DecodedFrames())
  }

  @Test func aHundredThousandMessagesComeInBatches() {
    let one = Frame.message(1, Frame.woke("device-1", 1_700_000_000_000))
    let found = FrameReading().decode(
      Array(repeating: one, count: 20_000).flatMap { $0 }, inPlace: true)
    #expect(found.items.count == 20_000 && found.position == 20_000)
    #expect(found.offset == Int64(20_000 * one.count))
  }

  // MARK: What is wrong

  @Test func whatIsWrongIsRejectedInOrderWithItsPlaceAndItsBytes() {
    let found = reading.decode(Self.everything)
    #expect(found.messages == Self.messages)
    #expect(
      found.locations == [
        ": message 5, byte 50", ": message 6, byte 54", ": message 7, byte 63",
        ": message 8, byte 70", ": message 9, byte 84", ": message 10, byte 94",
        ": message 11, byte 107", ": message 12, byte 125", ": message 13, byte 138",
        ": message 14, byte 190",
      ])
    #expect(found.tombstones == 2 && found.position == 18 && found.line == 19)
    #expect(found.roles == [.start, .start, .end, .start, .start, .end])
    #expect(found.offset == Int64(Self.everything.count))
    guard case .rejected(12, _, _, let long) = found.items[11] else {
      Issue.record("\(found.items[11])")
      return
    }
    #expect(long == [0, 0, 0, 0, 1] + Frame.woke(String(repeating: "x", count: 40), 22))
  }

  @Test func everyCutGivesTheSame() {
    let whole = reading.decode(Self.everything)
    for cut in 0...Self.everything.count {
      for inPlace in [false, true] {
        let found = reading.decode(Self.everything, cuts: [cut], inPlace: inPlace)
        #expect(found == whole, "cut at \(cut)")
      }
    }
    #expect(reading.decode(Self.everything, cuts: Array(0..<Self.everything.count)) == whole)
  }

  @Test func everyTwoCutsOfAShortInputGiveTheSame() {
    let bytes =
      Frame.message(1, Frame.woke("a", 1)) + Frame.tombstone
      + Frame.message(1, Frame.woke(String(repeating: "x", count: 30), 2))
      + Frame.message(9, []) + Frame.message(1, Frame.woke("b", 3))
    let whole = reading.decode(bytes)
    #expect(whole.keys == ["a", "b"] && whole.messages.count == 2 && whole.tombstones == 1)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let found = reading.decode(bytes, cuts: [first, second], inPlace: second % 2 == 0)
        #expect(found == whole, "cuts at \(first) and \(second)")
      }
    }
  }

  private static func noLength(_ length: Int32) -> String {
    "a length of \(length), which no message has; expected messages behind their lengths, as"
      + " kcat -f '%R%s' writes them"
  }

  /// What stands behind a good message, why it is rejected, and where the next run begins: -1 for
  /// behind it.
  static let ends: [(bytes: [UInt8], problem: String)] = [
    ([0], "it ends inside a message's length"),
    ([0, 0, 0], "it ends inside a message's length"),
    (Frame.raw(1), "it ends inside a message"),
    (Array(Frame.message(1, Frame.woke("b", 2)).dropLast()), "it ends inside a message"),
    (
      Array(Frame.raw(33, [1, 2, 3])),
      "a message longer than 32 bytes; --max-record SIZE allows longer ones"
    ),
    (Frame.raw(-2, [1, 2, 3]), noLength(-2)),
    (Frame.raw(.min), noLength(.min)),
    (Frame.raw(1 << 30), "a message longer than 32 bytes; --max-record SIZE allows longer ones"),
    (Frame.raw((1 << 30) + 1), noLength((1 << 30) + 1)),
    (Array("hello\n".utf8), noLength(0x6865_6C6C)),
  ]

  @Test(arguments: ends)
  func whatHasNoEndIsRejectedButReadAgainByTheNextRun(bytes: [UInt8], problem: String) {
    let first = Frame.message(1, Frame.woke("a", 1))
    let input = first + bytes
    let whole = reading.decode(input)
    #expect(whole.keys == ["a"] && whole.messages == [problem])
    #expect(whole.locations == [": message 2, byte \(first.count)"])
    #expect(whole.offset == Int64(first.count) && whole.line == 2 && whole.position == 1)
    for cut in 0...input.count {
      #expect(reading.decode(input, cuts: [cut]) == whole, "cut at \(cut)")
    }
    #expect(reading.decode(input, cuts: Array(0..<input.count)) == whole)
  }

  @Test func withoutAnEndNothingIsSaidOfAMessageThatHasBegun() {
    let first = Frame.message(1, Frame.woke("a", 1))
    var reading = reading
    reading.ends = false
    for count in 0..<first.count {
      let found = reading.decode(Array(first.prefix(count)))
      #expect(found == DecodedFrames(), "\(count) bytes")
    }
  }

  @Test func withoutARegistryEveryMessageIsRejected() {
    var reading = FrameReading()
    reading.registry = nil
    #expect(reading.decode(Frame.message(1, [])).messages == ["there is no registry"])
  }

  @Test func whatIsRejectedEndsTheRunWhereItIsToStop() {
    var reading = reading
    reading.limits.stopsAtRejection = true
    let first = Frame.message(1, Frame.woke("a", 1))
    let bad: [[UInt8]] = [
      Frame.message([]), Frame.message([7]), Frame.message(77, []), Frame.message(1, [1]),
      Frame.raw(100, Array(repeating: 0, count: 100)), Frame.raw(-9), Frame.raw(5, [0]), [0],
    ]
    for bytes in bad {
      let found = reading.decode(first + bytes + first)
      #expect(found.keys == ["a"] && found.messages.count == 1, "\(bytes)")
      #expect(found.position == 1 && found.offset == Int64(first.count) && found.line == 2)
    }
  }

  // MARK: The registry

  @Test func anUnknownIdIsAskedForAgainAndFoundOnceItIsThere() {
    let registry = EventVersion.registry
    let cache = CachingSchemaRegistry(registry, clock: PauseRecorder().clock)
    var decoder = ConfluentFrameDecoder(
      registry: cache, schemas: AvroSchemaTable(wantsDetails: false), wantsDetails: false,
      greatestRecord: 100)
    // What was not there may be what is registered.
    let registered = SchemaIdentifier(rawValue: 5)
    var batch = Batch(blockSize: 16)
    for isThere in [false, true] {
      if isThere {
        #expect(
          (try? cache.register(EventVersion.first + " ", under: SubjectName("s"))) == registered)
      }
      for byte in Frame.message(5, Frame.woke("a", 1)) { batch.bytes.append(byte) }
      #expect(throws: Never.self) {
        try decoder.decode(&batch, endOfInput: false, limits: DecodingLimits())
      }
      #expect(batch.records.count == (isThere ? 1 : 0))
      #expect(batch.rejections.count == (isThere ? 0 : 1))
      batch.recycle()
    }
    #expect(registry.questions == ["schema 5", "register s", "schema 5"])
  }

  @Test(arguments: [0, 1, 2, 3])
  func aRegistryThatFailsEndsTheRunBehindWhatCameBefore(goodMessages: Int) {
    let registry = EventVersion.registry
    registry.failures = ["schema 2": StubSchemaRegistry.unreachable]
    var reading = FrameReading()
    reading.registry = registry
    let good = [Frame.message(1, Frame.woke("a", 1)), Frame.message([]), Frame.tombstone]
    let before = good.prefix(goodMessages).flatMap { $0 }
    let input = before + EventVersion.messages(5)[1] + good[0]
    for cut in 0...input.count {
      let found = reading.decode(input, cuts: [cut])
      #expect(found.failure == StubSchemaRegistry.unreachable.description)
      #expect(found.keys.count == min(goodMessages, 1))
      #expect(found.messages.count == (goodMessages > 1 ? 1 : 0))
      #expect(found.tombstones == (goodMessages > 2 ? 1 : 0))
      #expect(found.position == Int64(goodMessages) && found.line == Int64(goodMessages + 1))
      #expect(found.offset == Int64(before.count))
    }
    // Behind what came before the registry is not asked again.
    #expect(registry.questions.count { $0 == "schema 2" } == input.count + 1)
  }

  @Test func whatARegistrySaysOfASchemaIsTheMessagesFault() {
    let registry = EventVersion.registry
    registry.schemas[5] = "{"
    registry.failures["schema 6"] = .unsupportedSchema(
      SchemaIdentifier(rawValue: 6), place: "p", what: "is of the type PROTOBUF")
    var reading = FrameReading()
    reading.registry = registry
    let found = reading.decode(Frame.message(5, []) + Frame.message(6, []) + Frame.message(5, []))
    #expect(found.messages.count == 3 && found.failure == nil)
    #expect(found.messages[1].contains("PROTOBUF"))
    #expect(registry.questions == ["schema 5", "schema 6"])
  }

  // MARK: Limits and places

  @Test func noMoreRecordsComeThanAreAskedFor() {
    let whole = reading.decode(Self.everything)
    for count in 0...18 {
      var reading = reading
      reading.limits.records = Int64(count)
      let found = reading.decode(Self.everything)
      #expect(found.position == Int64(count))
      let items = whole.items.filter { ConfluentFrameDecoderTests.position(of: $0) < count }
      #expect(found.items == items)
    }
  }

  private static func position(of item: DecodedFrames.Item) -> Int64 {
    switch item {
    case .event(_, _, _, let position, _, _), .rejected(let position, _, _, _): position
    }
  }

  @Test func aRunGoesOnBehindEveryMessage() {
    let whole = reading.decode(Self.everything)
    for count in 0...18 {
      var first = reading
      first.limits.records = Int64(count)
      let found = first.decode(Self.everything)
      var second = reading
      second.schemas = first.schemas
      second.position = found.position
      second.start = .resumed(
        InputPosition(offset: found.offset, line: found.line, fingerprint: 0), head: [])
      let rest = second.decode(Array(Self.everything[Int(found.offset)...]))
      #expect(found.items + rest.items == whole.items, "behind \(count)")
      #expect(found.tombstones + rest.tombstones == whole.tombstones)
      #expect(rest.position == whole.position && rest.line == whole.line)
      #expect(rest.offset == whole.offset)
    }
  }

  @Test func randomBytesNeverTrap() {
    for seed in TestSeeds.each(0...1999) {
      var random = SeededGenerator(seed: seed)
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        var frame = EventVersion.messages(5)[Int.random(in: 0..<3, using: &random)]
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
          let place = Int.random(in: 0..<frame.count, using: &random)
          frame[place] = UInt8.random(in: 0...255, using: &random)
        }
        bytes += frame
      }
      let whole = reading.decode(bytes)
      let cut = Int.random(in: 0...bytes.count, using: &random)
      #expect(reading.decode(bytes, cuts: [cut]) == whole, "seed \(seed)")
      #expect(reading.decode(bytes, cuts: Array(0..<bytes.count)) == whole, "seed \(seed)")
    }
  }
}
