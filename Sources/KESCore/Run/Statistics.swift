// The figures of a run: every record read is exactly one thing, and what else is counted.

/// Every record read is exactly one of these (cli.md, section 3, `--stats`).
public struct Ledger: Hashable, Sendable {
  public var records: Int64 = 0
  public var assigned: Int64 = 0
  public var late: Int64 = 0
  public var duplicate: Int64 = 0
  public var rejected: Int64 = 0
  public var filtered: Int64 = 0
  /// Waiting for the watermark (R9).
  public var held: Int64 = 0
  /// Of all these, those that are ahead of the wall clock.
  public var ahead: Int64 = 0

  public init() {}

  /// Whether the sum of all is the number of records.
  public var isClosed: Bool {
    records == assigned + late + duplicate + rejected + filtered + held
  }

  /// Throws `.bug` where the sum is wrong, which is a bug.
  public func requireClosed() throws(Failure) {
    if !isClosed {
      throw Failure(.bug, .command, "the ledger does not close, which is a bug: \(self)")
    }
  }

  /// Counts the batch's assignments.
  mutating func count(_ outcome: borrowing Outcome) {
    for index in 0..<outcome.assignments.count {
      switch outcome.assignments[index].disposition {
      case .assigned: assigned &+= 1
      case .late: late &+= 1
      case .duplicate: duplicate &+= 1
      case .filtered: filtered &+= 1
      }
    }
  }
}

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

/// Figures of a run that reads a topic.
public struct TopicStatistics: Sendable {
  /// How many records of our partitions are still to be read, as far as is known.
  public var recordsBehind: Int64
  /// Partitions that are processed here, that are being restored, and that are followed as standby
  /// replicas.
  public var activeTasks = 0
  public var restoringTasks = 0
  public var standbyTasks = 0
  /// Changelog records that were read to restore tasks, and to follow them.
  public var restoredRecords: Int64 = 0
  public var standbyRecords: Int64 = 0
  public var transactions: Int64 = 0
  /// The longest time that a commit took since the last report, in milliseconds.
  public var greatestCommitTime: Int64 = 0

  public init(recordsBehind: Int64) { self.recordsBehind = recordsBehind }
}

/// Measures the greatest lag: of an event behind the greatest time before it in its partition.
struct LagGauge {
  private var streamTimes: [Int32: EventTime] = [:]
  private var current: Int32 = -1
  private var streamTime: EventTime = .beforeAll
  private var greatest: UInt64 = 0

  @inline(__always)
  mutating func note(_ time: EventTime, of partition: Int32) {
    if partition != current { change(to: partition) }
    streamTime = max(streamTime, time)
    greatest = max(greatest, time.elapsed(until: streamTime))
  }

  @inline(never)
  private mutating func change(to partition: Int32) {
    if current >= 0 { streamTimes[current] = streamTime }
    (current, streamTime) = (partition, streamTimes[partition] ?? .beforeAll)
  }

  /// In milliseconds, since the last call.
  mutating func take() -> UInt64 {
    defer { greatest = 0 }
    return greatest
  }
}
