// Times are moved, and every other byte stays.

import Testing

@testable import KESCore

@Suite struct BatchTimeShiftTests {
  private static func shifted(_ text: String, from first: Int64, to target: Int64) -> String {
    var batch = Batch(blockSize: 1024)
    batch.bytes.append(text: text)
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    #expect(batch.rejections.count == 0)
    let shift = BatchTimeShift(
      TimeShift(moving: EventTime(milliseconds: first), to: EventTime(milliseconds: target)))
    var shifted = Batch(blockSize: 1024)
    shift.apply(to: batch, into: &shifted)
    var lines = ""
    for index in 0..<shifted.records.count {
      lines += shifted.withRecordBytes(shifted.records[index]) { String(decodingBytes: $0) } + "\n"
    }
    return lines
  }

  @Test func replacesTheDigitsOfTheTimestampAlone() {
    let line = #"{ "timestamp" : 10e2 , "other":1000, "event":{"AllDataSent":{}},"device":"1000"}"#
    #expect(
      Self.shifted(line + "  \n" + line, from: 1000, to: 25)
        == (line + "  \n" + line + "\n").replacing("10e2", with: "25"))
  }

  @Test func movesTheTimesOfAClosedSessionWhereverTheyStand() {
    let line =
      #"{"event":{"SessionClosed":{"end":300,"status":"limit","events":9,"start":100,"#
      + #""partial":false}},"session":"s","timestamp":300,"device":"d"}"#
    #expect(
      Self.shifted(line + "\n", from: 100, to: 1100)
        == #"{"event":{"SessionClosed":{"end":1300,"status":"limit","events":9,"start":1100,"#
        + #""partial":false}},"session":"s","timestamp":1300,"device":"d"}"# + "\n")
  }

  @Test func recordsKeepWhatTheirMessagesNeed() {
    var batch = Batch(blockSize: 1024)
    let line = #""event":{"AllDataSent":{}},"session":"s","timestamp":"#
    batch.bytes.append(
      text: #"{"device":"a\tb",\#(line)99}"# + "\n" + #"{"device":"c",\#(line)100}"# + "\n")
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    let (name, offset) = ([UInt8(ascii: "h")], batch.records[1].offset)
    batch.headers.append(name.span, nil, ofRecordAt: offset)
    var shifted = Batch(blockSize: 1024)
    BatchTimeShift(
      TimeShift(moving: EventTime(milliseconds: 99), to: EventTime(milliseconds: 10_000))
    ).apply(to: batch, into: &shifted)
    let records = TopicRecords()
    for index in 0..<2 { records.note(index, of: shifted, end: index) }
    func text(_ range: TextRange) -> String {
      records.bytes.withBytes(Int(range.offset), range.length) { String(decodingBytes: $0) }
    }
    let notes = (0..<2).map { records.notes[$0] }
    #expect(notes.map { text($0.key) } == ["a\tb", "c"])
    #expect(notes.map { text($0.session) } == ["s", "s"])
    #expect(notes.map(\.time.milliseconds) == [10_000, 10_001])
    #expect(notes[0].headers.length == 0 && text(notes[1].headers).contains("h"))
  }

  @Test(
    arguments: [
      (0, 1, Int64.max, Int64.max), (0, Int64.max, 5, Int64.max), (0, .min, -5, .min),
      (.min, .max, .min, .max), (.max, .min, .max, .min), (100, 50, 70, 20), (-100, 50, 0, 150),
    ] as [(Int64, Int64, Int64, Int64)])
  func holdsTimesWithin64Bits(first: Int64, target: Int64, time: Int64, moved: Int64) {
    let shift = TimeShift(
      moving: EventTime(milliseconds: first), to: EventTime(milliseconds: target))
    #expect(shift.moved(EventTime(milliseconds: time)).milliseconds == moved)
  }
}
