// A summary as a tree of names and numbers, for the formats that programs read.

/// A number, or figures with names.
public enum SummaryFigure: Sendable {
  /// A number or truth value as JSON writes it; nil where there is nothing to measure.
  case value(String?)
  case group([(name: String, figure: SummaryFigure)])

  static func number(_ value: Int64?) -> SummaryFigure { .value(value.map { "\($0)" }) }
  static func number(_ value: UInt64?) -> SummaryFigure { .value(value.map { "\($0)" }) }
}

extension EventSummary {
  /// All figures in a fixed order; times and durations in milliseconds.
  public var figures: SummaryFigure {
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
      statuses.append(("\(status)", group))
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
