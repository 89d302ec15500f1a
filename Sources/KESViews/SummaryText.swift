// A summary for people.

package import KESCore

/// Writes the figures as a list, two tables of the sessions by status: how long they were and how
/// many events they had, and a histogram of each over all sessions. On a terminal that is too narrow for
/// the tables their figures are shorter, and where there is less room some are left out, and the names cut.
package struct SummaryTextEncoder: SummaryEncoder {
  private let style: TextStyle
  private let bars: BarText
  private let isNarrow: Bool
  /// The figures that there is no room for.
  private let leftOut: Set<String>
  /// Of the names in the list, of those of bins, and in the tables; of the figures of histograms, and of
  /// the number of sessions.
  private let nameWidth: Int
  private let binWidth: Int
  private let statusWidth: Int
  private let figureWidth: Int
  private let countWidth: Int
  private let barWidth: Int
  /// How wide lines may be.
  private let columns: Int
  private let ellipsis: String

  /// On a terminal that is narrower than this, names have less room, too.
  private static let usualColumns = 46
  /// So that no line is longer than 80 columns.
  private static let barWidth = 46
  private static let counts = ["COUNT", "PARTIAL"]
  private static let headings = ["MIN", "P50", "P90", "P99", "MAX"]
  /// What gives way first stands first.
  private static let dispensable = ["P90", "MIN", "PARTIAL", "P99", "P50", "COUNT"]

  /// - Parameter columns: how wide lines may be; nil for as wide as they are.
  package init(style: TextStyle, characters: TerminalCharacters = .ascii, columns: Int? = nil) {
    self.style = style
    bars = BarText(characters)
    ellipsis = characters.ellipsis
    let width = columns ?? .max
    let isTiny = width < SummaryTextEncoder.usualColumns
    self.columns = width
    (nameWidth, figureWidth) = isTiny ? (16, 9) : (FigureColumns.nameWidth, 12)
    let room = width - (isTiny ? 14 : FigureColumns.nameWidth)
    let figures = SummaryTextEncoder.counts + SummaryTextEncoder.headings
    isNarrow = room < figures.count * FigureColumns.width
    let countWidth = isTiny ? 8 : FigureColumns.width
    var leftOut: Set<String> = []
    var used = isNarrow ? countWidth + 8 * (figures.count - 1) : 0
    for figure in SummaryTextEncoder.dispensable where used > room {
      leftOut.insert(figure)
      used -= figure == "COUNT" ? countWidth : 8
    }
    self.leftOut = leftOut
    self.countWidth = isNarrow ? countWidth : FigureColumns.width
    statusWidth = max(2, min(FigureColumns.nameWidth, width - used))
    binWidth = min(nameWidth, max(2, width - figureWidth))
    barWidth = max(0, min(SummaryTextEncoder.barWidth, width - binWidth - figureWidth - 2))
  }

  package func encode(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    encodeCounts(summary, to: &output)
    encodeTimes(summary, to: &output)
    var hasSessions = false
    summary.forEachStatus { _, _ in hasSessions = true }
    if !hasSessions { return }
    appendHeading("SESSIONS", SummaryTextEncoder.counts, &output)
    summary.forEachStatus { status, figures in
      append(name: "\(status.text)", width: statusWidth, &output)
      append(number(UInt64(figures.count)), of: "COUNT", &output)
      append(number(UInt64(figures.partial)), of: "PARTIAL", &output)
      append(figures.durations, &output) {
        isNarrow ? ShortText.duration($0) : TimelineCaption.duration($0)
      }
    }
    appendHeading("EVENTS A SESSION", [], &output)
    summary.forEachStatus { status, figures in
      append(name: "\(status.text)", width: statusWidth, &output)
      append(figures.events, &output) { number($0) }
    }
    encodeHistograms(summary, to: &output)
  }

  private func number(_ value: UInt64) -> String {
    isNarrow ? ShortText.number(value) : "\(value)"
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
    beginHeading(name, width: binWidth, &output)
    append(figure: "SESSIONS", width: figureWidth, &output)
    endHeading(&output)
    let most = bins.counts.max() ?? 0
    for bin in bins.used {
      let next = bin + 1 < bins.bounds.count ? bins.bounds[bin + 1] : nil
      append(name: label(bins.bounds[bin], next), width: binWidth, &output)
      let count = UInt64(bins.counts[bin])
      append(
        figure: figureWidth < FigureColumns.width ? ShortText.number(count) : "\(count)",
        width: figureWidth, &output)
      let bar = barWidth == 0 ? "" : bars.bar(bins.counts[bin], of: most, columns: barWidth)
      output.append(text: bar.isEmpty ? "\n" : "  \(bar)\n")
    }
  }

  private func encodeCounts(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    appendLine("records", "\(summary.records)", &output)
    for kind in EventKind.allCases {
      appendLine("  \(kind.name)", "\(summary.count(of: kind))", &output)
    }
    appendLine("duplicates", "\(summary.duplicates)", &output)
    appendLine("devices", summary.devices.text, &output)
  }

  private func encodeTimes(_ summary: borrowing EventSummary, to output: inout ByteBlock) {
    guard let times = summary.times else { return }
    appendLine("first event", text(times.first), &output)
    appendLine("last event", text(times.last), &output)
    appendLine("span", TimelineCaption.duration(summary.span), &output)
    guard let rate = summary.rate else { return }
    appendLine("events a second", ByteBlock.text { $0.append(thousandths: rate) }, &output)
  }

  /// Without year and fraction where there is no room for them.
  private func text(_ time: EventTime) -> String {
    let text = time.internetText
    return text.utf8.count > columns - nameWidth ? ShortText.time(time) : text
  }

  private func appendHeading(_ name: String, _ counts: [String], _ output: inout ByteBlock) {
    beginHeading(name, width: statusWidth, &output)
    for figure in counts + SummaryTextEncoder.headings { append(figure, of: figure, &output) }
    endHeading(&output)
  }

  private func beginHeading(_ name: String, width: Int, _ output: inout ByteBlock) {
    output.append(UInt8(ascii: "\n"))
    style.begin(.heading, &output)
    append(name: name, width: width, &output)
  }

  private func endHeading(_ output: inout ByteBlock) {
    style.end(.heading, &output)
    output.append(UInt8(ascii: "\n"))
  }

  /// The rest of a row: least, percentiles, greatest.
  private func append(
    _ histogram: borrowing Histogram, _ output: inout ByteBlock, _ text: (UInt64) -> String
  ) {
    let figures = [
      histogram.min, histogram.percentile(0.5), histogram.percentile(0.9),
      histogram.percentile(0.99), histogram.max,
    ]
    for (figure, heading) in zip(figures, SummaryTextEncoder.headings) {
      append(figure.map(text) ?? "", of: heading, &output)
    }
    output.append(UInt8(ascii: "\n"))
  }

  /// A figure in the column of its heading, where that is shown.
  private func append(_ figure: String, of heading: String, _ output: inout ByteBlock) {
    if leftOut.contains(heading) { return }
    let width = heading == "COUNT" ? countWidth : isNarrow ? 8 : FigureColumns.width
    append(figure: figure, width: width, &output)
  }

  private func appendLine(_ name: String, _ value: String, _ output: inout ByteBlock) {
    append(name: name, width: nameWidth, &output)
    let fitted = TerminalText.fitted(value, columns: max(0, columns - nameWidth), ending: ellipsis)
    output.append(text: fitted + "\n")
  }

  /// A name in its column, cut where that would join it with what follows on a narrow terminal.
  private func append(name: String, width: Int, _ output: inout ByteBlock) {
    let isTiny = columns < SummaryTextEncoder.usualColumns
    let name =
      isTiny ? TerminalText.fitted(name, columns: width - 1, ending: ellipsis) : name
    output.append(text: TerminalText.padded(name, columns: width))
  }

  private func append(figure: String, width: Int, _ output: inout ByteBlock) {
    output.append(text: FigureColumns.figure(figure, width: width))
  }
}

