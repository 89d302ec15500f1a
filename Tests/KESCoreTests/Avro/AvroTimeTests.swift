// Times in other units than milliseconds: read by their unit, written in that of their schema.

import Testing

@testable import KESCore

@Suite struct AvroTimeTests {
  // MARK: Units

  @Test(
    arguments: [
      (.microseconds, 1_700_000_000_000_999, .milliseconds, 1_700_000_000_000),
      (.microseconds, 999, .milliseconds, 0), (.microseconds, -1, .milliseconds, -1),
      (.microseconds, -1000, .milliseconds, -1), (.microseconds, -1001, .milliseconds, -2),
      (.nanoseconds, -1, .milliseconds, -1), (.nanoseconds, 1_999_999, .milliseconds, 1),
      (.nanoseconds, 1999, .microseconds, 1), (.nanoseconds, -1, .microseconds, -1),
      (.microseconds, .min, .milliseconds, -9_223_372_036_854_776),
      (.milliseconds, 5, .microseconds, 5000), (.milliseconds, -5, .nanoseconds, -5_000_000),
      (.microseconds, 7, .nanoseconds, 7000), (.milliseconds, .max, .milliseconds, .max),
    ] as [(TimeUnit, Int64, TimeUnit, Int64)])
  func timesAreRoundedDown(from: TimeUnit, value: Int64, to: TimeUnit, expected: Int64) {
    let (found, isHeld) = from.convert(value, to: to)
    #expect(found == expected && !isHeld)
  }

  @Test(arguments: [TimeUnit.microseconds, .nanoseconds])
  func timesThatLeave64BitsAreHeld(unit: TimeUnit) {
    for edge in [unit.milliseconds.lowerBound, unit.milliseconds.upperBound] {
      let inside = TimeUnit.milliseconds.convert(edge, to: unit)
      let outside = TimeUnit.milliseconds.convert(edge + edge.signum(), to: unit)
      #expect(!inside.isHeld && inside.value == edge * unit.perMillisecond)
      #expect(outside.isHeld && outside.value == (edge < 0 ? .min : .max))
    }
  }

  // MARK: Schemas

