// A summary for people.

/// Writes the figures as a list, two tables of the sessions by status: how long they were and how
/// many events they had, and a histogram of each over all sessions.
public struct SummaryTextEncoder: SummaryEncoder {
  private let style: TextStyle
  private let bars: BarText

  private static let nameWidth = 18
  private static let figureWidth = 12
  /// So that no line is longer than 80 columns.
  private static let barWidth = 46
  private static let headings = ["MIN", "P50", "P90", "P99", "MAX"]

  public init(style: TextStyle, characters: TerminalCharacters = .ascii) {
    self.style = style
    bars = BarText(characters)
  }

  public func encode(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    encodeCounts(summary, to: &output)
    encodeTimes(summary, to: &output)
    var hasSessions = false
    summary.forEachStatus { _, _ in hasSessions = true }
    if !hasSessions { return }
    appendHeading("SESSIONS", ["COUNT", "PARTIAL"], &output)
    summary.forEachStatus { status, figures in
      append(name: "\(status)", &output)
      append(figure: "\(figures.count)", &output)
      append(figure: "\(figures.partial)", &output)
      append(figures.durations, &output) { value, text in text.append(duration: value) }
    }
    appendHeading("EVENTS A SESSION", [], &output)
    summary.forEachStatus { status, figures in
      append(name: "\(status)", &output)
      append(figures.events, &output) { value, text in text.append(decimal: value) }
    }
    encodeHistograms(summary, to: &output)
  }

  private func encodeHistograms(
    _ summary: borrowing EventSummary, to output: inout ByteBlock
  ) {
    var durations = BinCounts.durations
    var events = BinCounts.events
    summary.forEachStatus { _, figures in
      durations.add(figures.durationBins)
      events.add(figures.eventBins)
    }
    appendBins(durations, "DURATION", &output) { BinLabel.durations($0, below: $1) }
    appendBins(events, "EVENTS", &output) { BinLabel.numbers($0, below: $1) }
  }

  private func appendBins(
    _ bins: BinCounts, _ name: String, _ output: inout ByteBlock,
    _ label: (UInt64, UInt64?) -> String
  ) {
    appendHeading(name, to: ["SESSIONS"], &output)
    let most = bins.counts.max() ?? 0
    for bin in bins.used {
      let next = bin + 1 < bins.bounds.count ? bins.bounds[bin + 1] : nil
      append(name: label(bins.bounds[bin], next), &output)
      append(figure: "\(bins.counts[bin])", &output)
      let bar = bars.bar(bins.counts[bin], of: most, columns: SummaryTextEncoder.barWidth)
      output.append(text: bar.isEmpty ? "\n" : "  \(bar)\n")
    }
  }

  private func encodeCounts(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    appendLine("records", "\(summary.records)", &output)
    for kind in EventKind.allCases {
      appendLine("  \(kind.name)", "\(summary.count(of: kind))", &output)
    }
    appendLine("duplicates", "\(summary.duplicates)", &output)
    let isExact = summary.devices.isExact
    appendLine("devices", (isExact ? "" : "about ") + "\(summary.devices.estimate)", &output)
  }

  private func encodeTimes(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    guard let times = summary.times else { return }
    append(name: "first event", &output)
    output.append(internetTime: times.first.milliseconds)
    output.append(UInt8(ascii: "\n"))
    append(name: "last event", &output)
    output.append(internetTime: times.last.milliseconds)
    output.append(UInt8(ascii: "\n"))
    append(name: "span", &output)
    output.append(duration: summary.span)
    output.append(UInt8(ascii: "\n"))
    guard let rate = summary.rate else { return }
    append(name: "events a second", &output)
    output.append(thousandths: rate)
    output.append(UInt8(ascii: "\n"))
  }

  private func appendHeading(_ name: String, _ figures: [String], _ output: inout ByteBlock) {
    appendHeading(name, to: figures + SummaryTextEncoder.headings, &output)
  }

  private func appendHeading(_ name: String, to figures: [String], _ output: inout ByteBlock) {
    output.append(UInt8(ascii: "\n"))
    style.begin(.heading, &output)
    append(name: name, &output)
    for figure in figures { append(figure: figure, &output) }
    style.end(.heading, &output)
    output.append(UInt8(ascii: "\n"))
  }

  /// The rest of a row: least, percentiles, greatest.
  private func append(
    _ histogram: borrowing Histogram, _ output: inout ByteBlock,
    _ write: (UInt64, inout ByteBlock) -> Void
  ) {
    let figures = [
      histogram.min, histogram.percentile(0.5), histogram.percentile(0.9),
      histogram.percentile(0.99), histogram.max,
    ]
    for figure in figures {
      var text = ByteBlock()
      if let figure { write(figure, &text) }
      append(figure: text.withBytes { String(decodingBytes: $0) }, &output)
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func appendLine(_ name: String, _ value: String, _ output: inout ByteBlock) {
    append(name: name, &output)
    output.append(text: value)
    output.append(UInt8(ascii: "\n"))
  }

  private func append(name: String, _ output: inout ByteBlock) {
    let gap = max(0, SummaryTextEncoder.nameWidth - name.utf8.count)
    output.append(text: name + String(repeating: " ", count: gap))
  }

  private func append(figure: String, _ output: inout ByteBlock) {
    let gap = max(1, SummaryTextEncoder.figureWidth - figure.utf8.count)
    output.append(text: String(repeating: " ", count: gap) + figure)
  }
}