/// A list of figures: a name at the left of its column, figures at the right of theirs.
enum FigureColumns {
  static let nameWidth = 18
  static let width = 12

  static func name(_ text: String) -> String { TerminalText.padded(text, columns: nameWidth) }

  static func figure(_ text: String, width: Int = width) -> String {
    " " + TerminalText.padded(text, columns: width - 1, isNumber: true)
  }
}

/// Names of bins.
enum BinLabel {
  /// `5 to 9`; `3` where the bin holds one number.
  static func numbers(_ least: UInt64, below next: UInt64?) -> String {
    guard let next else { return "\(least) or more" }
    return next == least + 1 ? "\(least)" : "\(least) to \(next - 1)"
  }

  /// `1s to 2s`: from the first up to, and without, the second.
  static func durations(_ least: UInt64, below next: UInt64?) -> String {
    guard let next else { return "\(short(least)) or more" }
    return "\(short(least)) to \(short(next))"
  }

  /// The largest unit of which it is a whole number: `0.1s`, `30s`, `2m`, `1h`, `7d`.
  private static func short(_ milliseconds: UInt64) -> String {
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
      as [(String, UInt64)] where milliseconds >= length && milliseconds % length == 0
    {
      return "\(milliseconds / length)\(unit)"
    }
    return milliseconds == 0 ? "0s" : "0.\(milliseconds / 100)s"
  }
}

/// Draws numbers as lengths and heights, in eighths of a character where there are such characters.
struct BarText {
  private let characters: TerminalCharacters

  init(_ characters: TerminalCharacters) { self.characters = characters }

  /// From least to most.
  var steps: [String] { characters == .ascii ? BarText.standingASCII : BarText.standing }

  private static let lying = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
  private static let standing = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let standingASCII = [".", ":", "-", "=", "+", "*", "#", "@"]

  /// A bar of `columns` for `most`; what is not 0 is to be seen.
  func bar(_ value: Int64, of most: Int64, columns: Int) -> String {
    if value <= 0 || most <= 0 { return "" }
    let share = min(1, Double(value) / Double(most))
    if characters == .ascii {
      return String(repeating: "#", count: max(1, Int((share * Double(columns)).rounded())))
    }
    let eighths = max(1, Int((share * Double(columns * 8)).rounded()))
    return String(repeating: "█", count: eighths / 8) + BarText.lying[eighths % 8]
  }

  /// A column a value, the last `columns` of them; a blank for nothing.
  func line(_ values: [Double], columns: Int) -> String {
    let shown = values.suffix(max(0, columns))
    let most = shown.max() ?? 0
    return shown.map { value in
      if value <= 0 || most <= 0 { return " " }
      return steps[min(steps.count - 1, Int(value / most * Double(steps.count)))]
    }.joined()
  }
}
