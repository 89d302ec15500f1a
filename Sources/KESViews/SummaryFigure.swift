// A summary as a tree of names and numbers, for the formats that programs read.

package import KESCore

/// A number, or figures with names.
package enum SummaryFigure: Sendable {
  /// A number or truth value as JSON writes it; nil where there is nothing to measure.
  case value(String?)
  case group([(name: String, figure: SummaryFigure)])

  static func number(_ value: Int64?) -> SummaryFigure { .value(value.map { "\($0)" }) }
  static func number(_ value: UInt64?) -> SummaryFigure { .value(value.map { "\($0)" }) }
}

extension EventSummary {
  /// All figures in a fixed order; times and durations in milliseconds.
  package var figures: SummaryFigure {
    let kinds = EventKind.allCases.map {
      (name: "\($0.name)", figure: SummaryFigure.number(count(of: $0)))
    }
    return .group([
      ("records", .number(records)),
      ("events", .group(kinds)),
      ("duplicates", .number(duplicates)),
      ("devices", .number(devices.estimate)),
      ("devices_exact", .value(devices.isExact ? "true" : "false")),
      ("first", .number(times?.first.milliseconds)),
      ("last", .number(times?.last.milliseconds)),
      ("span", .number(span)),
      ("rate", .value(rate.map { "\($0)" })),
      ("sessions", sessionFigures),
    ])
  }

  private var sessionFigures: SummaryFigure {
    var statuses: [(name: String, figure: SummaryFigure)] = []
    forEachStatus { status, figures in
      let group = SummaryFigure.group([
        ("count", .number(figures.count)),
        ("partial", .number(figures.partial)),
        ("duration", EventSummary.figure(of: figures.durations, figures.durationBins)),
        ("events", EventSummary.figure(of: figures.events, figures.eventBins)),
      ])
      statuses.append(("\(status.text)", group))
    }
    return .group(statuses)
  }

  private static func figure(
    of histogram: borrowing Histogram, _ bins: BinCounts
  ) -> SummaryFigure {
    .group([
      ("min", .number(histogram.min)),
      ("p50", .number(histogram.percentile(0.5))),
      ("p90", .number(histogram.percentile(0.9))),
      ("p99", .number(histogram.percentile(0.99))),
      ("max", .number(histogram.max)),
      ("histogram", figure(of: bins)),
    ])
  }

  /// How many values each bin has that has any, by its least value.
  private static func figure(of bins: BinCounts) -> SummaryFigure {
    .group(
      bins.used.filter { bins.counts[$0] > 0 }.map {
        ("\(bins.bounds[$0])", .number(bins.counts[$0]))
      })
  }
}

/// Writes the figures as one object on one line, `null` where there was nothing to measure.
package struct JSONLinesSummaryEncoder: SummaryEncoder {
  package init() {}

  package func encode(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
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

/// Writes the header `figure,value` and a row a figure, named by its path:
/// `sessions.timeout.duration.p50,122`.
package struct SummaryCSVEncoder: SummaryEncoder {
  package init() {}

  package func encode(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
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
