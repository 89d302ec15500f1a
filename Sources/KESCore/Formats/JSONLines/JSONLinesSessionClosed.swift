// A closing as a JSON line.

/// Writes `SessionClosed` events (cli.md, section 1, "Session event").
enum JSONLinesSessionClosed {
  /// A `SessionClosed`, its members in the order of the schema, without white space.
  ///
  /// - Parameter member: what stands before the session where that is not `,"session":`.
  static func append(
    _ closing: Closing, of outcome: borrowing Outcome, member: [UInt8]?,
    to output: inout ByteBlock
  ) {
    output.append("{\"device\":")
    outcome.withClosingText(closing.key) { JSONText.appendString($0, to: &output) }
    output.append(",\"timestamp\":")
    output.append(decimal: closing.time.milliseconds)
    output.append(",\"event\":")
    appendBranch(
      closing.status, start: closing.start, end: closing.end, events: closing.events,
      isPartial: closing.isPartial, to: &output)
    if let member { output.append(member.span) } else { output.append(",\"session\":") }
    switch closing.session {
    case .identifier(let identifier):
      output.append(UInt8(ascii: "\""))
      identifier.write(to: &output)
      output.append(UInt8(ascii: "\""))
    case .text(let range):
      outcome.withClosingText(range) { JSONText.appendString($0, to: &output) }
    }
    output.append("}\n")
  }

  /// The value of `event`: the union with its branch `SessionClosed`.
  static func appendBranch(
    _ status: SessionStatus, start: EventTime, end: EventTime, events: Int64, isPartial: Bool,
    to output: inout ByteBlock
  ) {
    output.append("{\"SessionClosed\":{\"status\":\"")
    output.append(status.symbol)
    output.append("\",\"start\":")
    output.append(decimal: start.milliseconds)
    output.append(",\"end\":")
    output.append(decimal: end.milliseconds)
    output.append(",\"events\":")
    output.append(decimal: events)
    output.append(",\"partial\":")
    output.append(isPartial ? "true" : "false")
    output.append("}}")
  }
}
