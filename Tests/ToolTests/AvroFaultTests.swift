// Avro files that are damaged, or are none.

import Foundation
import KESCore
import TestSupport
import Testing

/// A damaged file, and what is to become of it.
struct DamagedFile: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: Data
  /// The times of the events that can be read before the first fault, and in all.
  let before: [Int64]
  let all: [Int64]
  /// How many records are rejected.
  let rejected: Int
  /// Where the first fault is, and what is said of it.
  let place: String
  let reason: String

  var testDescription: String { name }

  /// They have the reading half in common: each file is tried with kes-read and one of the others.
  var anotherTool: String {
    ["kes-segment", "kes-purge", "kes-produce --replay --speed max"][name.count % 3]
  }
}

extension DamagedFile {
  /// Four events a block, of the times 10 to 13, 20 to 23 and so on.
  private static func data(_ block: Int64) -> Data {
    (0..<4).map { RawContainer.woke("d\($0)", block * 10 + $0) }.reduce(Data(), +)
  }

  /// The same with another byte in it; a record has five.
  private static func data(_ block: Int64, replacing index: Int, with byte: UInt8) -> Data {
    var bytes = data(block)
    bytes[index] = byte
    return bytes
  }

  private static func times(_ blocks: Int64...) -> [Int64] {
    blocks.flatMap { block in (0..<4).map { block * 10 + $0 } }
  }

  /// A file with `damage` as its second block of four.
  private static func file(
    schema: String = eventSchema, codec: String? = "null", _ damage: (inout RawContainer) -> Void
  ) -> Data {
    var container = RawContainer(schema: schema, codec: codec)
    container.append(count: 4, data(1))
    damage(&container)
    container.append(count: 4, data(3))
    container.append(count: 4, data(4))
    return container.bytes
  }

  private static let headLength = RawContainer(schema: eventSchema).bytes.count
  private static let blockLength = data(1).count + 18
  private static let second = headLength + blockLength
  /// Where the data of the second block begin.
  private static let secondData = second + 2

  /// The second block is damaged: `rejected` records of it are lost, from the byte `inside` of its
  /// data on; `read` are the times of those that can be read, and `after` of those behind the fault.
  private static func second(
    _ name: String, rejected: Int, _ reason: String, inside: Int? = nil, read: [Int64] = [],
    after: [Int64] = times(3, 4), _ damage: (inout RawContainer) -> Void
  ) -> DamagedFile {
    DamagedFile(
      name: name, bytes: file(damage), before: times(1) + read, all: times(1) + read + after,
      rejected: rejected, place: "block 2, byte \(inside.map { secondData + $0 } ?? second)",
      reason: reason)
  }

  /// Nothing can be read.
  private static func whole(
    _ name: String, _ bytes: Data, rejected: Int = 1, at place: String = "block 1, byte 0",
    _ reason: String
  ) -> DamagedFile {
    DamagedFile(
      name: name, bytes: bytes, before: [], all: [], rejected: rejected, place: place,
      reason: reason)
  }

  private static let good = file { $0.append(count: 4, data(2)) }

