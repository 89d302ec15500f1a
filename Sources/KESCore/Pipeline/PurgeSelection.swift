// Which sessions of a store are to be purged, and how they close.

/// What of one task is to be purged.
public struct TaskSelection: Sendable {
  public var task: Int32
  public var selection: PurgeSelection

  public init(task: Int32 = 0, _ selection: PurgeSelection) {
    self.task = task
    self.selection = selection
  }
}

/// What `kes-purge --state` was asked to remove (cli.md, section 7).
public struct PurgeSelection: Sendable {
  /// R5 as a time: sessions whose latest event is `silence` or more before `asOf` are due. All in
  /// milliseconds of stream time.
  public struct Due: Sendable {
    /// What a closing's time is behind the session's end.
    public var timeout: UInt64
    /// The timeout and the lateness (R5).
    public var silence: UInt64
    public var asOf: EventTime

    public init(timeout: UInt64, silence: UInt64, asOf: EventTime) {
      self.timeout = timeout
      self.silence = silence
      self.asOf = asOf
    }
  }

  private enum Choice: Sendable {
    case due(Due)
    /// Of these only the due ones where `due` says so.
    case devices([Glob], due: Due?)
    case nothing
  }

  private let choice: Choice

  /// All open sessions that are due; status `timeout`.
  public init(_ due: Due) { choice = .due(due) }

  /// All sessions of the devices that one of the patterns names, or those among them that are due; status `purged`.
  public init(devices: [Glob], due: Due?) { choice = .devices(devices, due: due) }

  private init() { choice = .nothing }

  /// No session: what is due where there is no timeout.
  public static let nothing = PurgeSelection()

  /// Whether the session is to go. A remembered one (R6) has closed already: it goes only by name.
  func selects(_ key: Span<UInt8>, _ session: SessionSnapshot) -> Bool {
    switch choice {
    case .due(let due): session.state == .open && PurgeSelection.isDue(session, due)
    case .devices(let devices, let due):
      devices.contains { $0.matches(key) }
        && (due.map { PurgeSelection.isDue(session, $0) } ?? true)
    case .nothing: false
    }
  }

  private static func isDue(_ session: SessionSnapshot, _ due: Due) -> Bool {
    session.latestStreamTime.elapsed(until: due.asOf) >= due.silence
  }

  var status: SessionStatus {
    if case .devices = choice { return .purged }
    return .timeout
  }

  /// The time of the closing of a session with this end.
  func closingTime(end: EventTime) -> EventTime {
    if case .due(let due) = choice { return end.advanced(by: due.timeout) }
    return end
  }
}
