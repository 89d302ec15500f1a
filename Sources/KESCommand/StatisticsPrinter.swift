// Shows a run's figures: `--stats` lines and the progress bar.

internal import Glibc
public import KESCore

/// Writes statistics to the standard error when they are due.
public final class StatisticsPrinter: StatisticsReporter {
  private static let progressMilliseconds: Int64 = 200
  /// How old the figures may be that are shown while a run waits in the middle of its work. Our choice.
  private static let snapshotMilliseconds: Int64 = 200

  private let messages: Messages
  private let intervalMilliseconds: Int64?
  private let showsProgress: Bool
  private let started: Int64
  private var nextLine: Int64
  private var nextProgress: Int64
  private var lastRecords: Int64 = 0
  private var lastTime: Int64
  private var hasDrawn = false
  private var nextSnapshot: Int64
  /// The last figures taken, with the greatest values since they were last shown.
  private var latest = Statistics()

  /// - Parameters:
  ///   - files: the inputs as the user named them; a bar needs a file.
  ///   - writesToTerminal: whether records are shown on a terminal: a bar would stand between them.
  ///   - now: milliseconds of the monotonic clock.
  public init(
    options: ReportOptions, files: [String], writesToTerminal: Bool = false, messages: Messages,
    now: Int64 = Clock.real.monotonic()
  ) {
    self.messages = messages
    intervalMilliseconds = options.stats.map { Int64($0 * 1000) }
    let isUseful = !writesToTerminal && files.contains { $0 != "-" }
    showsProgress =
      options.progress
      || (isUseful && !options.quiet && isatty(STDERR_FILENO) == 1 && options.stats == nil)
    started = now
    lastTime = now
    nextLine = now + (intervalMilliseconds ?? 0)
    nextProgress = now + StatisticsPrinter.progressMilliseconds
    nextSnapshot = now
    messages.figures.printer = self
  }

  public var deadline: Int64? {
    [intervalMilliseconds.map { _ in nextLine }, showsProgress ? nextProgress : nil]
      .compactMap { $0 }.min()
  }

  public func report(
    now: Int64, isAsked: Bool, isLast: Bool, _ statistics: () -> Statistics
  ) {
    let isLineDue = intervalMilliseconds != nil && (isLast || now >= nextLine)
    let isProgressDue = showsProgress && (isLast || now >= nextProgress)
    let isSnapshotDue = now >= nextSnapshot
    guard isLineDue || isAsked || isProgressDue || isSnapshotDue else { return }
    take(statistics(), now: now)
    show(now: now, isAsked: isAsked, isLast: isLast)
  }

  /// Shows the last figures again where that is due: for a run that waits in the middle of its work.
  func repeatLast(_ signals: Signals, now: Int64 = Clock.real.monotonic()) {
    show(now: now, isAsked: signals.takeReport(), isLast: false)
  }

  private func take(_ figures: Statistics, now: Int64) {
    nextSnapshot = now + StatisticsPrinter.snapshotMilliseconds
    var figures = figures
    figures.greatestLag = max(figures.greatestLag, latest.greatestLag)
    if let before = latest.topic?.greatestCommitTime, let now = figures.topic?.greatestCommitTime {
      figures.topic?.greatestCommitTime = max(now, before)
    }
    latest = figures
  }

  private func show(now: Int64, isAsked: Bool, isLast: Bool) {
    let isLineDue = intervalMilliseconds != nil && (isLast || now >= nextLine)
    let isProgressDue = showsProgress && (isLast || now >= nextProgress)
    let figures = latest
    if isProgressDue { drawProgress(figures, now: now, isLast: isLast) }
    if isLineDue || isAsked {
      writeLine(figures, now: now)
      latest.greatestLag = 0
      latest.topic?.greatestCommitTime = 0
    }
    while nextLine <= now, let interval = intervalMilliseconds { nextLine += max(1, interval) }
    if isProgressDue { nextProgress = now + StatisticsPrinter.progressMilliseconds }
  }

  /// One JSON object: the ledger's entries add up to `records`.
  private func writeLine(_ figures: Statistics, now: Int64) {
    let ledger = figures.ledger
    let rate = perSecond(max(ledger.records - lastRecords, 0), now - lastTime)
    (lastRecords, lastTime) = (ledger.records, now)
    messages.write(
      """
      {"records":\(ledger.records),"bytes":\(figures.bytes),"rate":\(rate),\
      "time":\(Clock.real.wall()),\
      "open_sessions":\(figures.openSessions),"max_lag":\(min(figures.greatestLag, greatestNumber)),\
      "assigned":\(ledger.assigned),"late":\(ledger.late),"duplicate":\(ledger.duplicate),\
      "rejected":\(ledger.rejected),"filtered":\(ledger.filtered),"held":\(ledger.held)\
      \(aheadMember(figures.ahead))\(unfinishedMember(figures))\(topicMembers(figures.topic))}

      """)
  }

  /// Our choice: what readers of JSON hold in a signed number of 64 bits.
  private var greatestNumber: UInt64 { UInt64(Int64.max) }

  /// The member of those who look at the wall clock.
  private func aheadMember(_ ahead: Int64?) -> String { ahead.map { ",\"ahead\":\($0)" } ?? "" }

  /// Only a run that leaves the rest of an input to the next one has it.
  private func unfinishedMember(_ figures: Statistics) -> String {
    figures.unfinishedBytes.map { ",\"unfinished\":\($0)" } ?? ""
  }

  /// The members that only a run on topics has.
  private func topicMembers(_ topic: TopicStatistics?) -> String {
    guard let topic else { return "" }
    return """
      ,"records_behind":\(topic.recordsBehind),"active_tasks":\(topic.activeTasks),\
      "restoring_tasks":\(topic.restoringTasks),"standby_tasks":\(topic.standbyTasks),\
      "restored_records":\(topic.restoredRecords),"standby_records":\(topic.standbyRecords),\
      "transactions":\(topic.transactions),"max_commit_ms":\(topic.greatestCommitTime)
      """
  }

  /// Records a second since the last line; whole numbers.
  private func perSecond(_ records: Int64, _ milliseconds: Int64) -> Int64 {
    milliseconds <= 0 ? 0 : Int64(Double(records) * 1000 / Double(milliseconds))
  }

  private func drawProgress(_ figures: Statistics, now: Int64, isLast: Bool) {
    guard let (name, read, size) = figures.progress, size > 0, !isLast else {
      if hasDrawn { messages.write("\r\u{1B}[K") }
      return
    }
    hasDrawn = true
    let share = min(1, Double(read) / Double(size))
    let line = ProgressLine(
      name: name, share: share, recordsPerSecond: perSecond(figures.ledger.records, now - started),
      secondsLeft: share > 0 ? Int(Double(now - started) / 1000 * (1 - share) / share) : 0)
    // A terminal's last column is left free: some begin a new line there.
    let columns = Terminal.columns(of: STDERR_FILENO).map { $0 - 1 } ?? .max
    messages.write("\r\u{1B}[K" + line.text(columns: columns))
  }
}

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
    return TerminalText.fitted(last, columns: columns, ending: Terminal.characters.ellipsis)
  }
}
