// Events as comma-separated values: one flat row an event.

package import KESCore

/// Writes a header and a row an event (cli.md, section 6): times in milliseconds, values as the
/// shortest text that reads back the same, fields that an event does not have empty.
package struct EventCSVEncoder: RecordEncoder, Sendable {
  private let isOfDevices: Bool

  /// - Parameter isOfDevices: whether the records are events of devices.
  package init(isOfDevices: Bool = true) { self.isOfDevices = isOfDevices }

  package func begin(_ output: inout ByteBlock) {
    output.append(
      isOfDevices
        ? "device,timestamp,event,name,value,session,duplicate,status,start,end,events,partial\n"
        : "key,timestamp,session,role,duplicate,status,start,end,events,partial\n")
  }

  package func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    for index in 0..<batch.records.count {
      let (record, detail) = (batch.records[index], batch.details[index])
      if isOfDevices {
        encode(record, detail, of: batch, to: &output)
      } else {
        encodeAnyShape(record, detail, of: batch, to: &output)
      }
    }
  }

  private func encodeAnyShape(
    _ record: Record, _ detail: EventDetail, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    batch.withKeyText(record) { CSVText.append($0, to: &output) }
    output.append(UInt8(ascii: ","))
    output.append(decimal: record.time.milliseconds)
    output.append(UInt8(ascii: ","))
    encodeSession(detail, of: batch, to: &output)
    output.append(record.role.name)
    output.append(UInt8(ascii: ","))
    encodeRest(record, detail, to: &output)
  }

  @inline(__always)
  private func encode(
    _ record: Record, _ detail: EventDetail, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    batch.withText(record.key) { CSVText.append($0, to: &output) }
    output.append(UInt8(ascii: ","))
    output.append(decimal: record.time.milliseconds)
    output.append(UInt8(ascii: ","))
    output.append(detail.kind.name)
    output.append(UInt8(ascii: ","))
    if detail.kind == .dataReceived {
      batch.withText(detail.name) { CSVText.append($0, to: &output) }
      output.append(UInt8(ascii: ","))
      output.append(shortest: detail.value)
    } else {
      output.append(UInt8(ascii: ","))
    }
    output.append(UInt8(ascii: ","))
    encodeSession(detail, of: batch, to: &output)
    encodeRest(record, detail, to: &output)
  }

  @inline(__always)
  private func encodeSession(
    _ detail: EventDetail, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    if detail.hasSession {
      batch.withText(detail.session) { CSVText.append($0, to: &output) }
    }
    output.append(UInt8(ascii: ","))
  }

  /// The last six columns.
  @inline(__always)
  private func encodeRest(_ record: Record, _ detail: EventDetail, to output: inout ByteBlock) {
    CSVText.append(detail.isDuplicate, to: &output)
    output.append(UInt8(ascii: ","))
    encodeClosing(record, detail, to: &output)
    output.append(UInt8(ascii: "\n"))
  }

  /// The last five columns.
  @inline(__always)
  private func encodeClosing(
    _ record: Record, _ detail: EventDetail, to output: inout ByteBlock
  ) {
    guard record.role == .closed else { return output.append(",,,,") }
    output.append(detail.status.symbol)
    output.append(UInt8(ascii: ","))
    output.append(decimal: detail.start.milliseconds)
    output.append(UInt8(ascii: ","))
    output.append(decimal: detail.end.milliseconds)
    output.append(UInt8(ascii: ","))
    output.append(decimal: detail.events)
    output.append(UInt8(ascii: ","))
    CSVText.append(detail.isPartial, to: &output)
  }
}

/// Writes fields of text. Lines end with LF, as Unix filters have it, not with CRLF (our choice).
enum CSVText {
  /// Appends `field`, in quotes where it holds a comma, a quote or a line break.
  @inline(__always)
  static func append(_ field: Span<UInt8>, to output: inout ByteBlock) {
    for index in 0..<field.count where needsQuotes(field[index]) {
      return appendQuoted(field, to: &output)
    }
    output.append(field)
  }

  @inline(__always)
  private static func needsQuotes(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
      || byte == UInt8(ascii: "\r")
  }

  @inline(never)
  private static func appendQuoted(_ field: Span<UInt8>, to output: inout ByteBlock) {
    output.append(UInt8(ascii: "\""))
    for index in 0..<field.count {
      if field[index] == UInt8(ascii: "\"") { output.append(UInt8(ascii: "\"")) }
      output.append(field[index])
    }
    output.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  static func append(_ value: Bool, to output: inout ByteBlock) {
    output.append(value ? "true" : "false")
  }
}
