// Events and session events as JSON-lines: records as they are, and closings among them.

/// Writes every record and a line feed: lines as they are, records of other formats converted.
public struct JSONLinesRecordEncoder: ~Copyable, RecordAppender {
  private var foreign: ForeignRecords
  private let records: TopicRecords?
  /// Whether line feeds in records are written as other white space.
  private let replacesLineFeeds: Bool

  /// - Parameters:
  ///   - converter: turns records that are not JSON-lines into JSON objects.
  ///   - records: what is to be told of each record where the output is a topic: no line feed ends it
  ///     there, and it is sent byte for byte.
  ///   - holdLineFeeds: whether records that are JSON may hold line feeds, as values of topics do.
  public init(
    converter: (any RecordConverter)? = nil, records: TopicRecords? = nil,
    holdLineFeeds: Bool = false
  ) {
    self.records = records
    replacesLineFeeds = holdLineFeeds && records == nil
    foreign = ForeignRecords(converter: converter)
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    beginBatch()
    for index in 0..<batch.records.count { append(index, of: batch, to: &output) }
  }

  public mutating func beginBatch() {
    foreign.beginBatch()
    records?.beginBatch()
  }

  @inline(__always)
  public mutating func append(
    _ index: Int, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let record = batch.records[index]
    if record.schema == 0 {
      output.append(batch.bytes, Int(record.offset), Int(record.length))
      if replacesLineFeeds { output.replaceLineFeeds(inLast: Int(record.length)) }
    } else {
      foreign.append(index, of: batch, to: &output)
    }
    if let records {
      records.note(index, of: batch, end: output.count)
    } else {
      output.append(UInt8(ascii: "\n"))
    }
  }
}

/// Writes a batch of session events that have their sessions already: every record and a line feed,
/// whatever its line ended with; closings at their places.
public struct JSONLinesThroughEncoder: ~Copyable, SessionEventEncoder {
  private var encoder: JSONLinesRecordEncoder
  private let records: TopicRecords?
  private let closingForm: JSONClosingForm

  /// As `JSONLinesRecordEncoder.init`, and what closings look like.
  public init(
    converter: (any RecordConverter)? = nil, closingForm: JSONClosingForm = .devices(),
    records: TopicRecords? = nil, holdLineFeeds: Bool = false
  ) {
    self.closingForm = closingForm
    self.records = records
    encoder = JSONLinesRecordEncoder(
      converter: converter, records: records, holdLineFeeds: holdLineFeeds)
  }

  public var wantsClosings: Bool { true }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    encoder.beginBatch()
    var index = 0
    for closed in 0..<outcome.closings.count {
      let closing = outcome.closings[closed]
      while index < Int(closing.place) {
        encoder.append(index, of: batch, to: &output)
        index &+= 1
      }
      closingForm.append(closing, of: outcome, to: &output, noting: records)
    }
    while index < batch.records.count {
      encoder.append(index, of: batch, to: &output)
      index &+= 1
    }
  }
}

/// Writes events and session events in the Avro JSON encoding (cli.md, section 1): an object a
/// line, members in the order of the schema, without white space.
public struct JSONLinesEventEncoder: EventEncoder {
  private let records: TopicRecords?

  /// - Parameter records: as of `JSONLinesRecordEncoder`.
  public init(records: TopicRecords? = nil) { self.records = records }

  public func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    precondition(batch.details.count == batch.records.count)
    records?.beginBatch()
    for index in 0..<batch.records.count {
      encode(batch.records[index], batch.details[index], of: batch, to: &output)
      if let records { records.note(index, of: batch, end: output.removeLineFeed()) }
    }
  }

  @inline(__always)
  private func encode(
    _ record: Record, _ detail: EventDetail, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    output.append("{\"device\":")
    batch.withText(record.key) { JSONText.appendString($0, to: &output) }
    output.append(",\"timestamp\":")
    output.append(decimal: record.time.milliseconds)
    switch detail.kind {
    case .deviceWokeUp: output.append(",\"event\":{\"DeviceWokeUp\":{}}")
    case .allDataSent: output.append(",\"event\":{\"AllDataSent\":{}}")
    case .dataReceived:
      output.append(",\"event\":{\"DataReceived\":{\"name\":")
      batch.withText(detail.name) { JSONText.appendString($0, to: &output) }
      output.append(",\"value\":")
      output.append(number: detail.value)
      output.append("}}")
    case .sessionClosed:
      output.append(",\"event\":{\"SessionClosed\":")
      JSONClosingForm.appendClosed(
        detail.status, start: detail.start, end: detail.end, events: detail.events,
        isPartial: detail.isPartial, to: &output)
      output.append("}")
    }
    if detail.isDuplicate { output.append(",\"duplicate\":true") }
    if detail.hasSession {
      output.append(",\"session\":")
      batch.withText(detail.session) { JSONText.appendString($0, to: &output) }
    }
    output.append("}\n")
  }
}
