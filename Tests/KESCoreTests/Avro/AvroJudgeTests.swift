// Our reader of binary data against libavro and a naive encoder, on random schemas and data.

import TestSupport
import Testing

@testable import KESCore

/// What our reader makes of the datum that some bytes begin with.
enum AvroFinding: Equatable {
  case value(TestAvroValue, length: Int)
  /// Its end is known, but it is not what the schema says.
  case flaw(Fault)
  case fault(Fault)
  /// A map's keys repeat, or have NUL in them: what JSON makes of that is not the question.
  case unjudged

  /// Walks over a datum, and writes it as JSON, which jansson reads.
  init(_ bytes: [UInt8], _ schema: AvroSchema) {
    let layout = AvroLayout(schema)
    self = withTightSpan(bytes) { span in
      var reader = AvroReader()
      reader.beginRecord()
      let end = reader.skip(layout.root, of: layout, span, 0)
      if end < 0 { return .fault(reader.fault) }
      if let flaw = reader.flaw { return .flaw(flaw.fault) }
      var json = ByteBlock()
      AvroJSONWriter(schema).append(span, 0, to: &json)
      let text = json.withBytes { $0.copied }
      guard let document = Jansson.value(text) else {
        return Jansson.value(text, isLenient: true) == nil ? .fault(.notAnEvent) : .unjudged
      }
      guard let value = TestAvroValue(document, as: schema.root, of: schema) else {
        return .fault(.notAnEvent)
      }
      return .value(value.ordered, length: end)
    }
  }
}

@Suite struct AvroJudgeTests {
  /// A schema for both.
  private struct Judged {
    let text: String
    let ours: AvroSchema
    let theirs: LibAvroSchema

    init(_ generator: inout SeededGenerator) throws {
      text = RandomAvroSchema.make(&generator).text
      ours = try AvroSchema(parsing: text)
      theirs = try #require(LibAvroSchema(text), "\(text)")
    }
  }

  // MARK: Data as they should be

