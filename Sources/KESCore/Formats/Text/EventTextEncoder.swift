// Events as people read them: `[device-3] DataReceived(pressure,0.275)`.

/// Writes a line an event (cli.md, section 6):
///
///     [device-3] DeviceWokeUp()
///     [device-3/0k3f9x2abq8mh] DataReceived(pressure,0.275)
///     [device-3/0k3f9x2abq8mh] SessionClosed(timeout, 7 events, 0.122 s, partial)
///
/// ` duplicate` stands behind an event that kes-segment marked (R7).
public struct EventTextEncoder: RecordEncoder, Sendable {
  private let style: TextStyle

  public init(style: TextStyle) { self.style = style }

  public func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    for index in 0..<batch.records.count {
      encode(batch.records[index], batch.details[index], of: batch, to: &output)
    }
  }

  @inline(__always)
  private func encode(
    _ record: Record, _ detail: EventDetail, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    style.begin(.name, &output)
    output.append(UInt8(ascii: "["))
    batch.withText(record.key) { VisibleText.append($0, to: &output) }
    if detail.hasSession {
      output.append(UInt8(ascii: "/"))
      batch.withText(detail.session) { VisibleText.append($0, to: &output) }
    }
    output.append(UInt8(ascii: "]"))
    style.end(.name, &output)
    output.append(UInt8(ascii: " "))
    let part = EventTextEncoder.part(of: detail)
    style.begin(part, &output)
    encodeEvent(detail, of: batch, to: &output)
    style.end(part, &output)
    if detail.isDuplicate { output.append(" duplicate") }
    output.append(UInt8(ascii: "\n"))
  }

  @inline(__always)
  private func encodeEvent(
    _ detail: EventDetail, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    output.append(detail.kind.name)
    output.append(UInt8(ascii: "("))
    switch detail.kind {
    case .deviceWokeUp, .allDataSent: break
    case .dataReceived:
      batch.withText(detail.name) { VisibleText.append($0, to: &output) }
      output.append(UInt8(ascii: ","))
      output.append(thousandths: detail.value)
    case .sessionClosed: encodeClosing(detail, to: &output)
    }
    output.append(UInt8(ascii: ")"))
  }

  private func encodeClosing(_ detail: EventDetail, to output: inout ByteBlock) {
    output.append(detail.status.symbol)
    output.append(", ")
    output.append(decimal: detail.events)
    output.append(detail.events == 1 ? " event, " : " events, ")
    output.append(thousandths: detail.start.elapsed(until: detail.end))
    output.append(" s")
    if detail.isPartial { output.append(", partial") }
  }

  @inline(__always)
  private static func part(of detail: EventDetail) -> TextStyle.Part {
    switch detail.kind {
    case .deviceWokeUp, .dataReceived: .plain
    case .allDataSent: .good
    case .sessionClosed: TextStyle.part(of: detail.status)
    }
  }
}
