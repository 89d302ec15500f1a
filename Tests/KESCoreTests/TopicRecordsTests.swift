// What is noted of records for their messages: ends, keys, sessions, times and headers, in the order of
// the bytes.

import Testing

@testable import KESCore

@Suite struct TopicRecordsTests {
  /// A batch of events of devices `d0`, `d1`, …, at the positions 10, 20, …
  private func batch(_ count: Int) -> Batch {
    var batch = Batch(blockSize: 64)
    for index in 0..<count {
      let offset = batch.bytes.count
      batch.bytes.append(text: "d\(index)")
      batch.records.append(
        Record(
          offset: offset, length: 2, key: TextRange(offset: offset, length: 2),
          time: EventTime(milliseconds: Int64(index) * 1000), position: Int64(index + 1) * 10,
          role: .data))
      batch.details.append(EventDetail(kind: .dataReceived))
    }
    return batch
  }

  private func text(_ range: TextRange, of records: TopicRecords) -> String {
    records.bytes.withBytes(Int(range.offset), range.length) { String(decodingBytes: $0) }
  }

  /// `key/session@time headers…`
  private func described(_ records: TopicRecords) -> [String] {
    (0..<records.count).map { index in
      let note = records.notes[index]
      var headers = ""
      records.bytes.withBytes(Int(note.headers.offset), note.headers.length) { bytes in
        RecordHeaders.forEach(in: bytes) { name, value in headers += " " + headerText(name, value) }
      }
      let names = "\(text(note.key, of: records))/\(text(note.session, of: records))"
      return "\(names)@\(note.time.milliseconds)\(headers)"
    }
  }

  private func add(_ name: String, _ value: String?, to index: Int, of batch: inout Batch) {
    let offset = batch.records[index].offset
    let (name, value) = (Array(name.utf8), value.map { Array($0.utf8) })
    if let value {
      batch.headers.append(name.span, value.span, ofRecordAt: offset)
    } else {
      batch.headers.append(name.span, nil, ofRecordAt: offset)
    }
  }

  @Test func recordsAreNotedWithEndSchemaKeyAndTime() {
    let records = TopicRecords()
    let batch = batch(3)
    for index in 0..<3 {
      records.schema = index / 2
      records.note(index, of: batch, end: 10 * (index + 1))
    }
    #expect(described(records) == ["d0/@0", "d1/@1000", "d2/@2000"])
    #expect((0..<3).map { records.notes[$0].end } == [10, 20, 30])
    #expect((0..<3).map { records.notes[$0].schema } == [0, 0, 1])
    records.removeAll()
    #expect(records.count == 0 && records.bytes.isEmpty)
  }

  @Test func sessionsAreThoseOfSegmentingOrOfTheRecord() {
    let records = TopicRecords()
    var batch = batch(2)
    let offset = batch.bytes.count
    batch.bytes.append(text: "own")
    batch.details[1].session = TextRange(offset: offset, length: 3)
    batch.details[1].hasSession = true
    let identifier = SessionIdentifier.deterministic(5)
    records.note(0, of: batch, session: identifier, end: 0)
    records.note(1, of: batch, end: 0)
    var text = ByteBlock()
    identifier.write(to: &text)
    let expected = text.withBytes { String(decodingBytes: $0) }
    #expect(described(records) == ["d0/\(expected)@0", "d1/own@1000"])
  }

  @Test func headersAreFoundAlsoWhereRecordsWereFilteredOut() {
    var batch = batch(4)
    add("a", "1", to: 0, of: &batch)
    add("b", nil, to: 1, of: &batch)
    add("c", "", to: 3, of: &batch)
    add("c", "2", to: 3, of: &batch)
    let records = TopicRecords()
    for indexes in [[0, 1, 2, 3], [3], [1, 3], [2]] {
      records.removeAll()
      records.beginBatch()
      for index in indexes { records.note(index, of: batch, end: 0) }
      let all = ["d0/@0 a=1", "d1/@1000 b=none", "d2/@2000", "d3/@3000 c= c=2"]
      #expect(described(records) == indexes.map { all[$0] })
    }
  }

  @Test func headersOfABatchAreForgottenWithIt() {
    var batch = batch(1)
    add("a", "1", to: 0, of: &batch)
    batch.recycle()
    #expect(batch.headers.isEmpty && batch.headers.count == 0)
  }
}

@Suite struct LagGaugeTests {
  @Test func lagIsMeasuredInEachPartitionByItself() {
    var gauge = LagGauge()
    #expect(gauge.take() == 0)
    for (time, partition) in [(100, 0), (50, 1), (90, 0), (60, 1), (40, 1)] as [(Int64, Int32)] {
      gauge.note(EventTime(milliseconds: time), of: partition)
    }
    #expect(gauge.take() == 20)
    #expect(gauge.take() == 0)
    // The greatest times of both are still known.
    gauge.note(EventTime(milliseconds: 99), of: 0)
    #expect(gauge.take() == 1)
    gauge.note(EventTime(milliseconds: 55), of: 1)
    #expect(gauge.take() == 5)
  }
}
