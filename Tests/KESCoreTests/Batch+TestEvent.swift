// Batches of events of tests, without files or formats.

@testable import KESCore

extension Batch {
  /// Appends `event` as a record: its bytes, and its key behind them.
  mutating func append(_ event: TestEvent, position: Int) {
    let offset = bytes.count
    bytes.append(text: event.bytes)
    let key = bytes.count
    bytes.append(text: event.key)
    records.append(
      Record(
        offset: offset, length: key - offset,
        key: TextRange(offset: key, length: bytes.count - key),
        time: EventTime(milliseconds: event.time), position: Int64(position), role: event.role))
  }
}

extension Batch {
  /// Replaces the content by what `reader` makes of values, as messages of a topic have them.
  mutating func read(
    _ values: [[UInt8]], by reader: inout JSONRecordReader, from position: Int64 = 0,
    greatest: Int = 1 << 20
  ) {
    removeAll()
    reader.position = position
    for value in values {
      let start = bytes.count
      bytes.append(value.span)
      reader.read(lastOf: &self, from: start, greatest: greatest)
    }
    reader.takeOut(of: &self)
  }

  /// The records, as they are in the batch.
  var recordTexts: [String] {
    (0..<records.count).map { withRecordBytes(records[$0]) { String(decodingBytes: $0) } }
  }
}

/// A batch of `events`, which begin at `position`.
func makeBatch(of events: ArraySlice<TestEvent>, from position: Int) -> Batch {
  var batch = Batch(blockSize: 64)
  for (index, event) in events.enumerated() { batch.append(event, position: position + index) }
  return batch
}
