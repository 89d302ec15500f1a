// Sessions as comma-separated values.

/// Writes a header and a row a session, times and the duration in milliseconds.
public struct SessionCSVEncoder: SessionRowEncoder {
  public init() {}

  public func begin(_ output: inout ByteBlock) {
    output.append("device,session,status,start,end,duration,events,partial\n")
  }

  public func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    CSVText.append(device, to: &output)
    output.append(UInt8(ascii: ","))
    CSVText.append(session, to: &output)
    output.append(UInt8(ascii: ","))
    output.append(row.statusText)
    output.append(UInt8(ascii: ","))
    output.append(decimal: row.start.milliseconds)
    output.append(UInt8(ascii: ","))
    output.append(decimal: row.end.milliseconds)
    output.append(UInt8(ascii: ","))
    output.append(decimal: row.duration)
    output.append(UInt8(ascii: ","))
    output.append(decimal: row.events)
    output.append(UInt8(ascii: ","))
    CSVText.append(row.isPartial, to: &output)
    output.append(UInt8(ascii: "\n"))
  }
}
