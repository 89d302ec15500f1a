// A summary as one JSON object.

/// Writes the figures as one object on one line, `null` where there was nothing to measure.
public struct JSONLinesSummaryEncoder: SummaryEncoder {
  public init() {}

  public func encode(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    append(summary.figures, to: &output)
    output.append(UInt8(ascii: "\n"))
  }

  private func append(_ figure: SummaryFigure, to output: inout ByteBlock) {
    switch figure {
    case .value(let text): output.append(text: text ?? "null")
    case .group(let members):
      output.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        withUTF8Bytes(of: member.name) { JSONText.appendString($0, to: &output) }
        output.append(UInt8(ascii: ":"))
        append(member.figure, to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }
}
