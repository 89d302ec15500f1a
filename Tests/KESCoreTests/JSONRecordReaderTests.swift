// A JSON value by itself: line feeds in it are white space, and stay what they are.

import TestSupport
import Testing

@testable import KESCore

@Suite struct JSONRecordReaderTests {
  private static func read(
    _ values: [String], purpose: JSONRecordReader.Purpose = .segmenting,
    unknownEvents: UnknownEventPolicy = .reject, sessions: SessionFields = .usual
  ) -> Batch {
    read(
      values.map { Array($0.utf8) }, purpose: purpose, unknownEvents: unknownEvents,
      sessions: sessions)
  }

  private static func read(
    _ values: [[UInt8]], purpose: JSONRecordReader.Purpose = .segmenting,
    unknownEvents: UnknownEventPolicy = .reject, sessions: SessionFields = .usual
  ) -> Batch {
    var reader = JSONRecordReader(
      purpose: purpose, unknownEvents: unknownEvents, sessions: sessions)
    var batch = Batch(blockSize: 16)
    batch.read(values, by: &reader, greatest: 1 << 10)
    return batch
  }

  private static func faults(of batch: borrowing Batch) -> [Fault] {
    (0..<batch.rejections.count).map { batch.rejections[$0].fault }
  }

  private static let woke = #"{"device":"a","timestamp":1,"event":{"DeviceWokeUp":{}}}"#

  /// All kinds of values that JSON has, in an event.
  private static let event =
    #"{"device":"b\"é","timestamp":17e1,"event":{"DataReceived":{"name":"n","value":-0.5}},"#
    + #""x":[1,{"y":null},true,[],{}],"z":"\u00e9"}"#

  @Test(arguments: [woke, event]) func aLineFeedMayStandWhereWhiteSpaceMay(text: String) {
    let bytes = Array(text.utf8)
    var accepted = 0
    for place in 0...bytes.count {
      let value = Array(bytes[..<place]) + [0x0A] + Array(bytes[place...])
      let batch = Self.read([value])
      let judged = Jansson.event(value)
      #expect((batch.records.count == 1) == (judged != nil), "at \(place)")
      guard let judged, batch.records.count == 1 else { continue }
      accepted += 1
      #expect(Array(batch.recordTexts[0].utf8) == value, "at \(place)")
      #expect(batch.records[0].time.milliseconds == judged.timestamp, "at \(place)")
      let key = batch.withText(batch.records[0].key) { String(decodingBytes: $0) }
      #expect(key == judged.device, "at \(place)")
    }
    #expect(accepted > 10)
  }

  @Test func aLineFeedInAStringIsAControlCharacter() {
    let values = [
      Self.woke.replacing(#""a""#, with: "\"a\n\""),
      Self.woke.replacing(#"{}"#, with: "{\"x\":\"\n\"}"),
      String(Self.woke.prefix(12)),
    ]
    let batch = Self.read(values)
    #expect(
      Self.faults(of: batch) == [.controlCharacter, .controlCharacter, .unclosedString])
  }

  @Test func whatEndsTooEarlyIsFoundAtItsEnd() {
    for count in 0..<Self.woke.utf8.count {
      for end in ["", "\n", " \n\n"] {
        let value = String(Self.woke.prefix(count)) + end
        let batch = Self.read([value])
        #expect(batch.records.isEmpty && batch.rejections.count == 1, "\(count)")
        let (rejection, length) = (batch.rejections[0], batch.bytes.count)
        #expect(rejection.length == value.utf8.count && length == value.utf8.count)
        #expect(Int(rejection.faultOffset) <= value.utf8.count, "\(count)")
      }
    }
  }

  @Test func valuesAreApartWhateverTheyAre() {
    let values = [
      "", Self.woke, "\n\n", Self.woke + "\n" + Self.woke, "{", "\n" + Self.woke + "\n", "\"",
      Self.event,
    ]
    let batch = Self.read(values)
    #expect(batch.recordTexts == [values[1], values[5], values[7]])
    #expect(
      Self.faults(of: batch) == [
        .expectedObject, .expectedObject, .trailingBytes, .expectedKey, .expectedObject,
      ])
    let positions = (0..<batch.records.count).map { batch.records[$0].position }
    #expect(positions == [1, 5, 7])
  }

