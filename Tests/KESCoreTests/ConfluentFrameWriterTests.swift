// Records as messages: their bytes, and whom the writer asks for the schema's id.

import Testing

@testable import KESCore

@Suite struct ConfluentFrameWriterTests {
  private let registry = StubSchemaRegistry([
    7: AvroSchema.event.text, 9: AvroSchema.sessionEvent.text,
  ])
  private let schemas = AvroSchemaTable(wantsDetails: false)

  private func writer(_ subject: String? = nil, registers: Bool = false) -> ConfluentFrameWriter {
    ConfluentFrameWriter(
      registry: registry, subject: subject.map { SubjectName($0) }, registers: registers,
      known: schemas)
  }

  /// What is written of `records`, each a payload, where the buffer is written behind each number of
  /// them.
  private func frames(
    _ writer: ConfluentFrameWriter, _ records: [[UInt8]], writes: [Int],
    moments: [FlushMoment] = [.full, .now, .last]
  ) throws(Failure) -> [UInt8] {
    var content = ByteBlock()
    var output = ByteBlock()
    for (index, record) in records.enumerated() {
      for byte in record { content.append(byte) }
      writer.avro.cuts.note(end: content.count)
      for (number, _) in writes.enumerated() where writes[number] == index + 1 {
        let moment = moments[number % moments.count]
        content.removeFirst(try writer.frame(content, at: moment, to: &output))
        if !content.isEmpty { Issue.record("\(content.count) bytes stay at \(moment)") }
      }
    }
    content.removeFirst(try writer.frame(content, at: .last, to: &output))
    return Frame.bytes(of: output)
  }

  @Test func eachRecordIsAMessageWhereverTheBufferIsWritten() throws {
    // A record may have no bytes, or more than fit into a block.
    let records = [
      Frame.woke("a", 1), [], Frame.woke("b", 2), Array(repeating: 5, count: 100_000), [0], [],
    ]
    let expected = records.flatMap { Frame.message(7, $0) }
    for first in 0...6 {
      for second in first...6 {
        let writer = writer()
        writer.avro.begin(.event)
        #expect(try frames(writer, records, writes: [first, second, second]) == expected)
      }
    }
    #expect(Set(registry.questions) == ["identifier events-value"])
  }

  @Test func whatIsWrittenIsRead() throws {
    let writer = writer()
    writer.avro.begin(.event)
    let records = (0..<100).map { Frame.woke("device-\($0)", Int64($0) << 20) }
    var reading = FrameReading()
    reading.registry = registry
    let found = reading.decode(try frames(writer, records, writes: [3, 50]))
    #expect(found.keys == (0..<100).map { "device-\($0)" } && found.messages == [])
  }

  @Test func withoutRecordsNothingIsWrittenAndNobodyAsked() throws {
    for moment in [FlushMoment.full, .now, .last] {
      var output = ByteBlock()
      #expect(try writer().frame(ByteBlock(), at: moment, to: &output) == 0)
      #expect(Frame.bytes(of: output) == [])
    }
    #expect(registry.questions == [])
  }

  static let questions: [(AvroSchema, String?, Bool, [String], Int32)] = [
    (.event, nil, false, ["identifier events-value"], 7),
    (.sessionEvent, nil, false, ["identifier session-events-value"], 9),
    (.event, "mine", false, ["identifier mine"], 7),
    // Registered only where it is not there.
    (.sessionEvent, nil, true, ["identifier session-events-value"], 9),
    (.markedSessionEvent, "mine", true, ["identifier mine", "register mine"], 10),
  ]

  @Test(arguments: questions)
  func theRegistryIsAskedOnceForTheSchemasId(
    schema: AvroSchema, subject: String?, registers: Bool, questions: [String], identifier: Int32
  ) throws {
    let writer = writer(subject, registers: registers)
    writer.avro.begin(schema)
    let written = try frames(writer, [[1], [2], [3]], writes: [1, 2])
    #expect(written == (1...3).flatMap { Frame.message(identifier, [UInt8($0)]) })
    #expect(registry.questions == questions)
  }

