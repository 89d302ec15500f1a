// A session as a row, and what programs read of it.

package import KESCore

/// A session's figures; its device and id go beside it as bytes.
package struct SessionRow: BitwiseCopyable, Sendable {
  /// Why it closed; nil where it is open.
  package var status: SessionStatus?
  /// The least and the greatest time of its events.
  package var start: EventTime
  package var end: EventTime
  /// How many events belong to it.
  package var events: Int64
  /// Whether it did not begin with a start event.
  package var isPartial: Bool

  package init(
    status: SessionStatus?, start: EventTime, end: EventTime, events: Int64, isPartial: Bool
  ) {
    self.status = status
    self.start = start
    self.end = end
    self.events = events
    self.isPartial = isPartial
  }

  /// From start to end, in milliseconds.
  package var duration: UInt64 { start.elapsed(until: end) }
}

/// How sessions stand: why they closed, nil for those that are open.
extension SessionStatus? {
  /// In the order in which they are shown.
  static let all: [SessionStatus?] = SessionStatus.allCases + [nil]

  /// In a word.
  var text: StaticString { self?.symbol ?? "open" }
}

/// Writes sessions, one a line.
package protocol SessionRowEncoder: Sendable {
  /// Appends what stands before the first row.
  func begin(_ output: inout ByteBlock)

  /// Appends one session. `device` and `session` are read, not kept.
  func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock)
}

/// Writes an object a session, times and the duration in milliseconds:
///
///     {"device":"device-3","session":"0k3f9x2abq8mh","status":"timeout","start":1700000000001,
///     "end":1700000000123,"duration":122,"events":7,"partial":false}
package struct JSONLinesSessionRowEncoder: SessionRowEncoder {
  package init() {}

  package func begin(_ output: inout ByteBlock) {}

  package func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    output.append("{\"device\":")
    JSONText.appendString(device, to: &output)
    output.append(",\"session\":")
    JSONText.appendString(session, to: &output)
    output.append(",\"status\":\"")
    output.append(row.status.text)
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

/// Writes a header and a row a session, times and the duration in milliseconds.
package struct SessionCSVEncoder: SessionRowEncoder {
  package init() {}

  package func begin(_ output: inout ByteBlock) {
    output.append("device,session,status,start,end,duration,events,partial\n")
  }

  package func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock
  ) {
    CSVText.append(device, to: &output)
    output.append(UInt8(ascii: ","))
    CSVText.append(session, to: &output)
    output.append(UInt8(ascii: ","))
    output.append(row.status.text)
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
