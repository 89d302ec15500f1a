// What is noted of session events is what encoders write of them, in number and order.

import Foundation
import Testing

@testable import KESCore

@Suite struct SessionEventContentTests {
  /// What a message takes from a note, and what the line says.
  private struct Seen: Hashable {
    var key: String
    var session: String
    var time: Int64
  }

  @Test(arguments: UInt64(1)...40) func notesAgreeWithLines(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rules = randomRules(&generator)
    let events = randomStream(&generator, count: 150)
    for emission in Emission.allCases {
      for marksDuplicates in [false, true] {
        let (lines, notes) = try run(events, rules, emission, marksDuplicates)
        #expect(
          lines == notes, "seed \(seed), \(emission), marks duplicates: \(marksDuplicates)")
      }
    }
  }

  private func run(
    _ events: [TestEvent], _ rules: SegmentationRules, _ emission: Emission,
    _ marksDuplicates: Bool
  ) throws -> (lines: [Seen], notes: [Seen]) {
    var segmenter = Segmenter(rules: rules)
    var encoder = JSONLinesSessionEncoder(emission: emission, marksDuplicates: marksDuplicates)
    let content = SessionEventContent.segmented(emission, marksDuplicates: marksDuplicates)
    let notes = MessageNotes()
    var output = ByteBlock()
    var outcome = Outcome()
    for start in stride(from: 0, to: events.count, by: 13) {
      let batch = batch(of: events[start..<min(start + 13, events.count)], from: start)
      segmenter.segment(batch, into: &outcome)
      encoder.encode(batch, outcome, to: &output)
      content.note(batch, outcome, in: notes)
      outcome.removeAll()
    }
    segmenter.flush(into: &outcome)
    encoder.encode(Batch(blockSize: 1), outcome, to: &output)
    content.note(Batch(blockSize: 1), outcome, in: notes)
    return (try seen(in: output), seen(in: notes))
  }

  private func batch(of events: ArraySlice<TestEvent>, from position: Int) -> Batch {
    var batch = Batch(blockSize: 64)
    for (index, event) in events.enumerated() {
      let offset = batch.bytes.count
      batch.bytes.append(
        text: #"{"device":"\#(event.key)","timestamp":\#(event.time),"of":"\#(event.bytes)"}"#)
      let key = offset + #"{"device":""#.utf8.count
      batch.records.append(
        Record(
          offset: offset, length: batch.bytes.count - offset,
          key: TextRange(offset: key, length: event.key.utf8.count),
          time: EventTime(milliseconds: event.time), position: Int64(position + index),
          role: event.role))
    }
    return batch
  }

  private func seen(in output: borrowing ByteBlock) throws -> [Seen] {
    let text = output.withBytes { String(decodingBytes: $0) }
    return try text.split(separator: "\n").map { line in
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return Seen(
        key: try #require(object["device"] as? String),
        session: try #require(object["session"] as? String),
        time: try #require((object["timestamp"] as? NSNumber)?.int64Value))
    }
  }

  private func seen(in notes: MessageNotes) -> [Seen] {
    func text(_ range: TextRange) -> String {
      notes.bytes.withBytes(Int(range.offset), range.length) { String(decodingBytes: $0) }
    }
    return (0..<notes.count).map { index in
      let note = notes.notes[index]
      return Seen(
        key: text(note.key), session: text(note.session), time: note.time.milliseconds)
    }
  }
}