  @Test func recordsKeepTheIdThatTheyWereReadWith() throws {
    let number = try #require(schemas.number(of: .event))
    schemas.note(SchemaIdentifier(rawValue: 300), of: number)
    schemas.note(SchemaIdentifier(rawValue: 301), of: number)
    let writer = writer()
    writer.avro.begin(.event)
    #expect(try frames(writer, [[1]], writes: []) == Frame.message(300, [1]))
    #expect(registry.questions == [])
    // A subject that is named is one to be asked.
    let other = self.writer("mine")
    other.avro.begin(.event)
    #expect(try frames(other, [[1]], writes: []) == Frame.message(7, [1]))
    #expect(registry.questions == ["identifier mine"])
  }

  @Test func messagesThatAnEarlierRunWroteGoOnWithTheirSchema() throws {
    let writer = writer("mine")
    writer.resume(SchemaIdentifier(rawValue: 5), .markedSessionEvent)
    writer.avro.begin(.event)
    #expect(writer.avro.marksDuplicates)
    #expect(try frames(writer, [[1]], writes: []) == Frame.message(5, [1]))
    #expect(registry.questions == [])
  }

  @Test func eachRecordHasTheIdOfItsSchema() throws {
    let writer = writer()
    let forms = [writer.avro.begin(.sessionEvent), writer.avro.begin(.event)]
    #expect(writer.avro.begin(.sessionEvent) == forms[0] && forms[0] != forms[1])
    var content = ByteBlock()
    var output = ByteBlock()
    for (number, form) in [forms[1], forms[0], forms[0], forms[1]].enumerated() {
      content.append(UInt8(number))
      writer.avro.cuts.form = form
      writer.avro.cuts.note(end: content.count)
    }
    #expect(try writer.frame(content, at: .now, to: &output) == 4)
    let expected = [(7, 0), (9, 1), (9, 2), (7, 3)] as [(Int32, UInt8)]
    #expect(Frame.bytes(of: output) == expected.flatMap { Frame.message($0, [$1]) })
    #expect(
      registry.questions == ["identifier events-value", "identifier session-events-value"])
  }

  @Test func whatMayOnlyBeReadIsNotRegistered() throws {
    registry.failures["register events-value"] = .refused(place: "p", reason: "status 403")
    let there = writer(registers: true)
    there.avro.begin(.event)
    #expect(try frames(there, [[1]], writes: []) == Frame.message(7, [1]))
    // Who may only write is not kept from it.
    registry.failures = ["identifier events-value": .refused(place: "p", reason: "status 403")]
    let blind = writer(registers: true)
    blind.avro.begin(.event)
    #expect(try frames(blind, [[1]], writes: []) == Frame.message(7, [1]))
  }

  static let failures: [(Failure, Failure.Kind)] = [
    (StubSchemaRegistry.unreachable, .unavailable),
    (.unknownSubject(SubjectName("s"), place: "p"), .configuration),
    (.unregistered(SubjectName("s"), place: "p"), .configuration),
    (.incompatible(SubjectName("s"), place: "p", reasons: []), .badData),
    (.refused(place: "p", reason: "status 401"), .configuration),
  ]

  @Test(arguments: failures)
  func whereTheIdCannotBeHadNothingIsWritten(error: Failure, kind: Failure.Kind) throws {
    registry.failures["identifier events-value"] = error
    let writer = writer()
    writer.avro.begin(.event)
    var content = ByteBlock()
    var output = ByteBlock()
    content.append(1)
    writer.avro.cuts.note(end: 1)
    let failure = #expect(throws: Failure.self) {
      try writer.frame(content, at: .now, to: &output)
    }
    #expect(failure?.kind == kind && failure?.description == error.description)
    #expect(Frame.bytes(of: output) == [])
    // Once it can be had, what waited is written.
    registry.failures = [:]
    #expect(try writer.frame(content, at: .now, to: &output) == 1)
    #expect(Frame.bytes(of: output) == Frame.message(7, [1]))
  }
}
