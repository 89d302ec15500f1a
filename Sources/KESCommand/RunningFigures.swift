// What a tool does while it waits outside of its loop.

internal import KESCore

/// Who shows a run's figures, for what is waited for in the middle of its work.
final class RunningFigures: @unchecked Sendable {
  // Sendable: a run and what it waits for are one thread's.
  var printer: StatisticsPrinter?
}

extension Messages {
  /// Tells of waiting for a schema registry, and has the figures go on meanwhile.
  func watch(_ signals: Signals) -> RegistryWatch {
    RegistryWatch(
      goesOn: {
        figures.printer?.repeatLast(signals)
        return signals.stop == nil
      },
      note: { note($0) })
  }
}
