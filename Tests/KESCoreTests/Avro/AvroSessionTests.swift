// Sessions of Avro events: the same as of the same events in JSON-lines.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroSessionTests {
  /// Events of few devices with loss, repetition and disorder.
  private static func events(_ generator: inout SeededGenerator, _ count: Int) -> [PlainEvent] {
    var events: [PlainEvent] = []
    var time: Int64 = 0
    for _ in 0..<count {
      if generator.chance(10), let repeated = events.suffix(5).randomElement(using: &generator) {
        events.append(repeated)
        continue
      }
      time += generator.chance(5) ? 10_000 : Int64.random(in: 0...900, using: &generator)
      var event = PlainEvent.random(
        &generator, kinds: [.deviceWokeUp, .dataReceived, .dataReceived, .allDataSent],
        hasSession: false, marksDuplicates: false, isNarrow: true)
      event.device = "d\(Int.random(in: 0..<4, using: &generator))"
      event.time = time - (generator.chance(10) ? 2000 : 0)
      events.append(event)
    }
    return events
  }

  /// Runs the segmenter over a batch, and lends what it says.
  private static func segment<Result: ~Copyable>(
    _ batch: borrowing Batch, marksDuplicates: Bool, _ body: (borrowing Outcome) -> Result
  ) -> Result {
    var rules = SegmentationRules()
    rules.duplicates = marksDuplicates ? .mark : .keep
    var segmenter = Segmenter(rules: rules)
    var outcome = Outcome()
    segmenter.segment(batch, into: &outcome)
    return body(outcome)
  }

  private static func sessionLines(
    of events: [PlainEvent], _ emission: Emission, marksDuplicates: Bool
  ) -> [String] {
    var batch = Batch(blockSize: 1024)
    for event in events { batch.bytes.append(text: event.line + "\n") }
    var decoder = JSONLinesDecoder(purpose: .segmenting, greatestRecord: 1 << 20)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    var encoder = JSONLinesSessionEncoder(emission: emission, marksDuplicates: marksDuplicates)
    return segment(batch, marksDuplicates: marksDuplicates) { outcome in
      var output = ByteBlock()
      encoder.encode(batch, outcome, to: &output)
      return canonical(lines(output))
    }
  }

  /// Lines as our encoder of events writes them.
  static func canonical(_ lines: [String]) -> [String] {
    var batch = Batch(blockSize: 1024)
    for line in lines { batch.bytes.append(text: line + "\n") }
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    let rejected = batch.rejections.count
    #expect(rejected == 0)
    return written(batch)
  }

  static func written(_ batch: borrowing Batch) -> [String] {
    var output = ByteBlock()
    JSONLinesEventEncoder().encode(batch, to: &output)
    return KESCoreTests.lines(output)
  }

  /// Reads a container file with all details.
  static func read(_ file: [UInt8]) -> [String] {
    var decoder = AvroContainerDecoder(
      schemas: AvroSchemaTable(wantsDetails: true), wantsDetails: true, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(file.span)
    decoder.beginInput(.beginning)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    let rejected = batch.rejections.count
    #expect(rejected == 0)
    return written(batch)
  }

  private func sessionFile(
    of input: [UInt8], _ emission: Emission, marksDuplicates: Bool
  ) throws -> [UInt8] {
    let formats = RecordFormats(output: .avro) {
      $0.adaptedToSessions(
        marksDuplicates: marksDuplicates, wantsClosings: emission != .events)
    }
    var decoder = AvroContainerDecoder(
      schemas: formats.schemas, target: formats.target, wantsDetails: false,
      greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(input.span)
    decoder.beginInput(.beginning)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    let writer = AvroContainerWriter(codec: .null, blockSize: 500)
    var encoder = AvroSessionEncoder(
      emission: emission, marksDuplicates: marksDuplicates, avro: writer.avro,
      target: formats.target, converter: try #require(formats.linesConverter))
    return AvroSessionTests.segment(batch, marksDuplicates: marksDuplicates) { outcome in
      var buffer = ByteBlock()
      var file = ByteBlock()
      encoder.encode(batch, outcome, to: &buffer)
      do {
        _ = try writer.frame(buffer, at: .last, to: &file)
      } catch {
        Issue.record(error)
      }
      return file.withBytes { $0.copied }
    }
  }

  @Test(arguments: Emission.allCases, [false, true])
  func sessionsAreThoseOfTheSameEventsInJSON(emission: Emission, marksDuplicates: Bool) throws {
    for seed in TestSeeds.each(700_000...700_039) {
      var generator = SeededGenerator(seed: seed)
      // Ours, or anyone's.
      var maker = RandomEventSchema(generator, isOfEvents: true)
      let text = seed % 4 == 0 ? AvroSchema.event.text : maker.schema().text
      let schema = try AvroSchema(parsing: text)
      let events = AvroSessionTests.events(&generator, 40)
      var data = EventDataMaker(schema, generator)
      // A record that is repeated is the same in all that it holds.
      var known: [String: TestAvroValue] = [:]
      let values = events.map { event in
        let value = known[event.line] ?? data.value(event)
        known[event.line] = value
        return value
      }
      let input = TestContainer.header(schema) + TestContainer.block(values, of: schema)
      let file = try sessionFile(of: input, emission, marksDuplicates: marksDuplicates)
      let expected = AvroSessionTests.sessionLines(
        of: events, emission, marksDuplicates: marksDuplicates)
      #expect(AvroSessionTests.read(file) == expected, "seed \(seed): \(text)")
    }
  }

  // MARK: Closings

  @Test func closingsHaveDefaultsAndEmptyValuesForWhatIsNotOurs() throws {
    let schema = try AvroSchema(
      parsing: #"{"type":"record","name":"Event","fields":["#
        + #"{"name":"site","type":"string","default":"here"},"#
        + #"{"name":"floor","type":"int"},{"name":"device","type":["null","string"]},"#
        + #"{"name":"tags","type":{"type":"array","items":"string"}},"#
        + #"{"name":"event","type":[{"type":"record","name":"DeviceWokeUp","fields":[]},"#
        + #"{"type":"record","name":"AllDataSent","fields":[]}]},"#
        + #"{"name":"timestamp","type":"long"},{"name":"kind","type":["string","null"]}]}"#)
    let values: [TestAvroValue] = [0, 1].map { branch in
      .record([
        .of("there"), .int(3), .branch(1, .of("d")), .array([.of("x")]),
        .branch(branch, .record([])), .long(1000 + Int64(branch)), .branch(0, .of("k")),
      ])
    }
    let input = TestContainer.header(schema) + TestContainer.block(values, of: schema)
    let file = try sessionFile(of: input, .all, marksDuplicates: false)
    let formats = RecordFormats(wantsDetails: true, output: .json)
    let decoder = formats.makeDecoder(input: nil, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(file.span)
    decoder.beginInput(.beginning)
    try decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    var encoder = JSONLinesRecordEncoder(converter: formats.makeAvroConverter())
    var output = ByteBlock()
    encoder.encode(batch, to: &output)
    let closing = try #require(lines(output).last)
    #expect(
      closing.hasPrefix(
        #"{"site":"here","floor":0,"device":"d","tags":[],"event":{"SessionClosed":{"#
          + #""status":"completed","start":1000,"end":1001,"events":2,"partial":false}},"#
          + #""timestamp":1001,"kind":null,"session":""#), "\(closing)")
    #expect(lines(output).count == 3)
  }
}
