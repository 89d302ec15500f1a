// One event as Avro data, from its fields.

/// Appends events and session events as data of our own schemas: `Event`, or `SessionEvent` where
/// there is a session.
enum AvroEventData {
  /// The branches of `event`, in the order of the schema.
  private static func branch(of kind: EventKind) -> Int64 {
    switch kind {
    case .deviceWokeUp: 0
    case .dataReceived: 1
    case .allDataSent: 2
    case .sessionClosed: 3
    }
  }

  /// Appends device, timestamp and event.
  @inline(__always)
  static func append(
    _ record: Record, _ detail: EventDetail, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    batch.withText(record.key) { output.append(avro: $0) }
    output.append(avro: record.time.milliseconds)
    output.append(avro: branch(of: detail.kind))
    switch detail.kind {
    case .deviceWokeUp, .allDataSent: break
    case .dataReceived:
      batch.withText(detail.name) { output.append(avro: $0) }
      output.append(avro: detail.value)
    case .sessionClosed:
      appendClosed(
        detail.status, start: detail.start, end: detail.end, events: detail.events,
        isPartial: detail.isPartial, to: &output)
    }
  }

  /// Appends device, timestamp and event of a session that closed.
  static func append(
    _ closing: Closing, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    outcome.withClosingText(closing.key) { output.append(avro: $0) }
    output.append(avro: closing.time.milliseconds)
    output.append(avro: branch(of: .sessionClosed))
    appendClosed(
      closing.status, start: closing.start, end: closing.end, events: closing.events,
      isPartial: closing.isPartial, to: &output)
  }

  private static func appendClosed(
    _ status: SessionStatus, start: EventTime, end: EventTime, events: Int64, isPartial: Bool,
    to output: inout ByteBlock
  ) {
    // The symbols are in the order of the statuses.
    output.append(avro: Int64(status.rawValue))
    output.append(avro: start.milliseconds)
    output.append(avro: end.milliseconds)
    output.append(avro: events)
    output.append(avro: isPartial)
  }

  /// Appends `session`, and `duplicate` before it where the schema has that.
  @inline(__always)
  static func append(
    _ session: SessionIdentifier, isDuplicate: Bool?, to output: inout ByteBlock
  ) {
    if let isDuplicate { output.append(avro: isDuplicate) }
    let (first, second, count) = session.characters
    // Ids are shorter than 64 characters, so one byte holds the length, zig-zag.
    output.append(UInt8(truncatingIfNeeded: count << 1))
    output.append(word: first, count: 8)
    output.append(word: second, count: count &- 8)
  }

  /// Appends a closing's session.
  static func append(
    _ session: ClosedSession, of outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    switch session {
    case .identifier(let identifier): append(identifier, isDuplicate: nil, to: &output)
    case .text(let range): outcome.withClosingText(range) { output.append(avro: $0) }
    }
  }

  /// Appends `duplicate`, where `marksDuplicates`, and the session that an event was read with.
  static func appendSession(
    _ detail: EventDetail, of batch: borrowing Batch, marksDuplicates: Bool,
    to output: inout ByteBlock
  ) {
    if marksDuplicates { output.append(avro: detail.isDuplicate) }
    batch.withText(detail.session) { output.append(avro: $0) }
  }
}

/// Writes events as data of the schema `Event`, the one schema of its output.
public struct AvroEventEncoder: EventEncoder {
  private let avro: AvroOutput
  private let records: TopicRecords?

  /// - Parameters:
  ///   - avro: what is to be told of the data.
  ///   - records: what is to be told of each event where the output is a topic.
  public init(_ avro: AvroOutput, records: TopicRecords? = nil) {
    self.avro = avro
    self.records = records
    avro.begin(.event)
  }

  public func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    precondition(batch.details.count == batch.records.count)
    records?.beginBatch()
    var cuts = avro.cuts
    for index in 0..<batch.records.count {
      AvroEventData.append(batch.records[index], batch.details[index], of: batch, to: &output)
      cuts.note(end: output.count)
      if let records { records.note(index, of: batch, end: output.count) }
    }
    avro.cuts = cuts
  }
}