  @Test(arguments: TestSeeds.parts(0...2499))
  func readsRandomDataAsLibavroAndTheEncoderDo(seeds: TestSeeds) throws {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let judged = try Judged(&generator)
      for _ in 0..<4 { try agree(judged, &generator, "seed \(seed)") }
    }
  }

  private func agree(
    _ judged: Judged, _ generator: inout SeededGenerator, _ seed: String
  ) throws {
    let isJSON = generator.chance(50)
    let value = RandomAvroData.make(judged.ours, &generator, isJSON: isJSON)
    let bytes = TestAvroEncoder.encode(value, as: judged.ours, generator)
    #expect(
      AvroFinding(bytes, judged.ours) == .value(value.ordered, length: bytes.count),
      "\(seed): \(judged.text)")
    let theirs = try #require(LibAvroValue(judged.theirs))
    #expect(theirs.read(bytes), "\(seed)")
    #expect(theirs.testValue?.ordered == value.ordered, "\(seed)")
    if isJSON {
      // libavro calls branches by their names without namespace.
      let json = try #require(theirs.json.flatMap { Jansson.value(Array($0.utf8)) }, "\(seed)")
      let shown = TestAvroValue(json, as: judged.ours.root, of: judged.ours) {
        AvroName.unqualified($0.name)
      }
      #expect(shown?.ordered == value.ordered, "\(seed)")
    }
    // No byte more than needed.
    if !bytes.isEmpty {
      #expect(!theirs.read(bytes.dropLast()), "\(seed)")
      #expect(AvroFinding(bytes.dropLast(), judged.ours) == .fault(.truncated), "\(seed)")
    }
  }

  // MARK: Damaged data

  /// Where we refuse on purpose what libavro reads:
  /// - strings must be UTF-8 (spec, "Primitive Types");
  /// - the tenth byte of a long must not have bits that 64 do not hold;
  /// - a boolean is 0 or 1 (spec, "Primitive Types"); libavro takes any other for true;
  /// - a symbol must be one of its enum: libavro keeps the number, and crashes when it is shown;
  /// - counts must fit the bytes that there are, and the size of a block must not be negative.
  private static let stricter: Set<Fault> = [
    .invalidUTF8, .badLong, .badBoolean, .badSymbol, .badCount,
  ]

  @Test(arguments: TestSeeds.parts(100_000...102_499))
  func damagedDataGiveTheSameAsOfLibavroOrACleanFault(seeds: TestSeeds) throws {
    var read = 0
    var refused = 0
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let judged = try Judged(&generator)
      let value = RandomAvroData.make(judged.ours, &generator)
      let bytes = TestAvroEncoder.encode(value, as: judged.ours, generator)
      for _ in 0..<6 {
        let damaged = AvroJudgeTests.damage(bytes, &generator)
        let isRead = try agreeOnDamaged(damaged, judged, "seed \(seed): \(judged.text) \(damaged)")
        if isRead { read += 1 } else { refused += 1 }
      }
    }
    let isMixed = read * 5 > seeds.count * 2 && refused * 5 > seeds.count * 6
    #expect(!TestSeeds.areAll || isMixed, "\(read) and \(refused)")
  }

  /// Whether we read the data.
  private func agreeOnDamaged(
    _ bytes: [UInt8], _ judged: Judged, _ comment: Comment
  ) throws -> Bool {
    let ours = AvroFinding(bytes, judged.ours)
    let theirs = try #require(LibAvroValue(judged.theirs))
    switch ours {
    case .value(let value, let length):
      #expect(theirs.read(bytes), comment)
      #expect(theirs.testValue?.ordered == value, comment)
      if length > 0 { #expect(!theirs.read(Array(bytes[..<(length - 1)])), comment) }
      return true
    case .unjudged: #expect(theirs.read(bytes), comment)
    case .flaw(let fault):
      #expect(fault == .invalidUTF8, comment)
      #expect(theirs.read(bytes), comment)
    // libavro believes counts, and tries to have memory for as much.
    case .fault(.badCount), .fault(.badLength): break
    case .fault(let fault):
      if !AvroJudgeTests.stricter.contains(fault) { #expect(!theirs.read(bytes), comment) }
      #expect(fault != .notAnEvent, comment)
    }
    return false
  }

  /// The same with a bit or a byte changed, or some bytes left out or added.
  static func damage(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var damaged = bytes
    for _ in 0..<Int.random(in: 1...2, using: &generator) {
      let place = Int.random(in: 0...damaged.count, using: &generator)
      let count = Int.random(in: 1...10, using: &generator)
      let change = place == damaged.count ? 3 : Int.random(in: 0..<6, using: &generator)
      switch change {
      case 0, 1: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: damaged.removeSubrange(place...)
      case 3:
        let added = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        damaged.insert(contentsOf: added, at: place)
      case 4: damaged.removeSubrange(place..<min(place + count, damaged.count))
      default: damaged.insert(contentsOf: Array(repeating: 0xFF, count: count), at: place)
      }
    }
    return damaged
  }

  @Test(
    arguments: [
      (#""boolean""#, [2], Fault.badBoolean), (#""boolean""#, [255], .badBoolean),
      // Bits beyond the 64th.
      (#""long""#, [255, 255, 255, 255, 255, 255, 255, 255, 255, 3], .badLong),
      (#""string""#, [2, 0xFF], .invalidUTF8),
      (#"{"type":"enum","name":"E","symbols":["a"]}"#, [2], .badSymbol),
      (#"{"type":"enum","name":"E","symbols":["a"]}"#, [1], .badSymbol),
      // A block of one item, whose size is negative.
      (#"{"type":"array","items":"int"}"#, [1, 1, 2, 0], .badCount),
    ] as [(String, [UInt8], Fault)])
  func isStricterThanLibavroOnPurpose(schema: String, bytes: [UInt8], fault: Fault) throws {
    let finding = AvroFinding(bytes, try AvroSchema(parsing: schema))
    #expect(finding == .fault(fault) || finding == .flaw(fault))
    #expect(AvroJudgeTests.stricter.contains(fault))
    let theirs = try #require(LibAvroSchema(schema).flatMap { LibAvroValue($0) })
    #expect(theirs.read(bytes))
  }
}
