// kes-read --watch.

import ArgumentParser
import KESCommand
import KESCore
import KESViews

extension KESRead {
  /// Throws where there is no screen to watch.
  func requireScreen() throws {
    if !view.watch || (output.output == nil && isStandardOutputTerminal) { return }
    throw ValidationError(
      "--watch needs a terminal: --stats-only gives the figures at the end, --stats every 5 seconds"
    )
  }

  /// Shows how the inputs come.
  func showWatch(_ ends: Ends) throws(Failure) -> ToolEnding {
    // Who types events means no key by them.
    let typesInput =
      topics.from == nil && input.names.contains("-") && isStandardInputTerminal
    let screen = AlternateScreen(wantsKeys: !typesInput)
    let view = WatchTextEncoder(
      input: topics.from.map { "topic \($0)" }
        ?? input.names.map { $0 == "-" ? "stdin" : $0 }.joined(separator: " "),
      style: style, characters: Terminal.characters
    ) {
      // Unlike a chart, a screen has no line for a cursor below it.
      let area = Terminal.area(isFile: false)
      return ChartArea(columns: area.columns, rows: area.rows.map { $0 + 1 })
    }
    let report = WatchReport(screen: screen, view: view, final: summaryEncoder, choice: choice)
    ends.signals.noticeSuspension()
    do throws(Failure) {
      return try show(report, ends)
    } catch {
      // Where the run ended in the middle, the terminal is still to be given back.
      screen.leave(&ends.output.buffer)
      try? ends.output.flush()
      throw error
    }
  }
}
