// Bars of characters, lying and standing.

/// Draws numbers as lengths and heights, in eighths of a character where there are such characters.
struct BarText {
  private let characters: TerminalCharacters

  init(_ characters: TerminalCharacters) { self.characters = characters }

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
    let steps = characters == .ascii ? BarText.standingASCII : BarText.standing
    return shown.map { value in
      if value <= 0 || most <= 0 { return " " }
      return steps[min(steps.count - 1, Int(value / most * Double(steps.count)))]
    }.joined()
  }
}
