// What a run's inputs begin with, where nothing else says how its records are written.

/// Looks at the inputs of a run before anything is made for it.
public struct FirstLook {
  private let forms: InputForms
  private let signals: Signals
  private let clock: Clock
  private let reporter: (any StatisticsReporter)?

  /// - Parameter reporter: told meanwhile that nothing has been read.
  public init(
    _ forms: InputForms, signals: Signals, clock: Clock = .real,
    reporter: (any StatisticsReporter)? = nil
  ) {
    self.forms = forms
    self.signals = signals
    self.clock = clock
    self.reporter = reporter
  }

  /// The format of the first input that holds anything. Nil where none does, where a signal asks to stop,
  /// and where something is to be written before anything comes.
  ///
  /// - Parameters:
  ///   - waitsForRest: whether an input whose positions are kept may end inside a record.
  ///   - patience: after how many milliseconds something is to be written (R13); nil for never.
  ///   - statistics: the run's figures while nothing has come.
  public func format(
    of inputs: inout InputSequence, waitsForRest: Bool = false, patience: Int64? = nil,
    statistics: () throws(Failure) -> Statistics = { Statistics() }
  ) throws(Failure) -> RecordFormat? {
    let end = patience.map { clock.monotonic() + $0 }
    while signals.stop == nil {
      let deadline = [end, reporter?.deadline].compactMap { $0 }.min()
      let look = inputs.look(deadline: deadline, waitsForRest: waitsForRest) {
        forms.form(of: $0, isAll: $1)
      }
      switch look {
      case .found(let form): return form.format
      case .nothing: return nil
      case .deadline, .signal: break
      }
      if let end, clock.monotonic() >= end { return nil }
      let (found, isAsked) = (try statistics(), signals.takeReport())
      reporter?.report(now: clock.monotonic(), isAsked: isAsked, isLast: false) { found }
    }
    return nil
  }
}
