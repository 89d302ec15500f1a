// The screen of a stream that is watched.

package import KESCore

/// Draws rates, open sessions, times and closings by status, as many lines as there is room for.
package struct WatchTextEncoder: Sendable {
  private static let headings = ["COUNT", "A SECOND", "P50", "P99"]

  private let input: String
  private let style: TextStyle
  private let characters: TerminalCharacters
  private let bars: BarText
  private let area: @Sendable () -> ChartArea

  /// - Parameters:
  ///   - input: what is watched, in words.
  ///   - area: the room there is at the moment.
  package init(
    input: String, style: TextStyle, characters: TerminalCharacters,
    area: @escaping @Sendable () -> ChartArea
  ) {
    self.input = withUTF8Bytes(of: input) {
      TerminalText.shown($0, isUTF8: characters == .unicode)
    }
    self.style = style
    self.characters = characters
    bars = BarText(characters)
    self.area = area
  }

  func lines(
    _ summary: borrowing EventSummary, _ pulse: WatchPulse, _ times: WatchTimes,
    endsByKey: Bool = false
  ) -> [String] {
    let area = area()
    var lines: [(text: String, part: TextStyle.Part)] = [
      (head(pulse, area, key: endsByKey ? "q" : "Ctrl-C"), .heading), ("", .plain),
      (line("records", "\(summary.records)", rate(pulse, area)), .plain),
      (line("devices", summary.devices.text), .plain),
      (line("open sessions", "\(summary.openSessions)"), .plain),
    ]
    lines += timeLines(times).map { ($0, .plain) }
    lines += closingLines(summary, pulse, area)
    return lines.prefix(area.rows ?? lines.count).map { styled($0.text, $0.part, area) }
  }

  private func styled(_ text: String, _ part: TextStyle.Part, _ area: ChartArea) -> String {
    let fitted = TerminalText.fitted(text, columns: area.columns, ending: "")
    return ByteBlock.text {
      style.begin(part, &$0)
      $0.append(text: fitted)
      style.end(part, &$0)
    }
  }

  // MARK: Lines

  /// What is watched on the left, for how long on the right.
  private func head(_ pulse: WatchPulse, _ area: ChartArea, key: String) -> String {
    let right = "for \(pulse.elapsed / 1000)s, \(key) ends it"
    let room = area.columns - right.count - 2
    let left = TerminalText.fitted(
      "watching \(input)", columns: max(0, room), ending: characters.ellipsis)
    let gap = max(2, area.columns - TerminalText.width(left) - right.count)
    return left + String(repeating: " ", count: gap) + right
  }

  private func line(_ name: String, _ figure: String, _ rest: String = "") -> String {
    FigureColumns.name(name) + FigureColumns.figure(figure) + rest
  }

  private func rate(_ pulse: WatchPulse, _ area: ChartArea) -> String {
    let rate = "  \(tenths(pulse.recordRate)) a second  "
    let used = FigureColumns.nameWidth + FigureColumns.width + rate.count
    return rate + bars.line(pulse.history, columns: min(60, area.columns - used))
  }

  private func timeLines(_ times: WatchTimes) -> [String] {
    guard let streamTime = times.streamTime else {
      return [FigureColumns.name("stream time") + "no event yet"]
    }
    return [
      FigureColumns.name("stream time") + TimelineCaption.time(streamTime) + " UTC",
      FigureColumns.name("  behind clock") + TimelineCaption.duration(times.behindClock ?? 0),
      FigureColumns.name("  greatest lag") + TimelineCaption.duration(times.greatestLag),
    ]
  }

  /// A line a status, with a bar of its share.
  private func closingLines(
    _ summary: borrowing EventSummary, _ pulse: WatchPulse, _ area: ChartArea
  ) -> [(text: String, part: TextStyle.Part)] {
    var rows: [(status: SessionStatus?, count: Int64, middle: UInt64, most: UInt64)] = []
    summary.forEachStatus { status, figures in
      let durations = (figures.durations.percentile(0.5), figures.durations.percentile(0.99))
      rows.append((status, figures.count, durations.0 ?? 0, durations.1 ?? 0))
    }
    if rows.isEmpty { return [] }
    let headings = WatchTextEncoder.headings.map { FigureColumns.figure($0) }.joined()
    let used = FigureColumns.nameWidth + 4 * FigureColumns.width + 2
    let greatest = rows.map(\.count).max() ?? 0
    let closings = rows.map { row in
      let figures = [
        "\(row.count)", tenths(pulse.sessionRate(row.status)), TimelineCaption.duration(row.middle),
        TimelineCaption.duration(row.most),
      ]
      let bar = bars.bar(row.count, of: greatest, columns: max(1, min(40, area.columns - used)))
      let text =
        FigureColumns.name("\(row.status.text)") + figures.map { FigureColumns.figure($0) }.joined()
        + "  " + bar
      return (text: text, part: TextStyle.Part.status(row.status))
    }
    return [("", .plain), (FigureColumns.name("CLOSED") + headings, .heading)] + closings
  }

  /// With one decimal; whole from 1000 on.
  private func tenths(_ value: Double) -> String {
    if value >= 1000 { return "\(Int64(min(value, 1e15)))" }
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
