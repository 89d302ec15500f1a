// A summary as comma-separated values: a row a figure.

/// Writes the header `figure,value` and a row a figure, named by its path:
/// `sessions.timeout.duration.p50,122`.
public struct SummaryCSVEncoder: SummaryEncoder {
  public init() {}

  public func encode(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    output.append("figure,value\n")
    append(summary.figures, path: "", to: &output)
  }

  private func append(_ figure: SummaryFigure, path: String, to output: inout ByteBlock) {
    switch figure {
    case .value(let text): output.append(text: "\(path),\(text ?? "")\n")
    case .group(let members):
      for member in members {
        append(
          member.figure, path: path.isEmpty ? member.name : "\(path).\(member.name)", to: &output)
      }
    }
  }
}