  static let table: [DamagedFile] = [
    second(
      "a wrong sync marker", rejected: 4, "the block does not end with the file's sync marker",
      after: times(4)
    ) { $0.append(count: 4, data(2), sync: Data(repeating: 1, count: 16)) },
    second("a negative count", rejected: 1, "not the beginning of a block") {
      $0.append(count: -4, data(2))
    },
    second("the least count", rejected: 1, "not the beginning of a block") {
      $0.append(count: .min, data(2))
    },
    second("more records than bytes", rejected: 20, "a count of items that its block cannot hold") {
      $0.append(count: .max, data(2))
    },
    second(
      "bytes behind the last record", rejected: 1, "bytes behind the block's last record",
      inside: 15, read: [20, 21, 22]
    ) { $0.append(count: 3, data(2)) },
    second(
      "a record more than there are", rejected: 1, "a value goes on behind the end of its block",
      inside: 20, read: times(2)
    ) { $0.append(count: 5, data(2)) },
    second("no records, but bytes", rejected: 1, "bytes behind the block's last record", inside: 0)
    { $0.append(count: 0, data(2)) },
    second(
      "a device name that is not UTF-8", rejected: 1, "a string that is not UTF-8 for \"device\"",
      inside: 1, after: [21, 22, 23] + times(3, 4)
    ) { $0.append(count: 4, data(2, replacing: 1, with: 0xFF)) },
    second(
      "a branch that there is not", rejected: 3,
      "a branch that its union does not have; 3 records", inside: 9, read: [20]
    ) { $0.append(count: 4, data(2, replacing: 9, with: 6)) },
    second(
      "a negative length", rejected: 4, "a length that is negative; 4 records are lost", inside: 0
    ) { $0.append(count: 4, data(2, replacing: 0, with: 1)) },
    second(
      "a string longer than its block", rejected: 4,
      "a value goes on behind the end of its block; 4 records", inside: 0
    ) { $0.append(count: 4, RawContainer.long(1 << 40) + data(2).dropFirst()) },
    second(
      "a number without an end", rejected: 4, "a number that is too long; 4 records", inside: 0
    ) { $0.append(count: 4, Data(repeating: 0xFF, count: 40)) },
    DamagedFile(
      name: "text behind the last block", bytes: good + Data("and some more text\n".utf8),
      before: times(1, 2, 3, 4), all: times(1, 2, 3, 4), rejected: 1,
      place: "block 5, byte \(good.count)", reason: "not the beginning of a block"),
    DamagedFile(
      name: "zeros behind the last block", bytes: good + Data(repeating: 0, count: 100),
      before: times(1, 2, 3, 4), all: times(1, 2, 3, 4), rejected: 1,
      place: "block 5, byte \(good.count)",
      reason: "the block does not end with the file's sync marker"),
    whole(
      "text behind the magic", Data("Obj\u{1}and then some text\n".utf8),
      "not an Avro container file: it ends inside the header"),
    whole(
      "a header that ends early", good.prefix(100),
      "not an Avro container file: it ends inside the header"),
    whole(
      "no schema", Data("Obj\u{1}\0".utf8) + RawContainer.sync,
      "not an Avro container file: it has no avro.schema"),
    whole(
      "an unknown codec", file(codec: "lz77") { $0.append(count: 4, data(2)) }, rejected: 16,
      at: "block 1, byte \(headLength)", #"the codec "lz77" is unknown; known are null, deflate,"#),
    whole(
      "a schema that is not JSON", file(schema: "{nonsense") { $0.append(count: 4, data(2)) },
      rejected: 16, at: "block 1, byte \(RawContainer(schema: "{nonsense").bytes.count)",
      "the schema is not JSON"),
    whole(
      "a schema that is none", file(schema: #"{"type":"recrod"}"#) { $0.append(count: 4, data(2)) },
      rejected: 16, at: "block 1, byte \(RawContainer(schema: #"{"type":"recrod"}"#).bytes.count)",
      #"the schema is wrong at its root: "recrod" is neither"#),
    whole(
      "a schema without events",
      file(schema: #"{"type":"string"}"#) { $0.append(count: 4, data(2)) }, rejected: 16,
      at: "block 1, byte \(RawContainer(schema: #"{"type":"string"}"#).bytes.count)",
      "the writer's schema string does not resolve into the reader's"),
    compressed("deflate"), compressed("snappy"), compressed("zstandard"), compressed("bzip2"),
    compressed("xz"), compressed("lzma"),
  ]

  private static func compressed(_ codec: String) -> DamagedFile {
    let length = RawContainer(schema: eventSchema, codec: codec).bytes.count
    return whole(
      "data that are not \(codec)", file(codec: codec) { $0.append(count: 4, data(2)) },
      rejected: 16, at: "block 1, byte \(length)",
      "the block cannot be expanded; 4 records are lost with it")
  }
}

@Suite(.threadsOfTheirOwn) struct AvroFaultTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func times(_ finished: Finished) throws -> [Int64] {
    try jsonObjects(finished.text).compactMap {
      if case .number(let time) = $0["timestamp"] { Int64(time) } else { nil }
    }
  }

  @Test(arguments: DamagedFile.table)
  func aFaultEndsTheRunBehindTheGoodRecords(file: DamagedFile) throws {
    try directory.write(file.bytes, to: "in.avro")
    for tool in ["kes-read", file.anotherTool] {
      let ended = try runTool("\(tool) --format json in.avro")
      let name = tool.prefix { $0 != " " }
      #expect(ended.status == 65, "\(tool)")
      #expect(try times(ended) == file.before, "\(tool)")
      #expect(ended.errors.hasPrefix("\(name): in.avro: \(file.place): \(file.reason)"))
      #expect(ended.errors.split(separator: "\n").count == 1, "\(ended.errors)")
    }
  }

  @Test(arguments: DamagedFile.table)
  func whatIsBehindAFaultIsReadWhereItIsSkipped(file: DamagedFile) throws {
    try directory.write(file.bytes, to: "in.avro")
    for tool in ["kes-read", file.anotherTool] {
      let ended = try runTool("\(tool) --format json in.avro --on-error skip --stats")
      #expect(ended.status == 1, "\(tool)")
      #expect(try times(ended) == file.all, "\(tool)")
      let figures = try Self.figures(ended.errors)
      #expect(figures["rejected"] == file.rejected, "\(tool)")
      #expect(figures["records"] == file.all.count + file.rejected, "\(tool)")
    }
    let kept = try runTool("kes-segment in.avro --dead-letter dead")
    #expect(kept.status == 0 && kept.errors == "")
    try directory.write(kept.output, to: "out.avro")
    #expect(try times(runTool("kes-read --format json out.avro")) == file.all)
    try Self.expectLetters(try directory.text("dead"), of: file)
  }

  private static func figures(_ errors: String) throws -> [String: Int] {
    let line = try #require(errors.split(separator: "\n").last { $0.hasPrefix("{") })
    return try #require(json(String(line)) as? [String: Int])
  }

  /// Every line has its place and reason, and bytes that stand in the file, the first those of the
  /// first fault.
  private static func expectLetters(_ letters: String, of file: DamagedFile) throws {
    let lines = letters.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(lines.first?[0] == "in.avro: \(file.place)" && !lines.isEmpty)
    for line in lines {
      #expect(line.count == 3)
      let bytes = try #require(data(hexadecimal: String(line[2])))
      #expect(file.bytes.range(of: bytes) != nil || bytes.isEmpty, "\(line)")
      #expect(line[2] == line[2].lowercased())
    }
  }

  private static func data(hexadecimal text: String) -> Data? {
    let digits = Array(text)
    guard digits.count % 2 == 0 else { return nil }
    return Data(
      stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0..<$0 + 2]), radix: 16)
      })
  }

