// The loop of kes-segment on a topic: poll, segment each partition by its task, write, commit.

/// What the command line says of a run on a topic, beside the rules.
public struct TopicSegmentOptions: Sendable {
  public var segment = SegmentOptions()
  public var policy = BadRecordPolicy.fail
  /// How many records to read at most (`-c`).
  public var greatestCount: Int64 = .max
  public var greatestRecord = 16 << 20
  /// Whether values are Avro data in the Confluent wire format.
  public var isAvro = false
  /// Whether the output is a topic, to which headers are passed on.
  public var keepsHeaders = false

  public init() {}
}

/// Reads a topic's partitions, gives their records sessions, writes session events, commits.
///
///     TopicReader ──▶ MessageDecoder ──▶ SegmentTask ──▶ SegmentWriter ──▶ outputs
///      partitions                         │  one each                        │
///                                         └──▶ StateStore ◀──▶ Changelog ◀───┘
///
/// A commit makes everything up to it last: as a transaction of Kafka where the application's guarantee
/// is exactly-once (design.md, "Exactly once, Kafka to Kafka"), else the output first, then the place
/// up to which records were read. `+Commit` says how, `+Partitions` how tasks come and go, `+Recovery`
/// what follows a transaction that failed.
public final class TopicSegmentPipeline {
  let reader: TopicReader
  let intake: MessageIntake
  private var batch = Batch(blockSize: 128 * 1024)
  let writer: SegmentWriter
  /// By partition; those that are being restored are not among them.
  var tasks: [Int32: RunningTask] = [:]
  /// Partitions that are ours and wait for their sessions: where reading begins, and what the group had
  /// committed.
  var restoring: [Int32: RestoringTask] = [:]
  /// What the application is to be told to have taken up.
  var takenUp = TakenUp()

  let formats: RecordFormats
  let rules: SegmentationRules
  let options: TopicSegmentOptions
  let store: StateStore?
  let application: RunningApplication?
  let signals: Signals
  let clock: Clock
  private let reporter: (any StatisticsReporter)?
  let onNote: (String) -> Void
  private let onNotice: (KafkaNotice) -> Void
  /// How long brokers may take for a step of a transaction: our choice, as long as a coordinator may
  /// move; less when a signal asks to stop.
  let transactionPatience: KafkaPatience

  /// The ledgers as of the last commit, for when what came after is undone.
  var committedLedger = (reading: Ledger(), writing: Ledger())
  var changes = StateChanges()
  var nextCommit: Int64
  /// Not before the group has said which partitions are ours.
  var nextStandbyCheck: Int64 = .max
  var transactionCount: Int64 = 0
  var greatestCommitTime: Int64 = 0
  var recovery = RecoveryPace()

  /// - Parameters:
  ///   - store: where tasks keep their state; nil for none. An application needs one.
  ///   - application: what makes this run one of several; nil for a run for itself.
  ///   - onRejection: told of every record that is passed over.
  ///   - ahead: watches for events that are ahead of the wall clock.
  ///   - onNote: told what a user may want to know: takeovers, restoring, transactions that failed.
  ///   - onNotice: told what librdkafka has to say.
  public init(
    reader: TopicReader, formats: RecordFormats, rules: SegmentationRules,
    encoder: consuming any SessionEventEncoder & ~Copyable, outputs: SegmentOutputs,
    deadLetters: (any DeadLetters)?,
    store: StateStore?, application: RunningApplication?, options: TopicSegmentOptions,
    signals: Signals, clock: Clock = .real, reporter: (any StatisticsReporter)? = nil,
    onRejection: ((BadRecord) -> Void)? = nil, ahead: AheadWatch? = nil,
    onNote: @escaping (String) -> Void = { _ in },
    onNotice: @escaping (KafkaNotice) -> Void = { _ in }
  ) {
    self.reader = reader
    intake = MessageIntake(
      MessageDecoder(
        formats, topic: reader.reading.topic, isAvro: options.isAvro,
        greatestRecord: options.greatestRecord, keepsHeaders: options.keepsHeaders),
      topic: reader.reading.topic, policy: options.policy, deadLetters: deadLetters,
      greatestCount: options.greatestCount, onRejection: onRejection, ahead: ahead)
    writer = SegmentWriter(
      encoder: encoder, outputs: outputs, isUnbuffered: options.segment.isUnbuffered)
    self.formats = formats
    self.rules = rules
    self.options = options
    self.store = store
    self.application = application
    self.signals = signals
    self.clock = clock
    self.reporter = reporter
    self.onNote = onNote
    self.onNotice = onNotice
    if application != nil {
      reader.remedy = "begin anew with kes-purge --reset, or another --application-id"
    } else if store != nil {
      reader.remedy = "use another --state, or remove this one"
    }
    let limit = DeliveryLimit(signals, milliseconds: DeliveryLimit.ofTransactionAfterStop)
    transactionPatience = KafkaPatience(milliseconds: 60_000) { limit.isOver }
    nextCommit = clock.monotonic() + options.segment.commitInterval
  }

