// Events under any writer's schema: the same records and details as of JSON-lines.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroEventPlanTests {
  /// What came of some input: the records as canonical lines, or without details as what is known
  /// of them; for each that was rejected nil.
  private static func lines(_ batch: borrowing Batch, wantsDetails: Bool) -> [String?] {
    var lines: [String?] = []
    var rejected = 0
    for index in 0...batch.records.count {
      while rejected < batch.rejections.count, Int(batch.rejections[rejected].place) == index {
        for _ in 0..<batch.rejections[rejected].recordCount { lines.append(nil) }
        rejected += 1
      }
      if index == batch.records.count { break }
      let record = batch.records[index]
      if wantsDetails {
        lines.append(line(record, batch.details[index], of: batch))
      } else {
        let key = batch.withText(record.key) { String(decodingBytes: $0) }
        lines.append("\(key) \(record.time.milliseconds) \(record.role)")
      }
    }
    return lines
  }

  private static func line(
    _ record: Record, _ detail: EventDetail, of batch: borrowing Batch
  ) -> String {
    func text(_ range: TextRange) -> String { batch.withText(range) { String(decodingBytes: $0) } }
    var event = PlainEvent(
      device: text(record.key), time: record.time.milliseconds, kind: detail.kind)
    switch detail.kind {
    case .deviceWokeUp, .allDataSent: break
    case .dataReceived: (event.name, event.value) = (text(detail.name), detail.value)
    case .sessionClosed:
      event.status = detail.status
      (event.start, event.end) = (detail.start.milliseconds, detail.end.milliseconds)
      (event.events, event.isPartial) = (detail.events, detail.isPartial)
    }
    if detail.hasSession { event.session = text(detail.session) }
    event.isDuplicate = detail.isDuplicate
    return event.line
  }

  private static func linesOfJSON(_ events: [PlainEvent], wantsDetails: Bool) -> [String?] {
    var decoder = JSONLinesDecoder(
      purpose: wantsDetails ? .reading : .segmenting, greatestRecord: 1 << 20,
      sessions: wantsDetails ? .usual : SessionFields(session: "kes"))
    var batch = Batch(blockSize: 1024)
    for event in events { batch.bytes.append(text: event.line + "\n") }
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    return lines(batch, wantsDetails: wantsDetails)
  }

  /// The batch of a container.
  private static func batch(
    _ input: [UInt8], _ schemas: AvroSchemaTable, target: AvroTarget? = nil, wantsDetails: Bool
  ) -> Batch {
    var decoder = AvroContainerDecoder(
      schemas: schemas, target: target, wantsDetails: wantsDetails, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(input.span)
    decoder.beginInput(.beginning)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    return batch
  }

  @Test(arguments: TestSeeds.parts(500_000...500_599), [false, true])
  func eventsOfAnySchemaAreReadAsThoseOfJSON(seeds: TestSeeds, wantsDetails: Bool) throws {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      var maker = RandomEventSchema(generator)
      let schema = try AvroSchema(maker.document())
      let text = schema.text
      let comment: Comment = "seed \(seed): \(text)"
      generator = maker.generator
      let kinds = EventKind.allCases.filter { $0 != .sessionClosed || maker.hasSession }
      var data = EventDataMaker(schema, generator)
      data.breaksEvents = generator.chance(50)
      var events: [PlainEvent] = []
      var values: [TestAvroValue] = []
      var isBroken: [Bool] = []
      for _ in 0..<8 {
        events.append(
          PlainEvent.random(
            &generator, kinds: kinds, hasSession: maker.hasSession,
            marksDuplicates: maker.marksDuplicates, isNarrow: maker.isNarrow,
            hasFineTimes: maker.hasFineTimes))
        values.append(data.value(events[events.count - 1]))
        isBroken.append(data.isBroken || (wantsDetails && data.isBrokenInDetail))
      }
      var expected = AvroEventPlanTests.linesOfJSON(events, wantsDetails: wantsDetails)
      for index in isBroken.indices where isBroken[index] { expected[index] = nil }
      let input = TestContainer.header(schema) + TestContainer.block(values, of: schema)
      // Who gives sessions refuses events that have one, by the name that ours gets.
      let schemas = AvroSchemaTable(
        wantsDetails: wantsDetails, sessions: wantsDetails ? .usual : SessionFields(session: "kes"))
      let batch = AvroEventPlanTests.batch(input, schemas, wantsDetails: wantsDetails)
      let found = AvroEventPlanTests.lines(batch, wantsDetails: wantsDetails)
      #expect(found == expected, comment)
      if wantsDetails {
        agreeAsJSON(batch, schemas, found.compactMap { $0 }, comment)
      }
      agreeTranscoded(input, expected, wantsDetails: wantsDetails, comment)
    }
  }

  /// Written as JSON-lines the records are still the same events.
  private func agreeAsJSON(
    _ batch: borrowing Batch, _ schemas: AvroSchemaTable, _ expected: [String], _ comment: Comment
  ) {
    var encoder = JSONLinesRecordEncoder(converter: AvroJSONConverter(schemas: schemas))
    var lines = Batch(blockSize: 1024)
    encoder.encode(batch, to: &lines.bytes)
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    decoder.decode(&lines, endOfInput: true, limits: DecodingLimits())
    #expect(AvroEventPlanTests.lines(lines, wantsDetails: true) == expected, comment)
  }

  /// Resolved into our own schema the records are still the same, too.
  private func agreeTranscoded(
    _ input: [UInt8], _ expected: [String?], wantsDetails: Bool, _ comment: Comment
  ) {
    if wantsDetails { return }
    let schemas = AvroSchemaTable(
      wantsDetails: false, sessions: SessionFields(session: "kes"))
    let target = AvroTarget(schemas: schemas)
    target.fix(.event)
    let batch = AvroEventPlanTests.batch(input, schemas, target: target, wantsDetails: false)
    let found = AvroEventPlanTests.lines(batch, wantsDetails: false)
    // Our own schema has no closings, and wants names and values.
    for (mine, others) in zip(found, expected) where mine != nil {
      #expect(mine == others, comment)
    }
    #expect(found.count == expected.count, comment)
  }

  // MARK: Schemas of no events

  private static func schema(_ fields: String) -> String {
    #"{"type":"record","name":"E","fields":[\#(fields)]}"#
  }

  private static func schema(event: String) -> String {
    schema(
      #"{"name":"device","type":"string"},{"name":"timestamp","type":"long"},"#
        + #"{"name":"event","type":\#(event)}"#)
  }

  private static let woke = #"{"type":"record","name":"DeviceWokeUp","fields":[]}"#

  /// A schema, the path to what is wrong with it, and what is said of that.
  @Test(
    arguments: [
      (#""int""#, "its root", "int is not a record of events"),
      (schema(""), "E.device", "there is no such field, and ours has no default"),
      (
        schema(#"{"name":"device","type":"string"}"#), "E.timestamp",
        "there is no such field, and ours has no default"
      ),
      (schema(event: #""string""#), "E.event", "string is none of our events"),
      (schema(event: #"["null","string"]"#), "E.event", noBranch),
      (schema(event: "[]"), "E.event", noBranch),
      (
        schema(event: woke).replacing(
          #""device","type":"string""#, with: #""device","type":"int""#),
        "E.device", "it is int, ours is string"
      ),
      (
        schema(event: woke).replacing(#""long""#, with: #""double""#), "E.timestamp",
        "it is double, \(noTime)"
      ),
      (
        schema(event: woke).replacing(#""long""#, with: #"["null","string"]"#), "E.timestamp",
        "it is null or string, \(noTime)"
      ),
    ] as [(String, String, String)])
  func aSchemaOfNoEventsSaysWhy(text: String, path: String, reason: String) throws {
    let schema = try AvroSchema(parsing: text)
    let error = #expect(throws: AvroSchemaError.self) {
      _ = try AvroEventPlan(schema, purpose: .segmenting)
    }
    #expect(
      error
        == .unresolvable(
          writer: schema.name(of: schema.root), reader: "Event", path: path, reason: reason))
  }

  private static let noTime = "ours is a time: long, or timestamp-millis, -micros or -nanos"
  private static let noBranch = "none of the writer's branches is one of ours"

  @Test(arguments: [
    (#"{"type":"record","name":"DataReceived","fields":[]}"#, "E.event.DataReceived.name"),
    (
      #"{"type":"record","name":"DataReceived","fields":["#
        + #"{"name":"name","type":"string"},{"name":"value","type":"string"}]}"#,
      "E.event.DataReceived.value"
    ),
  ])
  func allFieldsOfAnEventAreAskedForAlsoWhereTheyAreNotRead(branch: String, path: String) throws {
    let text = AvroEventPlanTests.schema(event: "[\(AvroEventPlanTests.woke),\(branch)]")
    let schema = try AvroSchema(parsing: text)
    for (purpose, reader) in [
      (AvroEventPlan.Purpose.segmenting, "Event"), (.reading, "SessionEvent"),
    ] {
      let error = #expect(throws: AvroSchemaError.self) {
        _ = try AvroEventPlan(schema, purpose: purpose)
      }
      #expect(error?.description.contains(" \(reader), at \(path): ") == true, "\(error as Any)")
    }
  }

  @Test(arguments: [
    "", #"{"name":"why","type":"string"}"#, #"{"name":"status","type":"string"}"#,
  ])
  func aClosingOfTheWritersOwnIsNoEventOfOurs(fields: String) throws {
    let closed = #"{"type":"record","name":"SessionClosed","fields":[\#(fields)]}"#
    let text = AvroEventPlanTests.schema(event: "[\(AvroEventPlanTests.woke),\(closed)]")
    let schema = try AvroSchema(parsing: text)
    let inside = fields.isEmpty ? [] : [TestAvroValue.of("x")]
    let values: [TestAvroValue] = [
      .record([.of("d"), .long(1), .branch(0, .record([]))]),
      .record([.of("d"), .long(2), .branch(1, .record(inside))]),
    ]
    let input = TestContainer.header(schema) + TestContainer.block(values, of: schema)
    for wantsDetails in [false, true] {
      let schemas = AvroSchemaTable(wantsDetails: wantsDetails)
      let batch = AvroEventPlanTests.batch(input, schemas, wantsDetails: wantsDetails)
      #expect(batch.records.count == 1 && batch.rejections.count == 1)
      let rejection = batch.rejections[0]
      #expect(rejection.fault == .unknownBranch && rejection.field == .event)
    }
  }

  @Test func anEventMayBeOneRecordAlone() throws {
    let text = AvroEventPlanTests.schema(event: AvroEventPlanTests.woke)
    let schema = try AvroSchema(parsing: text)
    let value = TestAvroValue.record([.of("d"), .long(5), .record([])])
    let input = TestContainer.header(schema) + TestContainer.block([value], of: schema)
    let found = ContainerDriver().decode(input)
    #expect(found.outline == ["d"] && found.records.first?.role == .start)
  }

  /// The usual start of an event is read at once where it is short and plain: here it is not.
  @Test(arguments: [0, 1, 30, 31, 32, 40, 63, 64, 100])
  func devicesOfAnyLengthAreRead(length: Int) {
    let devices = [
      String(repeating: "d", count: length), String(repeating: "d", count: length) + "é",
      "é" + String(repeating: "d", count: length),
    ]
    for device in devices {
      for time in [0, -1, 63, 64, .max, .min, 1_700_000_000_123] as [Int64] {
        // Behind it as much as is looked at at once, or nothing.
        for behind in [0, 1, 2, 20] {
          let events =
            [TestContainer.sent(device, time)]
            + Array(repeating: TestContainer.woke("", 0), count: behind)
          let found = ContainerDriver().decode(
            TestContainer.header() + TestContainer.block(events))
          #expect(found.records.first?.key == device)
          #expect(found.records.first?.time == time)
          #expect(found.records.first?.role == .end)
          #expect(found.records.count == behind + 1)
        }
      }
    }
  }

  /// What is not too deep to be read is not too deep to be written.
  @Test(arguments: 120...132)
  func whatIsReadIsWrittenHoweverDeepItIs(depth: Int) throws {
    let list = #"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#
    let schema = try AvroSchema(
      parsing: AvroEventPlanTests.schema(event: AvroEventPlanTests.woke)
        .replacing(#"{"name":"device""#, with: #"{"name":"x","type":\#(list)},{"name":"device""#))
    var value = TestAvroValue.branch(0, .null)
    for _ in 0..<depth { value = .branch(1, .record([value])) }
    let event = TestAvroValue.record([.record([value]), .of("d"), .long(1), .record([])])
    let input = TestContainer.header(schema) + TestContainer.block([event], of: schema)
    let schemas = AvroSchemaTable(wantsDetails: true)
    let batch = AvroEventPlanTests.batch(input, schemas, wantsDetails: true)
    let found = AvroEventPlanTests.lines(batch, wantsDetails: true)
    #expect(found.count == 1)
    agreeAsJSON(batch, schemas, found.compactMap { $0 }, "\(depth)")
    if depth <= 127 { #expect(found != [nil]) }
  }
}
