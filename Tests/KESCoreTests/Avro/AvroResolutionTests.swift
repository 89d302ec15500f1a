// Schema resolution against a naive resolver and libavro's, on random pairs of schemas.

import TestSupport
import Testing

@testable import KESCore

@Suite struct AvroResolutionTests {
  /// What our transcoder makes of the datum that some bytes begin with.
  private struct Transcoding {
    var end: Int
    var bytes: [UInt8]
    var flaw: Fault?
    var fault: Fault?

    init(_ bytes: [UInt8], _ resolution: AvroResolution) {
      let transcoder = AvroTranscoder(resolution)
      var output = ByteBlock()
      end = withTightSpan(bytes) { transcoder.transcode($0, 0, to: &output) }
      self.bytes = output.withBytes { $0.copied }
      flaw = transcoder.reader.flaw?.fault
      fault = end < 0 ? transcoder.reader.fault : nil
    }
  }

  private struct Pair {
    let writer: AvroSchema
    let reader: AvroSchema
    let comment: Comment

    init(
      _ generator: inout SeededGenerator, edits: [AvroEdit], isForward: Bool? = nil, seed: UInt64
    ) throws {
      let schema = RandomAvroSchema.make(&generator)
      let other = RandomAvroEdits.derive(schema, &generator, edits: edits)
      // Either may have been there first.
      let isForward = isForward ?? generator.chance(70)
      let (from, to) = isForward ? (schema.text, other.text) : (other.text, schema.text)
      writer = try AvroSchema(parsing: from)
      reader = try AvroSchema(parsing: to)
      comment = "seed \(seed): \(from) -> \(to)"
    }
  }

  // MARK: Judges