  /// Runs until the partitions end (`-e`), as many records as were asked for have been read, or a
  /// signal asks to stop.
  ///
  /// Throws `Failure`; where a record is at fault, all that came before it is written and
  /// committed.
  public func run() throws(Failure) -> Ending {
    while true {
      do {
        return try runToEnd()
      } catch {
        if error.isOfInput {
          try finish(isEnd: false)
          throw error
        }
        try recover(from: error)
      }
    }
  }

  private func runToEnd() throws(Failure) -> Ending {
    while true {
      if intake.isComplete {
        try finish(isEnd: true)
        return .done
      }
      switch try next() {
      case .messages: intake.begin()
      case .assigned(let partitions): try assign(partitions)
      case .revoked(let partitions): try revoke(partitions)
      case .lost(let partitions): try lose(partitions)
      case .idle: break
      case .end where restoring.isEmpty:
        try finish(isEnd: true)
        return .done
      case .end: break
      case .stopped(let signal):
        try finish(isEnd: false)
        return .stopped(signal)
      }
      try applyHeld()
      try processMessages()
      passOn()
      try goOnWithClock()
      try follow()
      if clock.monotonic() >= nextCommit { try commit() }
      try report(isLast: false)
    }
  }

  private func next() throws(Failure) -> TopicReader.Turn {
    let (outputs, deadLetters) = (writer.outputs, intake.deadLetters)
    let deadline = deadline()
    let turn = try reader.next(into: &intake.messages, deadline: deadline) { () throws(Failure) in
      try deadLetters?.flush()
      try outputs.flush()
    }
    reader.consumer.takeNotices().forEach(onNotice)
    application?.takeNotices().forEach(onNotice)
    if turn != .messages { intake.passOver() }
    return turn
  }

  /// When to come back without messages, in milliseconds of the monotonic clock.
  private func deadline() -> Int64? {
    let now = clock.monotonic()
    var deadlines: [Int64] = []
    if tasks.values.contains(where: \.hasMoved) { deadlines.append(nextCommit) }
    if let reporter, let due = reporter.deadline { deadlines.append(due) }
    if let idleTimeout = options.segment.idleTimeout {
      for running in tasks.values {
        if let tick = running.task.nextTick(now: now, idleTimeout: idleTimeout) {
          deadlines.append(tick)
        }
      }
    }
    if let application {
      deadlines.append(now + (restoring.isEmpty ? application.followInterval : 0))
    }
    return deadlines.min()
  }

  // MARK: Records

  /// What an earlier run held is applied even where this one does not reorder.
  private func applyHeld() throws(Failure) {
    if rules.reorders { return }
    for partition in tasks.keys.sorted() where tasks[partition]?.task.heldCount ?? 0 > 0 {
      try tasks[partition]?.task.drain(to: writer)
    }
  }

  private func processMessages() throws(Failure) {
    while intake.failure == nil, !intake.isComplete, intake.hasMore {
      try processBatch()
      if options.keepsHeaders || options.segment.isUnbuffered {
        let outputs = writer.outputs
        try outputs.flush()
      }
      if clock.monotonic() >= nextCommit { try commit() }
      if signals.stop != nil { break }
    }
    if let failure = intake.failure { throw failure.asFailure }
  }

  private func processBatch() throws(Failure) {
    let tasks = tasks
    let progress = try intake.decode(into: &batch, end: reader.end) { tasks[$0] != nil }
    // Of a partition that is not ours any more, or not yet.
    guard let running = tasks[progress.partition] else { return }
    if !batch.records.isEmpty {
      try running.task.process(batch, to: writer)
      running.task.noteArrival(now: clock.monotonic())
    }
    running.position = max(running.position, progress.next)
    intake.reject()
  }

  /// Moves the places of tasks to behind what is no record, where no message stands before that. That
  /// alone is committed, too, and comes to rest: it writes nothing to a topic of output.
  private func passOn() {
    for (partition, place) in intake.reached(reader.places) {
      guard let running = tasks[partition] else { continue }
      running.position = max(running.position, place)
    }
  }

  private func goOnWithClock() throws(Failure) {
    guard let idleTimeout = options.segment.idleTimeout else { return }
    let now = clock.monotonic()
    for partition in tasks.keys.sorted() {
      try tasks[partition]?.task.goOnWithClock(now: now, idleTimeout: idleTimeout, to: writer)
    }
  }

  // MARK: The end, and reports

