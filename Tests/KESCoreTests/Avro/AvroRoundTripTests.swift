// JSON-lines to Avro and back: the same events.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroRoundTripTests {
  private static func bytes(_ block: borrowing ByteBlock) -> [UInt8] {
    block.withBytes { $0.copied }
  }

  /// What a run with Avro output makes of lines.
  private func convert(
    _ lines: [String], wantsDetails: Bool, schema: AvroSchema? = nil
  ) throws -> (file: [UInt8], rejected: Int) {
    let formats = RecordFormats(wantsDetails: wantsDetails, output: .avro, schema: schema)
    let decoder = formats.makeDecoder(input: nil, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    for line in lines { batch.bytes.append(text: line + "\n") }
    decoder.beginInput(.beginning)
    try decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    let writer = AvroContainerWriter(codec: .null, blockSize: 300)
    var encoder = AvroRecordEncoder(
      writer.avro, target: formats.target, converter: try #require(formats.linesConverter))
    var buffer = ByteBlock()
    var file = ByteBlock()
    encoder.encode(batch, to: &buffer)
    _ = try writer.frame(buffer, at: .last, to: &file)
    return (AvroRoundTripTests.bytes(file), batch.rejections.count)
  }

  /// What a run with JSON output makes of a container file.
  private func convertBack(_ file: [UInt8]) throws -> [String] {
    let formats = RecordFormats(wantsDetails: true, output: .json)
    let decoder = formats.makeDecoder(input: nil, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(file.span)
    decoder.beginInput(.beginning)
    try decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    let rejected = batch.rejections.count
    #expect(rejected == 0)
    var encoder = JSONLinesRecordEncoder(converter: formats.makeAvroConverter())
    var output = ByteBlock()
    encoder.encode(batch, to: &output)
    return KESCoreTests.lines(output)
  }

  @Test(arguments: TestSeeds.parts(800_000...800_299), [false, true])
  func eventsAreTheSameThereAndBack(seeds: TestSeeds, hasSession: Bool) throws {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let marks = hasSession && generator.chance(50)
      let kinds = EventKind.allCases.filter { $0 != .sessionClosed || hasSession }
      var lines: [String] = []
      for _ in 0..<10 {
        lines.append(
          PlainEvent.random(
            &generator, kinds: kinds, hasSession: hasSession, marksDuplicates: marks,
            isNarrow: false
          ).line)
      }
      let canonical = AvroSessionTests.canonical(lines)
      let (file, rejected) = try convert(lines, wantsDetails: hasSession)
      #expect(rejected == 0, "seed \(seed)")
      #expect(AvroSessionTests.read(file) == canonical, "seed \(seed)")
      #expect(try convertBack(file) == canonical, "seed \(seed)")
      // The spelling of JSON does not matter.
      #expect(try convert(canonical, wantsDetails: hasSession).file == file, "seed \(seed)")
    }
  }

  private static func received(_ name: String, _ value: String) -> String {
    #"{"device":"d","timestamp":1,"event":{"DataReceived":{"name":"\#(name)","value":\#(value)}}}"#
  }

  /// A line as it is written back.
  @Test(arguments: [
    received("n", #""NaN""#), received("n", "1e999"), received("n", "-1e999"),
    received("n", "-0.000"), received("n", "0.000"), received("n", "1.7976931348623157e+308"),
    received("n", "5e-324"), received("n", "0.1000000000000000055"),
    received("n", "9007199254740993"),
    received(#"\u0000"#, "1"), received(#"\ud83d\ude00\u00e9\t\"\\\/"#, "1"), received("", "1"),
    received(String(repeating: "long ", count: 100), "1"),
    #"{"device":"d","timestamp":9223372036854775807,"event":{"DeviceWokeUp":{}}}"#,
    #"{"device":"d","timestamp":-9223372036854775808,"event":{"AllDataSent":{}}}"#,
    #"{"timestamp":1.7e12,"event":{"kes.AllDataSent":{"x":1}},"more":[null],"device":"d"}"#,
  ])
  func whatNumbersAndTextsCanBeComesBack(line: String) throws {
    let canonical = AvroSessionTests.canonical([line])
    #expect(canonical.count == 1)
    let (file, _) = try convert([line], wantsDetails: false)
    #expect(AvroSessionTests.read(file) == canonical)
    #expect(try convertBack(file) == canonical)
  }

  /// What events of ours do not have may have any type in a line.
  @Test(arguments: [#""id":17"#, #""duplicate":null"#, #""duplicate":"no""#, #""duplicate":{}"#])
  func whatIsNoFieldOfAnEventIsLeftOut(member: String) throws {
    func line(_ device: String, _ rest: String) -> String {
      #"{"device":"\#(device)","timestamp":1,"event":{"DeviceWokeUp":{}}\#(rest)}"#
    }
    let lines = [line("a", ""), line("b", "," + member), line("c", "")]
    let (file, rejected) = try convert(lines, wantsDetails: false)
    #expect(rejected == 0)
    #expect(AvroSessionTests.read(file) == [line("a", ""), line("b", ""), line("c", "")])
  }

  // MARK: Schemas of others

  @Test func linesAreResolvedIntoTheSchemaOfTheRun() throws {
    let schema = try AvroSchema(
      parsing: #"{"type":"record","name":"Reading","fields":["#
        + #"{"name":"event","type":["#
        + #"{"type":"record","name":"AllDataSent","fields":[]},"#
        + #"{"type":"record","name":"DataReceived","fields":["#
        + #"{"name":"value","type":"double"},{"name":"unit","type":"string","default":"K"},"#
        + #"{"name":"name","type":"bytes"}]},"#
        + #"{"type":"record","name":"DeviceWokeUp","fields":[]}]},"#
        + #"{"name":"timestamp","type":"double"},{"name":"device","type":["null","string"]}]}"#
        .replacing(#""timestamp","type":"double""#, with: #""timestamp","type":"long""#))
    let line = AvroRoundTripTests.received("n", "0.500")
    let (file, _) = try convert([line], wantsDetails: false, schema: schema)
    #expect(try AvroRoundTripTests.schemaText(file) == schema.text)
    #expect(AvroSessionTests.read(file) == [line])
  }

  private static func schemaText(_ file: [UInt8]) throws -> String {
    try #require(AvroContainerHeader(of: file)).schemaText
  }

  @Test func whatTheSchemaOfTheRunDoesNotHaveIsRefusedAlone() throws {
    let schema = try AvroSchema(
      parsing: #"{"type":"record","name":"Event","fields":[{"name":"device","type":"string"},"#
        + #"{"name":"timestamp","type":"long"},"#
        + #"{"name":"event","type":[{"type":"record","name":"DeviceWokeUp","fields":[]}]}]}"#)
    let woke = #"{"device":"d","timestamp":1,"event":{"DeviceWokeUp":{}}}"#
    let lines = [woke, AvroRoundTripTests.received("n", "1"), woke]
    for wantsDetails in [false, true] {
      let (file, rejected) = try convert(lines, wantsDetails: wantsDetails, schema: schema)
      #expect(rejected == 1)
      #expect(AvroSessionTests.read(file) == [woke, woke])
    }
  }

  @Test func closingsWhoseStatusTheSchemaDoesNotHaveAreRefused() throws {
    let text = AvroSchema.sessionEvent.text.replacing(#","purged"]"#, with: "]")
    let schema = try AvroSchema(parsing: text)
    var event = PlainEvent(device: "d", time: 1, kind: .sessionClosed)
    event.session = "s"
    var other = event
    other.kind = .deviceWokeUp
    let (file, rejected) = try convert(
      [event.line, other.line], wantsDetails: true, schema: schema)
    #expect(rejected == 1)
    #expect(AvroSessionTests.read(file) == [other.line])
  }
}