  @Test(arguments: TestSeeds.parts(300_000...303_999))
  func resolvesAsTheNaiveResolverDoes(seeds: TestSeeds) throws {
    var resolved = 0
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let pair = try Pair(&generator, edits: AvroEdit.allCases, seed: seed)
      let reference = ReferenceAvroResolver(writer: pair.writer, reader: pair.reader)
      let resolution = try? AvroResolution(from: pair.writer, to: pair.reader)
      #expect((resolution != nil) == reference.resolves, pair.comment)
      guard let resolution, reference.resolves, !hasEndlessRecords(pair.writer) else { continue }
      resolved += 1
      for _ in 0..<4 {
        let value = RandomAvroData.make(pair.writer, &generator)
        let bytes = TestAvroEncoder.encode(value, as: pair.writer, generator)
        agree(Transcoding(bytes, resolution), bytes, reference.resolve(value), resolution, pair)
        let damaged = AvroJudgeTests.damage(bytes, &generator)
        agreeOnDamaged(Transcoding(damaged, resolution), damaged, resolution, pair)
      }
    }
    #expect(!TestSeeds.areAll || resolved * 8 > seeds.count * 3, "\(resolved)")
  }

  private func agree(
    _ found: Transcoding, _ bytes: [UInt8], _ expected: TestAvroValue?,
    _ resolution: AvroResolution, _ pair: Pair
  ) {
    #expect(found.end == bytes.count, pair.comment)
    if resolution.isCopy { #expect(found.bytes == bytes, pair.comment) }
    if let expected {
      #expect(found.flaw == nil, pair.comment)
      let read = AvroFinding(found.bytes, pair.reader)
      #expect(read == .value(expected.ordered, length: found.bytes.count), pair.comment)
    } else {
      #expect(found.flaw != nil, pair.comment)
      if keepsEverything(resolution) { #expect(found.flaw == .invalidUTF8, pair.comment) }
    }
  }

  /// Whether every value of the writer's schema is one of the reader's: no branch or symbol without
  /// a counterpart.
  private func keepsEverything(_ resolution: AvroResolution) -> Bool {
    resolution.actions.allSatisfy { action in
      switch action {
      case .enumeration(let symbols): symbols.allSatisfy { $0 != nil }
      case .union(let branches): branches.allSatisfy { $0 != nil }
      default: true
      }
    }
  }

  /// What is no datum of the writer's is none of the reader's.
  private func agreeOnDamaged(
    _ found: Transcoding, _ bytes: [UInt8], _ resolution: AvroResolution, _ pair: Pair
  ) {
    switch AvroFinding(bytes, pair.writer) {
    case .fault(let fault): #expect(found.fault == fault, pair.comment)
    case .flaw: #expect(found.fault == nil && found.flaw != nil, pair.comment)
    case .value(_, let length):
      #expect(found.end == length, pair.comment)
      if found.flaw == nil {
        let read = AvroFinding(found.bytes, pair.reader)
        guard case .value(_, found.bytes.count) = read else {
          Issue.record("\(read): \(pair.comment)")
          return
        }
      }
    case .unjudged: break
    }
  }

  @Test(arguments: TestSeeds.parts(400_000...402_999))
  func resolvesAsLibavroDoes(seeds: TestSeeds) throws {
    var read = 0
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let pair = try Pair(&generator, edits: AvroEdit.libavro, isForward: true, seed: seed)
      let writer = try #require(LibAvroSchema(pair.writer.text))
      let reader = try #require(LibAvroSchema(pair.reader.text))
      guard let resolution = try? AvroResolution(from: pair.writer, to: pair.reader) else {
        continue
      }
      if hasHollowRecords(pair.reader) || hasEndlessRecords(pair.reader) { continue }
      let reference = ReferenceAvroResolver(writer: pair.writer, reader: pair.reader)
      var first = reference
      first.takesFirst = true
      first.promotesText = false
      for _ in 0..<3 {
        let value = RandomAvroData.make(pair.writer, &generator)
        // libavro takes the first branch of the reader's that matches, we the writer's own; and it
        // knows no bytes as text.
        if reference.resolve(value) != first.resolve(value) { continue }
        let bytes = TestAvroEncoder.encode(value, as: pair.writer, generator)
        let theirs = try #require(LibAvroValue(reader))
        let result = theirs.resolve(bytes, from: writer, to: reader)
        let ours = Transcoding(bytes, resolution)
        #expect(result == (ours.flaw == nil ? .read : .refused), pair.comment)
        guard result == .read, let found = theirs.testValue else { continue }
        read += 1
        #expect(
          AvroFinding(ours.bytes, pair.reader) == .value(found.ordered, length: ours.bytes.count),
          pair.comment)
      }
    }
    #expect(!TestSeeds.areAll || read > seeds.count, "\(read)")
  }

  /// Whether there are records that hold nothing: libavro's resolver falls over arrays of them.
  private func hasHollowRecords(_ schema: AvroSchema) -> Bool {
    let layout = AvroLayout(schema)
    return schema.types.indices.contains {
      layout[$0].kind == .record && layout[$0].emptyValues > 0
    }
  }

  /// Whether there are records that hold themselves, so that there are no data of them: libavro makes
  /// values without end.
  private func hasEndlessRecords(_ schema: AvroSchema) -> Bool {
    var open: Set<Int> = []
    func isEndless(_ type: Int) -> Bool {
      guard case .record(_, let fields) = schema.types[type] else { return false }
      if !open.insert(type).inserted { return true }
      defer { open.remove(type) }
      return fields.contains { isEndless($0.type) }
    }
    return schema.types.indices.contains(where: isEndless)
  }

  // MARK: Records inside themselves

  @Test func whatResolvedInsideARecordThatDoesNotIsResolvedAgain() throws {
    func schema(_ bad: String) throws -> AvroSchema {
      try AvroSchema(
        parsing: #"["null",{"type":"record","name":"P","fields":["#
          + #"{"name":"q","type":["null",{"type":"record","name":"Q","fields":["#
          + #"{"name":"p","type":["null","P"]}]}]},{"name":"bad","type":"\#(bad)"}]},"Q"]"#)
    }
    let writer = try schema("string")
    let resolution = try AvroResolution(from: writer, to: try schema("int"))
    let reference = ReferenceAvroResolver(writer: writer, reader: resolution.reader)
    let null = TestAvroValue.branch(0, .null)
    let record = TestAvroValue.record([null, .of("abc")])
    for value in [.branch(2, .record([null])), .branch(2, .record([.branch(1, record)])), null] {
      let bytes = TestAvroEncoder.encode(value, as: writer)
      let found = Transcoding(bytes, resolution)
      #expect(found.end == bytes.count)
      #expect((found.flaw == nil) == (reference.resolve(value) != nil), "\(value)")
    }
  }

  @Test func theRecordsAtTheRootMayHaveOtherNamesInsideThemselvesToo() throws {
    func schema(_ name: String) throws -> AvroSchema {
      try AvroSchema(
        parsing: #"{"type":"record","name":"\#(name)","fields":["#
          + #"{"name":"one","type":["null","\#(name)"]},"#
          + #"{"name":"all","type":{"type":"array","items":"\#(name)"}}]}"#)
    }
    let writer = try schema("A")
    let resolution = try AvroResolution(from: writer, to: try schema("B"))
    let empty = TestAvroValue.record([.branch(0, .null), .array([])])
    let value = TestAvroValue.record([.branch(1, empty), .array([empty, empty])])
    let bytes = TestAvroEncoder.encode(value, as: writer)
    let found = Transcoding(bytes, resolution)
    #expect(found.flaw == nil && found.bytes == bytes)
  }

  @Test(.timeLimit(.minutes(1)))
  func recordsThatDoNotResolveAreLookedAtOnce() throws {
    func record(_ name: String, _ type: String) -> String {
      #"{"type":"record","name":"\#(name)","fields":[{"name":"f","type":\#(type)}]}"#
    }
    // The reader has a union of two at each of 40 levels, either of which the writer's could become;
    // at the bottom is what does not resolve.
    var (writer, reader, again) = (#""string""#, #""int""#, #""int""#)
    for level in 0..<40 {
      writer = record("w.R\(level)", writer)
      reader = "[\(record("a.R\(level)", reader)),\(record("b.R\(level)", again))]"
      again = #"["a.R\#(level)","b.R\#(level)"]"#
    }
    let (from, to) = (try AvroSchema(parsing: writer), try AvroSchema(parsing: reader))
    let error = #expect(throws: AvroSchemaError.self) { try AvroResolution(from: from, to: to) }
    #expect(error?.description.hasSuffix(": the writer has string, the reader int") == true)
  }

  // MARK: What does not resolve

  private static func record(_ fields: String, name: String = "R") -> String {
    #"{"type":"record","name":"\#(name)","fields":[\#(fields)]}"#
  }

  private static func field(_ type: String, _ rest: String = "") -> String {
    record(#"{"name":"f","type":\#(type)\#(rest)}"#)
  }

  /// The writer's schema, the reader's, the path to what does not resolve, and what is said of it.
  @Test(
    arguments: [
      (#""int""#, #""string""#, "int", "the writer has int, the reader string"),
      (#""long""#, #""int""#, "long", "the writer has long, the reader int"),
      (#""double""#, #""float""#, "double", "the writer has double, the reader float"),
      (#""boolean""#, #""int""#, "boolean", "the writer has boolean, the reader int"),
      (#""null""#, #""int""#, "null", "the writer has null, the reader int"),
      (record(""), #""int""#, "R", "the writer has R, the reader int"),
      (
        record(""), field(#""int""#), "R.f",
        "the writer has no such field, and the reader no default"
      ),
      (field(#""string""#), field(#""int""#), "R.f", "the writer has string, the reader int"),
      (
        field(record(#"{"name":"a","type":"int"}"#, name: "S")),
        field(record(#"{"name":"a","type":"null"}"#, name: "S")), "R.f.a",
        "the writer has int, the reader null"
      ),
      (
        field(record("", name: "S")), field(record("", name: "T")), "R.f",
        "the writer has S, the reader T"
      ),
      (
        field(#"{"type":"array","items":"int"}"#), field(#"{"type":"array","items":"null"}"#),
        "R.f.items", "the writer has int, the reader null"
      ),
      (
        field(#"{"type":"map","values":"int"}"#), field(#"{"type":"map","values":"null"}"#),
        "R.f.values", "the writer has int, the reader null"
      ),
      (
        field(#"{"type":"fixed","name":"F","size":2}"#),
        field(#"{"type":"fixed","name":"F","size":3}"#), "R.f", "the writer has F, the reader F"
      ),
      (
        field(#"{"type":"enum","name":"E","symbols":[]}"#),
        field(#"{"type":"enum","name":"G","symbols":[]}"#), "R.f", "the writer has E, the reader G"
      ),
      (
        field(#""int""#), field(#"["null","string"]"#), "R.f",
        "the reader's union has no branch for the writer's int"
      ),
      (
        field(#"["int","null"]"#), field(#""string""#), "R.f",
        "the writer has int, the reader string"
      ),
      (
        field("[\(record(#"{"name":"a","type":"int"}"#, name: "S"))]"),
        field("[\"null\",\(record(#"{"name":"a","type":"null"}"#, name: "S"))]"), "R.f.S.a",
        "the writer has int, the reader null"
      ),
      (
        record(""), field(#""int""#, #","default":"x""#), "R.f",
        "the reader's default does not fit: a string for int"
      ),
    ] as [(String, String, String, String)])
  func saysWhatDoesNotResolveAndWhere(
    from: String, to: String, path: String, reason: String
  ) throws {
    let (writer, reader) = (try AvroSchema(parsing: from), try AvroSchema(parsing: to))
    let error = #expect(throws: AvroSchemaError.self) {
      try AvroResolution(from: writer, to: reader)
    }
    let (name, other) = (writer.name(of: writer.root), reader.name(of: reader.root))
    #expect(
      error == .unresolvable(writer: name, reader: other, path: path, reason: reason))
    #expect(
      error?.description
        == "the writer's schema \(name) does not resolve into the reader's \(other), at \(path):"
        + " \(reason)")
  }

  // MARK: Defaults

  /// A type, a default, and its bytes.
  @Test(
    arguments: [
      (#""null""#, "null", []), (#""boolean""#, "true", [1]), (#""boolean""#, "false", [0]),
      (#""int""#, "-2147483648", [255, 255, 255, 255, 15]),
      (#""long""#, "9223372036854775807", [254, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
      (#""float""#, "0.5", [0, 0, 0, 63]), (#""float""#, "2", [0, 0, 0, 64]),
      (#""double""#, "-1.5", [0, 0, 0, 0, 0, 0, 248, 191]),
      (#""double""#, "2", [0, 0, 0, 0, 0, 0, 0, 64]),
      (#""string""#, #""é""#, [4, 0xC3, 0xA9]),
      (#""bytes""#, #""aÿ""#, [4, 97, 255]),
      (#"{"type":"fixed","name":"F","size":2}"#, #""aÿ""#, [97, 255]),
      (#"{"type":"enum","name":"E","symbols":["a","b"]}"#, #""b""#, [2]),
      (#"{"type":"array","items":"int"}"#, "[]", [0]),
      (#"{"type":"array","items":"int"}"#, "[1,2]", [4, 2, 4, 0]),
      (#"{"type":"map","values":"int"}"#, #"{"k":1}"#, [2, 2, 107, 2, 0]),
      (#"["int","null"]"#, "7", [0, 14]), (#"["null","int"]"#, "null", [0]),
      (record(#"{"name":"a","type":"int"}"#, name: "S"), #"{"a":1,"b":2}"#, [2]),
      (record(#"{"name":"a","type":"int","default":3}"#, name: "S"), "{}", [6]),
    ] as [(String, String, [UInt8])])
  func defaultsAreEncodedByTheirTypes(type: String, json: String, bytes: [UInt8]) throws {
    let reader = try AvroSchema(parsing: AvroResolutionTests.field(type, #","default":\#(json)"#))
    let writer = try AvroSchema(parsing: AvroResolutionTests.record(""))
    #expect(Transcoding([], try AvroResolution(from: writer, to: reader)).bytes == bytes)
  }

  /// A type, a default, and why it does not fit.
  @Test(
    arguments: [
      (#""null""#, "0", "a number for null"), (#""boolean""#, "1", "a number for boolean"),
      (#""int""#, "2147483648", "a number for int"), (#""int""#, "1.5", "a number for int"),
      (#""long""#, "9e18", "a number for long"),
      (#""double""#, #""NaN""#, "a string for double"), (#""string""#, "null", "null for string"),
      (#""bytes""#, #""Ā""#, "a byte beyond U+00FF"),
      (#"{"type":"fixed","name":"F","size":2}"#, #""abc""#, "not 2 bytes"),
      (#"{"type":"enum","name":"E","symbols":["a"]}"#, #""b""#, #"no symbol "b""#),
      (#"{"type":"array","items":"int"}"#, "{}", "an object for array"),
      (#"{"type":"array","items":"int"}"#, "[null]", "null for int"),
      (#"{"type":"map","values":"int"}"#, "[]", "an array for map"),
      (#"["int","null"]"#, "null", "null for int"), ("[]", "null", "a union without branches"),
      (record(#"{"name":"a","type":"int"}"#, name: "S"), "{}", #"no value for "a""#),
      (record(#"{"name":"a","type":"S","default":{}}"#, name: "S"), "{}", endless),
      (record(#"{"name":"a","type":["S","null"],"default":{}}"#, name: "S"), "{}", endless),
      (doubled(30), "{}", endless),
    ] as [(String, String, String)])
  func defaultsThatDoNotFitAreRefused(type: String, json: String, reason: String) throws {
    let reader = try AvroSchema(parsing: AvroResolutionTests.field(type, #","default":\#(json)"#))
    let writer = try AvroSchema(parsing: AvroResolutionTests.record(""))
    let error = #expect(throws: AvroSchemaError.self) {
      try AvroResolution(from: writer, to: reader)
    }
    #expect(error?.description.hasSuffix("the reader's default does not fit: \(reason)") == true)
  }

  private static let endless = "a value that does not end, or is too large"

  /// Records each of which has two of the one before, by default.
  private static func doubled(_ levels: Int) -> String {
    var type = record(#"{"name":"a","type":"int","default":1}"#, name: "R0")
    for level in 1...levels {
      type = record(
        #"{"name":"a","type":\#(type),"default":{}},"#
          + #"{"name":"b","type":"R\#(level - 1)","default":{}}"#, name: "R\(level)")
    }
    return type
  }

  @Test func defaultsTogetherAreBounded() throws {
    // Each of them takes 400,000 bytes, and some twenty in the schema.
    var fields = [#"{"name":"a","type":\#(AvroResolutionTests.doubled(14)),"default":{}}"#]
    func reader() throws -> AvroSchema {
      try AvroSchema(parsing: AvroResolutionTests.record(fields.joined(separator: ",")))
    }
    let writer = try AvroSchema(parsing: AvroResolutionTests.record(""))
    let one = try AvroResolution(from: writer, to: try reader())
    let length = Transcoding([], one).bytes.count
    for number in 0..<500 { fields.append(#"{"name":"a\#(number)","type":"R14","default":{}}"#) }
    #expect(length * 500 > 1 << 22)
    let error = #expect(throws: AvroSchemaError.self) {
      try AvroResolution(from: writer, to: try reader())
    }
    #expect(error?.description.hasSuffix(": defaults of more than 4194304 bytes") == true)
  }

  @Test func whatDefaultsMakeOfAFewItemsIsBounded() throws {
    func schema(_ fields: String) throws -> AvroSchema {
      try AvroSchema(
        parsing: #"{"type":"array","items":{"type":"record","name":"R","fields":[\#(fields)]}}"#)
    }
    let writer = try schema("")
    let text = String(repeating: "x", count: 999)
    let reader = try schema(#"{"name":"f","type":"string","default":"\#(text)"}"#)
    let transcoder = AvroTranscoder(
      try AvroResolution(from: writer, to: reader), greatestLength: 100_000)
    for (count, isRead) in [(1, true), (99, true), (100, false), (65_536, false)] {
      let bytes = TestAvroEncoder.long(Int64(count)) + [0]
      var output = ByteBlock()
      let end = transcoder.transcode(bytes.span, 0, to: &output)
      #expect(end == bytes.count)
      #expect((transcoder.reader.flaw == nil) == isRead)
      if !isRead { #expect(transcoder.reader.flaw?.fault == .tooLong) }
      let length = output.count
      #expect(length <= 100_010)
    }
  }

  // MARK: Empty values

  private static let nilUUID = [72] + Array("00000000-0000-0000-0000-000000000000".utf8)
  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  @Test(
    arguments: [
      (#""null""#, []), (#""boolean""#, [0]), (#""int""#, [0]), (#""long""#, [0]),
      (#""float""#, [0, 0, 0, 0]), (#""double""#, [0, 0, 0, 0, 0, 0, 0, 0]), (#""string""#, [0]),
      (#""bytes""#, [0]), (#"{"type":"fixed","name":"F","size":2}"#, [0, 0]),
      (#"{"type":"enum","name":"E","symbols":["a","b"]}"#, [0]),
      (#"{"type":"array","items":"int"}"#, [0]), (#"{"type":"map","values":"int"}"#, [0]),
      (#"["int","null"]"#, [2]), (#"["null","int"]"#, [0]), (#"["int","string"]"#, [0, 0]),
      (#"{"type":"enum","name":"E","symbols":["a","b"],"default":"b"}"#, [2]),
      // Of each logical type a value that every reader takes.
      (#"{"type":"string","logicalType":"uuid"}"#, nilUUID),
      (#"{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}"#, zeros(16)),
      (#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#, [2, 0]),
      (#"{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9}"#, zeros(4)),
      (#"{"type":"bytes","logicalType":"big-decimal"}"#, [6, 2, 0, 0]),
      (#"{"type":"fixed","name":"F","size":12,"logicalType":"duration"}"#, zeros(12)),
      (#"{"type":"int","logicalType":"date"}"#, [0]),
      (#"{"type":"int","logicalType":"time-millis"}"#, [0]),
      (#"{"type":"long","logicalType":"time-micros"}"#, [0]),
      (#"{"type":"long","logicalType":"timestamp-nanos"}"#, [0]),
      (#"[{"type":"string","logicalType":"uuid"},"int"]"#, [0] + nilUUID),
      (
        record(
          #"{"name":"a","type":{"type":"string","logicalType":"uuid"}},"#
            + #"{"name":"b","type":{"type":"array","items":{"type":"bytes","logicalType":"decimal"}}},"#
            + #"{"name":"c","type":["null",{"type":"bytes","logicalType":"decimal"}]}"#, name: "S"),
        nilUUID + [0, 0]
      ),
      // A default that is none of its logical type, and one that is.
      (
        record(
          #"{"name":"a","type":{"type":"string","logicalType":"uuid"},"default":""},"#
            + #"{"name":"b","type":{"type":"bytes","logicalType":"decimal"},"default":""},"#
            + #"{"name":"c","type":{"type":"bytes","logicalType":"decimal"},"default":"\u0005"}"#,
          name: "S"),
        nilUUID + [2, 0, 2, 5]
      ),
      // What stands on a type that it is not for says nothing.
      (#"{"type":"bytes","logicalType":"uuid"}"#, [0]),
      (#"{"type":"string","logicalType":"decimal"}"#, [0]),
      (
        record(#"{"name":"a","type":"int","default":3},{"name":"b","type":"int"}"#, name: "S"),
        [6, 0]
      ),
      (record(#"{"name":"a","type":"int","default":"no"}"#, name: "S"), [0]),
      // Records that hold themselves: the first branch that ends.
      (record(#"{"name":"a","type":["S","null"]},{"name":"b","type":"int"}"#, name: "S"), [2, 0]),
      (record(#"{"name":"a","type":["S","null"],"default":{}}"#, name: "S"), [2]),
      (record(#"{"name":"a","type":{"type":"array","items":"S"}}"#, name: "S"), [0]),
    ] as [(String, [UInt8])])
  func emptyValuesAreOfTheirTypes(type: String, bytes: [UInt8]) throws {
    let reader = try AvroSchema(parsing: AvroResolutionTests.field(type))
    let writer = try AvroSchema(parsing: AvroResolutionTests.record(""))
    let resolution = try AvroResolution(from: writer, to: reader, missing: .isEmpty)
    #expect(Transcoding([], resolution).bytes == bytes)
    #expect(AvroFinding(bytes, reader) != .fault(.truncated))
  }

  @Test(arguments: [
    record(#"{"name":"a","type":"S"}"#, name: "S"), "[]",
    #"{"type":"enum","name":"E","symbols":[]}"#, #"{"type":"fixed","name":"F","size":2000000000}"#,
    doubled(30).replacing(#","default":{}"#, with: ""),
  ])
  func whatHasNoEmptyValueDoesNotResolve(type: String) throws {
    let reader = try AvroSchema(parsing: AvroResolutionTests.field(type))
    let writer = try AvroSchema(parsing: AvroResolutionTests.record(""))
    let error = #expect(throws: AvroSchemaError.self) {
      try AvroResolution(from: writer, to: reader, missing: .isEmpty)
    }
    #expect(error?.description.contains("R.f: there is no empty value of") == true)
  }
}
