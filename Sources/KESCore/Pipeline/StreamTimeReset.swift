// Setting back a stream time that ran ahead.

/// Sets the stream time of tasks at rest back (cli.md, section 7).
///
/// All sessions stay. Those whose latest event was applied at a later stream time count as if that had
/// been the new one: they are silent (R5) when stream time has gone on from there by timeout and
/// lateness, or forgotten (R6) when it has by `--retain`.
public struct StreamTimeReset: Sendable {
  /// What is to be told of a task.
  public struct Finding: Sendable {
    /// What stream time was.
    public let before: EventTime
    /// Whether that was later than it is to be.
    public let isLater: Bool
    /// How many held records (R9) are later: they move stream time when they are applied.
    public let laterHeld: Int
  }

  private let time: EventTime

  public init(to time: EventTime) { self.time = time }

  /// Adds to `changes` what sets `task` back; nil where no event of it has come. Cost: reading all
  /// its sessions.
  public func take(
    _ task: Int32, of store: StateStore, into changes: inout StateChanges
  ) throws(Failure) -> Finding? {
    guard var progress = try store.progress(task: task) else { return nil }
    let before = max(progress.streamTime, progress.arrivedStreamTime)
    if before == .beforeAll { return nil }
    if before <= time { return Finding(before: before, isLater: false, laterHeld: 0) }
    progress.streamTime = min(progress.streamTime, time)
    progress.arrivedStreamTime = min(progress.arrivedStreamTime, time)
    changes.begin(task: task)
    try store.forEachSession(task: task) { key, session in
      if session.latestStreamTime <= time { return }
      var earlier = session
      earlier.latestStreamTime = time
      changes.put(key, earlier)
    }
    changes.set(progress)
    let laterHeld = try store.heldCount(task: task, after: time)
    return Finding(before: before, isLater: true, laterHeld: laterHeld)
  }
}
