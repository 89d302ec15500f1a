// What a run tells of itself.

/// A run's figures at one moment.
public struct Statistics: Sendable {
  public var ledger = Ledger()
  /// Bytes read.
  public var bytes: Int64 = 0
  public var openSessions: Int64 = 0
  /// How far, at most, an event lagged behind stream time since the last report, in milliseconds.
  public var greatestLag: UInt64 = 0
  /// How many events were read that are further ahead of the wall clock than they may be, or than a
  /// day; nil where nobody looks.
  public var ahead: Int64?
  /// How much of the current file has been read, where there is one.
  public var progress: (name: String, read: Int64, size: Int64)?
  /// Bytes at the ends of inputs that wait for the rest of their record; nil where none would.
  public var unfinishedBytes: Int64?
  /// Of a run that reads a topic.
  public var topic: TopicStatistics?

  public init() {}
}

/// Whoever shows statistics: the command. Called between batches, from the run's own thread.
public protocol StatisticsReporter: AnyObject {
  /// When the next report is due, in milliseconds of the monotonic clock; nil for never.
  var deadline: Int64? { get }
  /// Shows the figures where they are due at `now`, or where `isAsked` (SIGUSR1) or `isLast`.
  func report(now: Int64, isAsked: Bool, isLast: Bool, _ statistics: () -> Statistics)
}