  /// Writes and commits the rest, and leaves the group. What is held stays where a later run goes on
  /// with it (R11): without a store nobody would ever see it, and an application applies it where its
  /// input ends.
  ///
  /// - Parameter isEnd: whether the input has ended, so that `--flush` speaks of it.
  private func finish(isEnd: Bool) throws(Failure) {
    let flushes = isEnd && options.segment.flushes
    let drains = store == nil || flushes || (isEnd && application != nil)
    for partition in tasks.keys.sorted() {
      if drains { try tasks[partition]?.task.drain(to: writer) }
      if flushes { try tasks[partition]?.task.closeAll(to: writer) }
    }
    let (outputs, deadLetters) = (writer.outputs, intake.deadLetters)
    try deadLetters?.finish()
    try outputs.finish()
    try commit()
    try keepFinalLengths()
    try report(isLast: true)
    reader.close()
  }

  private func report(isLast: Bool) throws(Failure) {
    if let reporter {
      let isAsked = signals.takeReport()
      reporter.report(now: clock.monotonic(), isAsked: isAsked, isLast: isLast) {
        statistics()
      }
    }
    if isLast { try closedLedger.requireClosed() }
  }

  private var closedLedger: Ledger {
    var closed = writer.ledger
    closed.records = intake.ledger.records
    closed.rejected = intake.ledger.rejected
    closed.filtered += intake.ledger.filtered
    for running in tasks.values {
      closed.records += running.task.restoredHeld
      closed.held += running.task.heldCount
    }
    closed.held += intake.ledger.held
    return closed
  }

  private func statistics() -> Statistics {
    var topic = TopicStatistics(recordsBehind: reader.lag(behind: tasks.mapValues(\.position)))
    topic.activeTasks = tasks.count
    topic.restoringTasks = restoring.count
    topic.standbyTasks = application?.follower.standbyTasks.count ?? 0
    topic.restoredRecords = application?.follower.restoredCount ?? 0
    topic.standbyRecords = application?.follower.standbyCount ?? 0
    topic.transactions = transactionCount
    topic.greatestCommitTime = greatestCommitTime
    greatestCommitTime = 0
    let openSessions = tasks.values.reduce(0) { $0 + Int64($1.task.openCount) }
    return intake.takeStatistics(
      ledger: closedLedger, openSessions: openSessions, topic: topic)
  }

  /// How many records were passed over that nothing keeps (exit status 1).
  public var skippedCount: Int64 { intake.skippedCount }
}

/// A partition that is processed here.
final class RunningTask {
  let partition: Int32
  var task: SegmentTask
  /// The offset of the record that is next, and what of that is committed.
  var position: KafkaOffset
  var committed: KafkaOffset
  /// Whether nobody has been told yet that it goes on there: the user has said where, not an earlier run.
  var isElsewhere = false

  init(partition: Int32, task: consuming SegmentTask, position: KafkaOffset) {
    self.partition = partition
    self.task = task
    self.position = position
    committed = position
  }

  /// Whether a commit would change anything.
  var hasMoved: Bool { task.isDirty || position != committed || isElsewhere }

  /// Where a next run may go on that has nothing of this one: before the first record that is held.
  var placeWithoutState: KafkaOffset {
    guard let held = task.firstHeldPosition else { return position }
    return min(position, MessageDecoder.offset(ofPosition: held))
  }
}

/// Where a task is to go on when its sessions are there.
struct RestoringTask {
  /// Where reading begins by the user's word or the group's.
  let start: KafkaOffset
  /// What the group had committed; nil for nothing.
  let committed: KafkaOffset?
  /// When restoring began, in milliseconds of the monotonic clock.
  let began: Int64
  /// When its progress is told next.
  var nextNote: Int64
}

/// Partitions that a process has taken up since the last word of that, with their sessions.
struct TakenUp {
  private var partitions: [Int32] = []
  private var openSessions: Int64 = 0
  /// How long the longest took, in milliseconds.
  private var elapsed: Int64 = 0

  mutating func add(_ partition: Int32, openSessions: Int, elapsed: Int64) {
    partitions.append(partition)
    self.openSessions += Int64(openSessions)
    self.elapsed = max(self.elapsed, elapsed)
  }

  /// Nil where there are none.
  mutating func takeText() -> String? {
    if partitions.isEmpty { return nil }
    defer { self = TakenUp() }
    let sessions =
      openSessions == 0
      ? "" : ", with \(openSessions) open session\(openSessions == 1 ? "" : "s"), in \(elapsed) ms"
    return "\(TakenUp.text(partitions)) taken up\(sessions)"
  }

  /// `partition 3`, or `partitions 0, 3`.
  static func text(_ partitions: [Int32]) -> String {
    let numbers = partitions.sorted().map(String.init).joined(separator: ", ")
    return "partition\(partitions.count == 1 ? "" : "s") \(numbers)"
  }
}
