// Events as people read them: `[device-3] DataReceived(pressure,0.275)`.

/// Writes a line an event (cli.md, section 6):
///
///     [device-3] DeviceWokeUp()
///     [device-3/0k3f9x2abq8mh] DataReceived(pressure,0.275)
///     [device-3/0k3f9x2abq8mh] SessionClosed(timeout, 7 events, 0.122 s, partial)
///     [u1/0k3f9x2abq8mh] {"user":{"id":"u1"},"type":"login"}
///
/// Records that are no devices' stand there as they are, without their sessions.
/// ` duplicate` stands behind an event that kes-segment marked (R7).
public struct EventTextEncoder: RecordEncoder, Sendable {
  private let style: TextStyle
  private let isOfDevices: Bool

  /// - Parameter isOfDevices: whether the records are events of devices.
  public init(style: TextStyle, isOfDevices: Bool = true) {
    self.style = style
    self.isOfDevices = isOfDevices
  }

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
    batch.withKeyText(record) { VisibleText.append($0, to: &output) }
    if detail.hasSession {
      output.append(UInt8(ascii: "/"))
      batch.withText(detail.session) { VisibleText.append($0, to: &output) }
    }
    output.append(UInt8(ascii: "]"))
    style.end(.name, &output)
    output.append(UInt8(ascii: " "))
    let part = EventTextEncoder.part(of: detail)
    style.begin(part, &output)
    if isOfDevices || record.role == .closed {
      encodeEvent(detail, of: batch, to: &output)
    } else {
      encode(record, without: detail.sessionMember, of: batch, to: &output)
    }
    style.end(part, &output)
    if detail.isDuplicate { output.append(" duplicate") }
    output.append(UInt8(ascii: "\n"))
  }

  private func encode(
    _ record: Record, without member: TextRange, of batch: borrowing Batch,
    to output: inout ByteBlock
  ) {
    let (start, end) = (Int(record.offset), Int(record.offset) + Int(record.length))
    let rest = member.length == 0 ? end..<end : member.bounds.upperBound..<end
    let first = member.length == 0 ? start..<end : start..<member.bounds.lowerBound
    for part in [first, rest] {
      batch.bytes.withBytes(part.lowerBound, part.count) { VisibleText.append($0, to: &output) }
    }
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
