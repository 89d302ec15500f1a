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

/// A batch of `events`, which begin at `position`.
func makeBatch(of events: ArraySlice<TestEvent>, from position: Int) -> Batch {
  var batch = Batch(blockSize: 64)
  for (index, event) in events.enumerated() { batch.append(event, position: position + index) }
  return batch
}
