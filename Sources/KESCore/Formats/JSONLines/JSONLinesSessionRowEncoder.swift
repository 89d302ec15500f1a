// Sessions as JSON-lines.

/// Writes an object a session, times and the duration in milliseconds:
///
///     {"device":"device-3","session":"0k3f9x2abq8mh","status":"timeout","start":1700000000001,
///     "end":1700000000123,"duration":122,"events":7,"partial":false}
public struct JSONLinesSessionRowEncoder: SessionRowEncoder {
  public init() {}

  public func begin(_ output: inout ByteBlock) {}

  public func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    output.append("{\"device\":")
    JSONText.appendString(device, to: &output)
    output.append(",\"session\":")
    JSONText.appendString(session, to: &output)
    output.append(",\"status\":\"")
    output.append(row.statusText)
    output.append("\",\"start\":")
    output.append(decimal: row.start.milliseconds)
    output.append(",\"end\":")
    output.append(decimal: row.end.milliseconds)
    output.append(",\"duration\":")
    output.append(decimal: row.duration)
    output.append(",\"events\":")
    output.append(decimal: row.events)
    output.append(",\"partial\":")
    output.append(row.isPartial ? "true" : "false")
    output.append("}\n")
  }
}
