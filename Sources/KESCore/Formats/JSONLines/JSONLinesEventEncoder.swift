// Events as JSON-lines, from their fields.

/// Writes events and session events in the Avro JSON encoding (cli.md, section 1): an object a
/// line, members in the order of the schema, without white space.
public struct JSONLinesEventEncoder: EventEncoder {
  public init() {}

  public func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    precondition(batch.details.count == batch.records.count)
    for index in 0..<batch.records.count {
      encode(batch.records[index], batch.details[index], of: batch, to: &output)
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
      output.append(",\"event\":")
      JSONLinesSessionClosed.appendBranch(
        detail.status, start: detail.start, end: detail.end, events: detail.events,
        isPartial: detail.isPartial, to: &output)
    }
    if detail.isDuplicate { output.append(",\"duplicate\":true") }
    if detail.hasSession {
      output.append(",\"session\":")
      batch.withText(detail.session) { JSONText.appendString($0, to: &output) }
    }
    output.append("}\n")
  }
}