  @Test func deadLettersGiveTheBytesBack() throws {
    var container = RawContainer(schema: eventSchema)
    let bad = RawContainer.long(3) + Data([0x09, 0x0A, 0xFF]) + RawContainer.long(1) + Data([2])
    container.append(count: 2, RawContainer.woke("a", 1) + bad.dropLast() + Data([0]))
    try directory.write(container.bytes, to: "in.avro")
    try directory.write("{}\n", to: "in.jsonl")
    let ended = try runTool("kes-read in.avro in.jsonl --dead-letter dead --format json")
    #expect(ended.status == 0 && ended.lines.count == 1)
    let lines = try directory.text("dead").split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].hasSuffix("\t06090aff0200"))
    // Lines stay as they are.
    #expect(lines[1].hasSuffix("\t{}"))
    // What `xxd -r -p` does; perl is everywhere.
    let bytes = try Program.shell(
      "head -n 1 dead | cut -f 3 | perl -ne 'chomp; print pack(\"H*\", $_)'", directory: directory)
    #expect(bytes.output == bad.dropLast() + Data([0]))
  }

  @Test(arguments: [
    (#"{"name":"name","type":"string"},"#, "", "there is no such field, and ours has no"),
    (
      #""name":"value","type":"double""#, #""name":"value","type":"string""#,
      "it is string, ours is double"
    ),
  ])
  func everyToolWantsAllFieldsOfAnEvent(part: String, changed: String, reason: String) throws {
    let schema = eventSchema.replacingOccurrences(of: part, with: changed)
    #expect(schema != eventSchema)
    var container = RawContainer(schema: schema)
    container.append(count: 1, RawContainer.woke("a", 1))
    try directory.write(container.bytes, to: "in.avro")
    for tool in ["kes-segment", "kes-read", "kes-purge", "kes-produce --replay --speed max"] {
      let ended = try runTool("\(tool) in.avro")
      #expect(ended.status == 65 && ended.errors.contains(reason), "\(ended.errors)")
    }
  }

  @Test func aFileThatIsCutAnywhereIsReadUpToThere() throws {
    let produced = try Program.shell(
      faultyEvents + " --events 60 --format avro --block-size 200", directory: directory)
    let file = try AvroFile(produced.output)
    let ends = file.ends
    let whole = try Program.shell(faultyEvents + " --events 60", directory: directory).lines
    let counts = try ends.indices.map { index in
      try directory.write(file.prefix(blocks: index), to: "prefix.avro")
      return try runTool("kes-read --format json prefix.avro").lines.count
    }
    let cuts = [4, 5, 20, ends[0] - 1] + stride(from: ends[0], to: file.bytes.count, by: 29)
    for cut in cuts {
      try directory.write(file.bytes.prefix(cut), to: "cut.avro")
      let ended = try runTool("kes-read --format json cut.avro")
      let blocks = ends.lastIndex { $0 <= cut }
      #expect(ended.lines == Array(whole[..<(blocks.map { counts[$0] } ?? 0)]), "cut at \(cut)")
      if ends.contains(cut) {
        #expect(ended.status == 0 && ended.errors == "", "cut at \(cut)")
        continue
      }
      let place = blocks.map { "block \($0 + 1), byte \(ends[$0])" } ?? "block 1, byte 0"
      #expect(ended.status == 65, "cut at \(cut)")
      #expect(ended.errors.hasPrefix("kes-read: cut.avro: \(place): "), "\(ended.errors)")
    }
  }

  @Test func theReasonIsThatOfTheFileThatIsWrong() throws {
    var unknown = RawContainer(schema: eventSchema, codec: "lz77")
    unknown.append(count: 2, RawContainer.woke("a", 1) + RawContainer.woke("a", 2))
    var strange = RawContainer(schema: #"{"type":"int"}"#)
    strange.append(count: 1, RawContainer.long(7))
    var good = RawContainer(schema: eventSchema(with: #"{"name":"site","type":"int"}"#))
    good.append(count: 1, RawContainer.woke("a", 3) + RawContainer.long(5))
    try directory.write(strange.bytes + unknown.bytes + good.bytes, to: "in.avro")
    for options in ["", "--format avro"] {
      let ended = try Program.shell(
        "kes-segment in.avro --dead-letter dead \(options) | kes-read --format json",
        directory: directory)
      let letters = try directory.text("dead").split(separator: "\n")
      #expect(letters.count == 2)
      #expect(letters[0].contains("the writer's schema int does not resolve"))
      #expect(letters[1].contains("the codec \"lz77\" is unknown"))
      // What holds no events does not decide what the output holds.
      #expect(ended.text.contains(#""site":5,"session""#))
    }
  }

  // MARK: Schemas that contain themselves

  @Test(arguments: ["--emit events", "--emit all --flush"])
  func aSchemaThatContainsItselfIsReadAsFarAsWeGo(rules: String) throws {
    let tree =
      #"{"name":"tree","type":{"type":"record","name":"Tree","fields":["#
      + #"{"name":"child","type":["Tree","null"]}]}}"#
    var container = RawContainer(schema: eventSchema(with: tree))
    for depth in [0, 1, 100, 300] {
      let nested = Data(repeating: 0, count: depth) + RawContainer.long(1)
      container.append(count: 1, RawContainer.woke("a", Int64(depth)) + nested)
    }
    try directory.write(container.bytes, to: "in.avro")
    let ended = try Program.shell(
      "kes-segment \(rules) in.avro --on-error skip | kes-read --format json;"
        + " exit ${PIPESTATUS[0]}", directory: directory)
    #expect(ended.status == 1)
    #expect(ended.lines.count { !$0.contains("SessionClosed") } == 3)
    #expect(ended.lines.allSatisfy { $0.contains(#""tree":{"child":"#) })
    let failed = try runTool("kes-segment \(rules) in.avro")
    #expect(failed.status == 65)
    #expect(failed.errors.contains("block 4, byte "))
    #expect(failed.errors.contains("more than 256 types inside each other"))
  }

  @Test(arguments: [
    #"{"name":"x","type":{"type":"record","name":"R","fields":[{"name":"x","type":"R"}]}}"#,
    #"{"name":"x","type":{"type":"record","name":"R","fields":[{"name":"x","type":["R"]}]}}"#,
    #"{"name":"x","type":{"type":"record","name":"R","fields":[{"name":"x","type":["null","R"]},"#
      + #"{"name":"y","type":"R","default":{}}]}}"#,
    #"{"name":"x","type":{"type":"enum","name":"E","symbols":[]}}"#,
    #"{"name":"x","type":{"type":"fixed","name":"F","size":2147483647}}"#,
    AvroFaultTests.doubling(count: 60),
  ])
  func aSchemaWithoutASmallValueHasNoPlaceForClosings(field: String) throws {
    try directory.write(RawContainer(schema: eventSchema(with: field)).bytes, to: "none.avro")
    var good = RawContainer(schema: eventSchema)
    good.append(count: 1, RawContainer.woke("a", 1))
    try directory.write(good.bytes, to: "good.avro")
    let ended = try Program.shell(
      "kes-segment --emit all --flush none.avro | kes-read --format json", directory: directory)
    #expect(ended.status == 0 && ended.text == "" && ended.errors == "")
    // The output holds what `Event` has, as closings have to fit.
    let both = try Program.shell(
      "kes-segment --emit all --flush none.avro good.avro | kes-read --format json",
      directory: directory)
    #expect(both.lines.count == 2 && both.errors == "")
  }

  /// A record of two of a record of two of a record: many values in few lines.
  private static func doubling(count: Int) -> String {
    var type = #""int""#
    for number in 0..<count {
      type =
        #"{"type":"record","name":"D\#(number)","fields":[{"name":"a","type":\#(type)},"#
        + #"{"name":"b","type":"\#(number == 0 ? "int" : "D\(number - 1)")"}]}"#
    }
    return #"{"name":"x","type":\#(type)}"#
  }
}
