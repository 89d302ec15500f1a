// The progress bar, as wide as there is room.

internal import KESCore

/// How much of a file has been read, how fast, and how long that will take.
struct ProgressLine {
  /// So many columns of the name stay before the bar gives way.
  private static let leastName = 8

  let name: String
  /// 0 to 1.
  let share: Double
  let recordsPerSecond: Int64
  let secondsLeft: Int

  /// In at most `columns`. Where that is little, first the way to the file is left out, then its name
  /// is cut, then the bar becomes shorter and goes, and of the figures the first are the last to stay.
  func text(columns: Int) -> String {
    let percent = "\(Int(share * 100))%"
    let left = "\(secondsLeft / 60):\(secondsLeft % 60 < 10 ? "0" : "")\(secondsLeft % 60) left"
    let figures = "\(percent)  \(recordsPerSecond) records/s  \(left)"
    for width in [24, 12, 0] {
      let bar = width == 0 ? " " : " [\(bar(width))] "
      let room = columns - bar.count - figures.count
      if room >= ProgressLine.leastName { return shownName(columns: room) + bar + figures }
    }
    return [figures, "\(percent)  \(left)", percent].first { $0.count <= columns } ?? ""
  }

  private func bar(_ width: Int) -> String {
    let filled = Int(share * Double(width))
    return String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
  }

  private func shownName(columns: Int) -> String {
    let whole = VisibleText.of(name)
    if TerminalText.width(whole) <= columns { return whole }
    let last = name.split(separator: "/").last.map { VisibleText.of(String($0)) } ?? whole
    let ending = Terminal.characters == .unicode ? "…" : "~"
    return TerminalText.fitted(last, columns: columns, ending: ending)
  }
}