  /// A type of `timestamp`, the raw value at 3.9 ms before 1970, or as near as that comes.
  static let times: [(type: String, raw: Int64, milliseconds: Int64)] = [
    (#""long""#, -4, -4), (#""int""#, -4, -4),
    (#"{"type":"long","logicalType":"timestamp-millis"}"#, -4, -4),
    (#"{"type":"long","logicalType":"local-timestamp-millis"}"#, -4, -4),
    (#"{"type":"long","logicalType":"timestamp-micros"}"#, -3900, -4),
    (#"{"type":"long","logicalType":"local-timestamp-micros"}"#, -3900, -4),
    (#"{"type":"long","logicalType":"timestamp-nanos"}"#, -3_900_000, -4),
    (#"{"type":"long","logicalType":"local-timestamp-nanos"}"#, -3_900_000, -4),
    // The type inside says what it is; a type of no other meaning may be named once more.
    (#"{"type":{"type":"long","logicalType":"timestamp-micros"}}"#, -3900, -4),
    (#"{"type":{"type":"long"},"logicalType":"timestamp-micros"}"#, -3900, -4),
    // Not in the specification, or not on that type: ignored, as it says.
    (#"{"type":"long","logicalType":"timestamp-seconds"}"#, -4, -4),
    (#"{"type":"long","logicalType":"timestamp_micros"}"#, -4, -4),
    (#"{"type":"long","logicalType":7}"#, -4, -4),
    (#"{"type":"long","logicalType":"date"}"#, -4, -4),
    (#"{"type":"long","logicalType":"time-millis"}"#, -4, -4),
    (#"{"type":"long","logicalType":"decimal"}"#, -4, -4),
    (#"{"type":"int","logicalType":"timestamp-millis"}"#, -4, -4),
    (#"{"type":"int","logicalType":"timestamp-micros"}"#, -4, -4),
    (#"{"type":"int","logicalType":"time-micros"}"#, -4, -4),
  ]

  static func schema(_ time: String) -> String {
    #"{"type":"record","name":"Event","fields":[{"name":"device","type":"string"},"#
      + #"{"name":"timestamp","type":\#(time)},"#
      + #"{"name":"event","type":[{"type":"record","name":"DeviceWokeUp","fields":[]}]}]}"#
  }

  @Test(arguments: times, ["", "null first", "null last"])
  func timesAreReadByTheirUnit(
    time: (type: String, raw: Int64, milliseconds: Int64), nullable: String
  ) throws {
    let type =
      nullable.isEmpty
      ? time.type
      : nullable == "null first" ? #"["null",\#(time.type)]"# : #"[\#(time.type),"null"]"#
    let schema = try AvroSchema(parsing: Self.schema(type))
    let long = time.type.contains(#""int""#) ? TestAvroValue.int(Int32(time.raw)) : .long(time.raw)
    let value =
      nullable.isEmpty ? long : .branch(nullable == "null first" ? 1 : 0, long)
    let event = TestAvroValue.record([.of("d"), value, .branch(0, .record([]))])
    let input = TestContainer.header(schema) + TestContainer.block([event], of: schema)
    #expect(ContainerDriver().decode(input).records.map(\.time) == [time.milliseconds])
  }

  @Test(arguments: [
    (#"{"type":"int","logicalType":"date"}"#, "date (int)"),
    (#"{"type":"int","logicalType":"time-millis"}"#, "time-millis (int)"),
    (#"{"type":"long","logicalType":"time-micros"}"#, "time-micros (long)"),
    (#"{"type":"bytes","logicalType":"decimal","precision":20}"#, "decimal (bytes)"),
    (#"{"type":"bytes","logicalType":"big-decimal"}"#, "big-decimal (bytes)"),
    (#"{"type":"string","logicalType":"uuid"}"#, "uuid (string)"),
    (#"{"type":"fixed","name":"F","size":12,"logicalType":"duration"}"#, "duration (F)"),
    (#"{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}"#, "uuid (F)"),
    (#"["null",{"type":"int","logicalType":"date"}]"#, "null or date (int)"),
    (#""double""#, "double"),
  ])
  func whatIsNoPointInTimeIsRefusedByItsName(type: String, name: String) throws {
    let schema = try AvroSchema(parsing: Self.schema(type))
    let error = #expect(throws: AvroSchemaError.self) {
      _ = try AvroEventPlan(schema, purpose: .segmenting)
    }
    let text = try #require(error).description
    #expect(text.contains("at Event.timestamp: it is \(name), ours is a time"), "\(text)")
    // Nor behind a schema of ours, which a number of days would fit.
    let resolution = #expect(throws: AvroSchemaError.self) {
      try AvroResolution(from: schema, to: .event)
    }
    #expect(try #require(resolution).description.contains("Event.timestamp"))
  }

  // MARK: Resolution

  private static func transcode(
    _ type: String, _ value: TestAvroValue, to other: String
  ) throws -> (bytes: [UInt8], flaw: Fault?) {
    let (writer, reader) = (try AvroSchema(parsing: type), try AvroSchema(parsing: other))
    let transcoder = AvroTranscoder(try AvroResolution(from: writer, to: reader))
    var output = ByteBlock()
    let bytes = TestAvroEncoder.encode(value, as: writer)
    let end = withTightSpan(bytes) { transcoder.transcode($0, 0, to: &output) }
    #expect(end == bytes.count)
    return (output.withBytes { $0.copied }, transcoder.reader.flaw?.fault)
  }

  private static func long(_ logical: String) -> String {
    #"{"type":"long","logicalType":"\#(logical)"}"#
  }

  /// In a field that is not ours: only where both say what they count.
  @Test(
    arguments: [
      ("timestamp-micros", "timestamp-millis", -1, -1),
      ("timestamp-millis", "timestamp-nanos", 3, 3_000_000),
      ("local-timestamp-nanos", "timestamp-micros", 1999, 1), ("timestamp-micros", "x", 1999, 1999),
      ("x", "timestamp-micros", 1999, 1999), ("time-micros", "timestamp-millis", 1999, 1999),
      ("timestamp-micros", "local-timestamp-micros", 1999, 1999),
    ] as [(String, String, Int64, Int64)])
  func otherTimesStayWhatTheyTell(from: String, to: String, value: Int64, expected: Int64) throws {
    let found = try Self.transcode(Self.long(from), .long(value), to: Self.long(to))
    #expect(found.bytes == TestAvroEncoder.long(expected) && found.flaw == nil)
    let union = try Self.transcode(
      #"["null",\#(Self.long(from))]"#, .branch(1, .long(value)), to: #"[\#(Self.long(to)),"null"]"#
    )
    #expect(union.bytes == [0] + TestAvroEncoder.long(expected) && union.flaw == nil)
  }

  @Test func timesOfDayStayWhatTheyTell() throws {
    let millis = #"{"type":"int","logicalType":"time-millis"}"#
    let found = try Self.transcode(millis, .int(7), to: Self.long("time-micros"))
    #expect(found.bytes == TestAvroEncoder.long(7000))
  }

  @Test func aTimeThatTheReadersUnitCannotHoldIsAFlaw() throws {
    let found = try Self.transcode(
      Self.long("timestamp-millis"), .long(9_223_372_036_855), to: Self.long("timestamp-nanos"))
    #expect(found.flaw == .unwritableTime)
    let held = try Self.transcode(
      Self.long("timestamp-millis"), .long(9_223_372_036_854), to: Self.long("timestamp-nanos"))
    #expect(held.flaw == nil && held.bytes == TestAvroEncoder.long(9_223_372_036_854_000_000))
  }

  /// `timestamp` counts milliseconds where it does not say so: at either end, also by an alias.
  @Test(
    arguments: [
      (#""long""#, long("timestamp-micros"), 7, 7000),
      (long("timestamp-micros"), #""long""#, 7999, 7),
      (long("x"), long("timestamp-nanos"), 7, 7_000_000),
      (long("timestamp-micros"), #"["null","long"]"#, 7999, 7),
    ] as [(String, String, Int64, Int64)])
  func theTimeOfAnEventIsInMillisecondsWhereItDoesNotSay(
    from: String, to: String, value: Int64, expected: Int64
  ) throws {
    let event = TestAvroValue.record([.of("d"), .long(value), .branch(0, .record([]))])
    let branch: [UInt8] = to.hasPrefix("[") ? [2] : []
    let bytes = [2, 0x64] + branch + TestAvroEncoder.long(expected) + [0]
    #expect(try Self.transcode(Self.schema(from), event, to: Self.schema(to)).bytes == bytes)
    let writer = Self.schema(from).replacing(#""timestamp","#, with: #""at","#)
    let reader = Self.schema(to).replacing(
      #""timestamp","#, with: #""timestamp","aliases":["at"],"#)
    #expect(try Self.transcode(writer, event, to: reader).bytes == bytes)
  }

  // MARK: Lines and times moved

  @Test func aLineWhoseTimeTheOutputCannotHoldIsRejected() throws {
    let formats = RecordFormats(
      output: .avro, schema: try AvroSchema(parsing: Self.schema(Self.long("timestamp-nanos"))))
    let decoder = formats.makeDecoder(input: nil, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    for time in [9_223_372_036_854, 9_223_372_036_855, -9_223_372_036_855] {
      batch.bytes.append(
        text: #"{"device":"d","timestamp":\#(time),"event":{"DeviceWokeUp":{}}}"# + "\n")
    }
    decoder.beginInput(.beginning)
    try decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    #expect(batch.records.count == 1 && batch.rejections.count == 2)
    #expect(
      decoder.message(for: batch.rejections[0], in: batch)
        == "a time that the unit of the output's schema cannot hold")
  }

  @Test(arguments: [(1, -4), (1000, -3900), (1_000_000, -3_900_001)] as [(Int64, Int64)])
  func aShiftKeepsTheUnitAndWhatIsBesideMilliseconds(per: Int64, raw: Int64) throws {
    let unit = [1: "millis", 1000: "micros", 1_000_000: "nanos"][per] ?? ""
    let schema = try AvroSchema(parsing: Self.schema(Self.long("timestamp-\(unit)")))
    let event = TestAvroValue.record([.of("d"), .long(raw), .branch(0, .record([]))])
    var decoder = AvroContainerDecoder(
      schemas: AvroSchemaTable(wantsDetails: true), wantsDetails: true, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 1024)
    let input = TestContainer.header(schema) + TestContainer.block([event], of: schema)
    batch.bytes.append(input.span)
    decoder.beginInput(.beginning)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    let shift = BatchTimeShift(
      TimeShift(moving: EventTime(milliseconds: -4), to: EventTime(milliseconds: 6)))
    var shifted = Batch(blockSize: 1024)
    shift.apply(to: batch, into: &shifted)
    let bytes = shifted.withRecordBytes(shifted.records[0]) { $0.copied }
    #expect(bytes == [2, 0x64] + TestAvroEncoder.long(raw + 10 * per) + [0])
  }

  @Test(
    arguments: [
      (0, 1, Int64.max, Int64.max), (0, .max, 5, .max), (0, -1, .min, .min), (.max, .min, 0, .min),
      (0, 3, 5, 3_000_005), (3, 0, 5, -2_999_995),
    ] as [(Int64, Int64, Int64, Int64)])
  func aShiftInNanosecondsStaysIn64Bits(first: Int64, target: Int64, time: Int64, moved: Int64) {
    let shift = TimeShift(
      moving: EventTime(milliseconds: first), to: EventTime(milliseconds: target))
    #expect(shift.moved(time, in: .nanoseconds) == moved)
  }

  // MARK: Held records

  @Test(arguments: ["timestamp-micros", "timestamp-millis"])
  func aHeldRecordKeepsItsTimeInARunOfAnotherUnit(unit: String) throws {
    let text = Self.schema(Self.long("timestamp-micros"))
    let formats = RecordFormats(
      output: .avro, schema: try AvroSchema(parsing: Self.schema(Self.long(unit))))
    var schemas = StoredSchemas()
    schemas.named = [(SchemaFingerprint(of: text), text)]
    let reader = try HeldRecordReader(schemas, formats: formats)
    var output = ByteBlock()
    let record = [2, 0x64] + TestAvroEncoder.long(-3900) + [0]
    _ = reader.read(record.span, SchemaFingerprint(of: text), into: &output)
    let time: Int64 = unit == "timestamp-micros" ? -3900 : -4
    #expect(output.withBytes { $0.copied } == [2, 0x64] + TestAvroEncoder.long(time) + [0])
    #expect(reader.failure == nil)
  }

  @Test func aHeldLineWhoseTimeTheOutputCannotHoldIsAFailure() throws {
    let formats = RecordFormats(
      output: .avro, schema: try AvroSchema(parsing: Self.schema(Self.long("timestamp-nanos"))))
    var schemas = StoredSchemas()
    schemas.hasOthers = true
    let reader = try HeldRecordReader(schemas, formats: formats)
    var output = ByteBlock()
    func read(_ time: Int64) {
      let line = Array(#"{"device":"d","timestamp":\#(time),"event":{"DeviceWokeUp":{}}}"#.utf8)
      _ = reader.read(line.span, .none, into: &output)
    }
    read(9_223_372_036_854)
    #expect(reader.failure == nil)
    read(9_223_372_036_855)
    #expect(reader.failure?.kind == .badData)
  }
}
