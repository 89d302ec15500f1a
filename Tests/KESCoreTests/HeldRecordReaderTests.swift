// What becomes of records that an earlier run held, in a run that may write another schema.

import Testing

@testable import KESCore

@Suite struct HeldRecordReaderTests {
  private static func schema(_ fields: String, kinds: [String] = ["DeviceWokeUp"]) -> String {
    let branches = kinds.map { #"{"type":"record","name":"\#($0)","fields":[]}"# }
    return #"{"type":"record","name":"Event","fields":[{"name":"device","type":"string"},"#
      + #"{"name":"timestamp","type":{"type":"long","logicalType":"timestamp-millis"}},"#
      + #"{"name":"event","type":[\#(branches.joined(separator: ","))]}\#(fields)]}"#
  }

  private static let plain = schema("")
  private static let sited = schema(#",{"name":"site","type":"string","default":"none"}"#)
  private static let floored = schema(#",{"name":"floor","type":"string"}"#)
  private static let ending = schema("", kinds: ["DeviceWokeUp", "AllDataSent"])

  /// An event of device `a` at 5, with the branch of that number.
  private static func event(_ branch: UInt8 = 0, _ suffix: String = "") -> [UInt8] {
    [2, 0x61, 10, branch * 2] + (suffix.isEmpty ? [] : [UInt8(suffix.utf8.count * 2)])
      + Array(suffix.utf8)
  }

  private func stored(_ texts: [String], hasOthers: Bool = false) -> StoredSchemas {
    var schemas = StoredSchemas()
    schemas.named = texts.map { (SchemaFingerprint(of: $0), $0) }
    schemas.hasOthers = hasOthers
    return schemas
  }

  /// What the reader makes of a record: its schema's text, and its bytes.
  private func read(
    _ record: [UInt8], of text: String, by reader: HeldRecordReader, _ formats: RecordFormats
  ) -> (text: String, bytes: [UInt8]) {
    var output = ByteBlock()
    output.append(UInt8(7))
    let number = reader.read(record.span, SchemaFingerprint(of: text), into: &output)
    return (
      number == 0 ? "" : formats.schemas.schema(number).text,
      output.withBytes { Array($0.copied.dropFirst()) }
    )
  }

  @Test func whereTheOutputIsJSONRecordsStayWhatTheyAre() throws {
    let formats = RecordFormats(output: .json)
    let reader = try HeldRecordReader(stored([Self.sited, Self.plain]), formats: formats)
    for (record, text) in [
      (Self.event(), Self.plain), (Self.event(0, "hall"), Self.sited),
    ] {
      let found = read(record, of: text, by: reader, formats)
      #expect(found.text == text && found.bytes == record)
    }
    #expect(reader.failure == nil)
  }

  @Test func theSchemaOfTheRunIsThatOfTheFirstRecordHeld() throws {
    let formats = RecordFormats(output: .avro)
    let reader = try HeldRecordReader(stored([Self.sited, Self.plain]), formats: formats)
    let found = read(Self.event(), of: Self.plain, by: reader, formats)
    #expect(found.text == Self.sited && found.bytes == Self.event(0, "none"))
    #expect(formats.target.schema?.text == Self.sited)
  }

  @Test func recordsBecomeWhatTheRunWritesAlready() throws {
    let formats = RecordFormats(output: .avro)
    formats.target.fix(try AvroSchema(parsing: Self.plain))
    let reader = try HeldRecordReader(stored([Self.sited]), formats: formats)
    let found = read(Self.event(0, "hall"), of: Self.sited, by: reader, formats)
    #expect(found.text == Self.plain && found.bytes == Self.event())
    #expect(reader.failure == nil)
  }

  @Test func aRecordThatTheSchemaOfTheRunCannotHoldIsAFailure() throws {
    let formats = RecordFormats(output: .avro)
    formats.target.fix(try AvroSchema(parsing: Self.plain))
    let reader = try HeldRecordReader(stored([Self.ending]), formats: formats)
    _ = read(Self.event(), of: Self.ending, by: reader, formats)
    #expect(reader.failure == nil)
    _ = read(Self.event(1), of: Self.ending, by: reader, formats)
    let failure = try #require(reader.failure)
    #expect(failure.kind == .badData)
    #expect(
      failure.description.hasPrefix("records that an earlier run held cannot be written any more"))
  }

  @Test func aSchemaThatCannotBecomeThatOfTheRunIsRefusedAtOnce() throws {
    let formats = RecordFormats(output: .avro)
    formats.target.fix(try AvroSchema(parsing: Self.floored))
    #expect(throws: Failure.self) {
      try HeldRecordReader(stored([Self.plain]), formats: formats)
    }
  }

  @Test func linesAreHeldBesideAvro() throws {
    let formats = RecordFormats(output: .avro)
    let reader = try HeldRecordReader(
      stored([Self.ending], hasOthers: true), formats: formats)
    var output = ByteBlock()
    let line = Array("{}".utf8)
    let number = reader.read(line.span, .none, into: &output)
    let bytes = output.withBytes { $0.copied }
    #expect(number == 0 && bytes == line)
    #expect(formats.target.schema?.text == Self.ending)
  }

  @Test func withoutRecordsThatAreHeldNothingIsFixed() throws {
    let formats = RecordFormats(output: .avro)
    _ = try HeldRecordReader(stored([]), formats: formats)
    #expect(formats.target.schema == nil)
  }
}