  @Test func theGreatestRecordIsWithoutWhatStandsBehindIt() {
    let room = (1 << 10) - Self.woke.utf8.count
    let values = [room, room + 1].map { Self.woke + String(repeating: "\n", count: $0) }
    let batch = Self.read(values)
    #expect(batch.recordTexts == [values[0]] && Self.faults(of: batch) == [.tooLong])
  }

  @Test func sessionsAreReadAndTakenOutWhereLineFeedsStand() {
    let value = "{\n\"session\":\n\"x\"\n,\n" + Self.woke.dropFirst() + "\n"
    let batch = Self.read([value], sessions: SessionFields(replacesOld: true))
    #expect(batch.recordTexts == ["{\n" + Self.woke.dropFirst() + "\n"])
    let read = Self.read([value], purpose: .reading)
    let session = read.withText(read.details[0].session) { String(decodingBytes: $0) }
    #expect(session == "x")
  }

  @Test func unknownEventsArePassedOverWhereLineFeedsStand() {
    let beat = "\n{\n\"event\"\n:\n{\n\"Heartbeat\":{}\n}\n}\n"
    let batch = Self.read([beat, Self.woke], unknownEvents: .filter)
    #expect(batch.recordTexts == [Self.woke] && batch.unknownCount == 1)
    #expect(batch.rejections.count == 0)
  }

  @Test(arguments: TestSeeds.each(900...903))
  func randomValuesAreReadAsTheirLinesAre(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<1000 {
      var value = Array(Self.event.utf8)
      for _ in 0..<Int.random(in: 0..<4, using: &generator) {
        let place = Int.random(in: 0...value.count, using: &generator)
        value.insert(
          [0x0A, 0x20, 0x22, 0x5C, 0x7D].randomElement(using: &generator) ?? 0x0A, at: place)
      }
      let line = value.map { $0 == 0x0A ? 0x09 : $0 }
      let batch = Self.read([value])
      let isRecord = decodeLines(line, pieces: []).compactMap { $0 }.count == 1
      #expect(
        (batch.records.count == 1) == isRecord, "\(String(decoding: value, as: UTF8.self))")
    }
  }

  // MARK: In lines

  private static let spread = "{\n" + woke.dropFirst() + "\n"

  @Test func inLinesLineFeedsBecomeTabs() {
    let batch = Self.read([Self.woke, Self.spread, Self.woke])
    var encoder = JSONLinesRecordEncoder(holdLineFeeds: true)
    var output = ByteBlock()
    encoder.encode(batch, to: &output)
    let line = Self.spread.replacing("\n", with: "\t")
    #expect(
      output.withBytes { String(decodingBytes: $0) } == "\(Self.woke)\n\(line)\n\(Self.woke)\n")
  }

  @Test func aSessionEventOfSuchAValueIsOneLine() {
    let batch = Self.read([Self.spread])
    var segmenter = Segmenter(rules: SegmentationRules())
    var encoder = JSONLinesSessionEncoder(
      emission: .events, marksDuplicates: false, holdLineFeeds: true)
    var outcome = Outcome()
    var output = ByteBlock()
    segmenter.segment(batch, into: &outcome)
    encoder.encode(batch, outcome, to: &output)
    let line = output.withBytes { String(decodingBytes: $0) }
    #expect(line.hasPrefix("{\t" + Self.woke.dropFirst().dropLast() + #","session":""#))
    #expect(line.hasSuffix("\"}\t\n") && line.count { $0 == "\n" } == 1)
  }
}
