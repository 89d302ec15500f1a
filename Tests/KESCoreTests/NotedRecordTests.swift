// What encoders note of records for a topic is what they write of them, in number and order.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct NotedRecordTests {
  /// What a message takes from a note, and what its value says.
  private struct Seen: Hashable {
    var key: String
    var session: String
    var time: Int64
  }

  @Test(arguments: TestSeeds.each(1...40))
  func segmentedRecordsAndClosings(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rules = randomRules(&generator)
    let lines = randomStream(&generator, count: 150).map(jsonLine)
    for format in [RecordFormat.json, .avro] {
      for emission in Emission.allCases {
        for marks in [false, true] {
          let outputs = try segment(lines, rules, format, emission, marksDuplicates: marks)
          try expectAgreement(
            outputs, "seed \(seed), \(format), \(emission), marks duplicates: \(marks)")
        }
      }
    }
  }

  private func segment(
    _ lines: [String], _ rules: SegmentationRules, _ format: RecordFormat, _ emission: Emission,
    marksDuplicates: Bool
  ) throws -> BothOutputs {
    let outputs = BothOutputs(format, wantsDetails: false) {
      $0.adaptedToSessions(
        marksDuplicates: marksDuplicates, wantsClosings: emission != .events)
    }
    let encoders = outputs.all.map {
      HeldEncoder($0.makeSessionEncoder(emission: emission, marksDuplicates: marksDuplicates))
    }
    var segmenter = Segmenter(rules: rules)
    var outcome = Outcome()
    for start in stride(from: 0, to: lines.count, by: 13) {
      let batch = try outputs.decode(lines[start..<min(start + 13, lines.count)])
      segmenter.segment(batch, into: &outcome)
      for (output, encoder) in zip(outputs.all, encoders) {
        encoder.encode(batch, outcome, to: &output.stream.buffer)
      }
      outcome.removeAll()
    }
    segmenter.flush(into: &outcome)
    for (output, encoder) in zip(outputs.all, encoders) {
      encoder.encode(Batch(blockSize: 1), outcome, to: &output.stream.buffer)
    }
    return outputs
  }

  @Test(arguments: TestSeeds.each(1...10), [RecordFormat.json, .avro])
  func sessionEventsAndTheClosingsThatAreMissing(seed: UInt64, format: RecordFormat) throws {
    var generator = SeededGenerator(seed: seed)
    let rules = randomRules(&generator)
    let lines = sessionEventLines(randomStream(&generator, count: 150), rules: rules)
      .filter { !$0.contains("SessionClosed") || generator.chance(50) }
    let outputs = BothOutputs(format, wantsDetails: true)
    let encoders = outputs.all.map { HeldEncoder($0.makeThroughEncoder()) }
    var purger = SessionPurger(timeout: 40)
    var outcome = Outcome()
    for start in stride(from: 0, to: lines.count, by: 13) {
      let batch = try outputs.decode(lines[start..<min(start + 13, lines.count)])
      purger.observe(batch, into: &outcome)
      for (output, encoder) in zip(outputs.all, encoders) {
        encoder.encode(batch, outcome, to: &output.stream.buffer)
      }
      outcome.removeAll()
    }
    purger.finish(flush: true, into: &outcome)
    for (output, encoder) in zip(outputs.all, encoders) {
      encoder.encode(Batch(blockSize: 1), outcome, to: &output.stream.buffer)
    }
    try expectAgreement(outputs, "seed \(seed), \(format)")
  }

  @Test(arguments: [RecordFormat.json, .avro]) func recordsAsTheyAre(format: RecordFormat) throws {
    var generator = SeededGenerator(seed: 3)
    let events = randomStream(&generator, count: 50)
    for lines in [events.map(jsonLine), sessionEventLines(events, rules: SegmentationRules())] {
      let outputs = BothOutputs(format, wantsDetails: true)
      let batch = try outputs.decode(lines[...])
      for output in outputs.all {
        var encoder = output.makeRecordEncoder()
        encoder.encode(batch, to: &output.stream.buffer)
      }
      try expectAgreement(outputs, "\(format)")
    }
  }

  @Test(arguments: [RecordFormat.json, .avro]) func eventsOfFields(format: RecordFormat) throws {
    var generator = SeededGenerator(seed: 4)
    let outputs = BothOutputs(format, wantsDetails: true)
    let batch = try outputs.decode(randomStream(&generator, count: 50).map(jsonLine)[...])
    for output in outputs.all {
      if format == .json {
        JSONLinesEventEncoder(records: output.records).encode(batch, to: &output.stream.buffer)
      } else {
        AvroEventEncoder(try #require(output.avro), records: output.records)
          .encode(batch, to: &output.stream.buffer)
      }
    }
    try expectAgreement(outputs, "\(format)")
  }

  // MARK: What was written, and what was noted

  private func expectAgreement(_ outputs: BothOutputs, _ comment: Comment) throws {
    let values = outputs.values
    let end: [UInt8] = outputs.format == .json ? [UInt8(ascii: "\n")] : []
    #expect(values.flatMap { $0 + end } == Frame.bytes(of: outputs.file.stream.buffer), comment)
    for (index, value) in values.enumerated() {
      let note = seen(index, in: outputs.records)
      let found =
        outputs.format == .json ? try seen(inLine: value) : seen(inDatum: value, like: note)
      #expect(found == note, comment)
    }
  }

  private func seen(_ index: Int, in records: TopicRecords) -> Seen {
    func text(_ range: TextRange) -> String {
      records.bytes.withBytes(Int(range.offset), range.length) { String(decodingBytes: $0) }
    }
    let note = records.notes[index]
    return Seen(key: text(note.key), session: text(note.session), time: note.time.milliseconds)
  }

  private func seen(inLine line: [UInt8]) throws -> Seen {
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    return Seen(
      key: try #require(object["device"] as? String), session: object["session"] as? String ?? "",
      time: try #require((object["timestamp"] as? NSNumber)?.int64Value))
  }

  /// Device and timestamp begin a datum of our own schemas; the session, where there is one, ends it.
  private func seen(inDatum datum: [UInt8], like note: Seen) -> Seen {
    var reader = AvroReader()
    let start = reader.length(datum.span, 0)
    let end = start + Int(reader.value)
    _ = reader.long(datum.span, end)
    let hasSession = datum.suffix(note.session.utf8.count + 1) == Frame.text(note.session)[...]
    return Seen(
      key: String(decoding: datum[start..<end], as: UTF8.self),
      session: hasSession ? note.session : "", time: reader.value)
  }
}

/// The same records appended as to a file and as to a topic.
private final class BothOutputs {
  let format: RecordFormat
  let file: FormatOutput
  let records = TopicRecords()
  private let topic: FormatOutput
  private let decoder: FormatDecoder

  init(
    _ format: RecordFormat, wantsDetails: Bool,
    adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) {
    self.format = format
    let formats = RecordFormats(wantsDetails: wantsDetails, output: format, adapt: adapt)
    let avro = { format == .avro ? AvroOutput() : nil }
    file = FormatOutput(
      OutputStream(Nowhere(), name: "file"), formats: formats, avro: avro(), records: nil)
    topic = FormatOutput(
      OutputStream(Nowhere(), name: "topic"), formats: formats, avro: avro(), records: records)
    decoder = formats.makeDecoder(input: .json, greatestRecord: 1 << 20)
    decoder.beginInput(.beginning)
  }

  var all: [FormatOutput] { [file, topic] }

  func decode(_ lines: ArraySlice<String>) throws -> Batch {
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(text: lines.map { $0 + "\n" }.joined())
    try decoder.decode(&batch, endOfInput: false, limits: DecodingLimits())
    let rejected = batch.rejections.count
    #expect(rejected == 0 && batch.records.count == lines.count)
    return batch
  }

  /// What stands between the ends that were noted: they must take up all of the topic's buffer.
  var values: [[UInt8]] {
    let bytes = Frame.bytes(of: topic.stream.buffer)
    let ends = (0..<records.count).map { records.notes[$0].end }
    #expect(ends.last ?? 0 == bytes.count)
    return zip([0] + ends, ends).map { Array(bytes[$0..<$1]) }
  }
}

/// An encoder that can be one of several.
private final class HeldEncoder {
  private var encoder: any SessionEventEncoder & ~Copyable

  init(_ encoder: consuming any SessionEventEncoder & ~Copyable) { self.encoder = encoder }

  func encode(_ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock) {
    encoder.encode(batch, outcome, to: &output)
  }
}

/// Takes nothing: what is appended stays in the buffer.
private final class Nowhere: OutputDestination {
  func write(_ bytes: borrowing ByteBlock) {}
  func sync() {}
  func finish() {}
}
