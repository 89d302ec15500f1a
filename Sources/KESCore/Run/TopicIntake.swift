// From a topic to decoded batches, for the tools that need no state.

/// The source that a topic is. Offsets are committed for the group, where there is one, when what
/// came of the records is written: at least once.
public final class TopicIntake: RecordSource {
  /// How often offsets are committed, in milliseconds. Our choice: what librdkafka commits by itself.
  private static let commitInterval: Int64 = 5000

  /// How often to look for notices at least, in milliseconds. Our choice.
  private static let noticeInterval: Int64 = 1000

  private let reader: TopicReader
  private let intake: MessageIntake
  private let signals: Signals
  private let clock: Clock
  private let onNotice: (KafkaNotice) -> Void
  private let settle: () throws(Failure) -> Void
  public private(set) var partition: Int32 = 0
  /// Behind what was handed out and what is no record, and what of that is committed.
  private var positions: [Int32: KafkaOffset] = [:]
  private var committed: [Int32: KafkaOffset] = [:]
  private var nextCommit: Int64
  /// The offsets of the last batch's records, for who does not look at all of them.
  private var lastOffsets: [KafkaOffset] = []

  /// - Parameters:
  ///   - formats: with a registry of messages where values are Avro.
  ///   - keepsHeaders: whether the output is a topic, to which headers are passed on.
  ///   - greatestCount: how many records to read at most (`-c`).
  ///   - onRejection: told of every record that is passed over.
  ///   - ahead: watches for events that are ahead of the wall clock.
  ///   - onNotice: told what librdkafka has to say.
  ///   - settle: called before offsets are committed: waits until all that was written is safe.
  public init(
    reader: TopicReader, formats: RecordFormats, isAvro: Bool, greatestRecord: Int,
    keepsHeaders: Bool, policy: BadRecordPolicy, deadLetters: (any DeadLetters)? = nil,
    greatestCount: Int64 = .max, signals: Signals, clock: Clock = .real,
    onRejection: ((BadRecord) -> Void)? = nil, ahead: AheadWatch? = nil,
    onNotice: @escaping (KafkaNotice) -> Void = { _ in },
    settle: @escaping () throws(Failure) -> Void = {}
  ) {
    self.reader = reader
    intake = MessageIntake(
      MessageDecoder(
        formats, topic: reader.reading.topic, isAvro: isAvro, greatestRecord: greatestRecord,
        keepsHeaders: keepsHeaders),
      topic: reader.reading.topic, policy: policy, deadLetters: deadLetters,
      greatestCount: greatestCount, onRejection: onRejection, ahead: ahead)
    self.signals = signals
    self.clock = clock
    self.onNotice = onNotice
    self.settle = settle
    nextCommit = clock.monotonic() + TopicIntake.commitInterval
  }

  public func next(
    into batch: inout Batch, deadline: Int64?, willWait: () throws(Failure) -> Void
  ) throws(Failure) -> SourceTurn {
    if let failure = intake.failure { throw failure.asFailure }
    while true {
      if let signal = signals.stop { return .stopped(signal) }
      if intake.isComplete { return .end }
      if intake.hasMore {
        try decode(&batch)
        if !batch.isEmpty { return .batch }
        continue
      }
      if let turn = try poll(deadline, willWait) { return turn }
    }
  }

  /// Takes new messages, or deals with what else has come.
  private func poll(
    _ deadline: Int64?, _ willWait: () throws(Failure) -> Void
  ) throws(Failure) -> SourceTurn? {
    passOn()
    if clock.monotonic() >= nextCommit { try commit() }
    let turn = try take(deadline, willWait)
    reader.consumer.takeNotices().forEach(onNotice)
    switch turn {
    case .messages:
      intake.begin()
      return nil
    case .assigned(let partitions):
      let starts = try TopicIntake.readingTopic { () throws(Failure) in
        try reader.accept(partitions)
      }
      positions.merge(starts) { $1 }
      // Where the user says to begin the group does not stand yet.
      if reader.reading.offset == nil { committed.merge(starts) { $1 } }
    case .revoked(let partitions):
      try commit()
      try giveUp(partitions)
    case .lost(let partitions): try giveUp(partitions)
    case .idle: return .idle
    case .end: return .end
    case .stopped(let signal): return .stopped(signal)
    }
    return nil
  }

  /// What the reader brings; comes back when offsets are to be committed, and every second to tell
  /// what the library has to say.
  private func take(
    _ deadline: Int64?, _ willWait: () throws(Failure) -> Void
  ) throws(Failure) -> TopicReader.Turn {
    let isBehind = reader.reading.group != nil && positions != committed
    let deadline = min(
      deadline ?? .max, isBehind ? nextCommit : .max,
      clock.monotonic() + TopicIntake.noticeInterval)
    // What the output refuses is not the topic's fault.
    var refusal: Failure?
    do throws(Failure) {
      return try reader.next(into: &intake.messages, deadline: deadline) { () throws(Failure) in
        do throws(Failure) {
          try deadLetters?.flush()
          try willWait()
        } catch {
          refusal = error
          throw error
        }
      }
    } catch {
      throw refusal ?? error.ofTopicRead
    }
  }

  private func giveUp(_ partitions: [Int32]) throws(Failure) {
    try TopicIntake.readingTopic { () throws(Failure) in try reader.giveUp(partitions) }
    forget(partitions)
  }

  private func forget(_ partitions: [Int32]) {
    for partition in partitions { (positions[partition], committed[partition]) = (nil, nil) }
  }

  /// Runs `body`, whose failures are those of the topic that is read.
  private static func readingTopic<Result>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    do { return try body() } catch { throw error.ofTopicRead }
  }

  /// Moves the places to behind what is no record, where no message stands before that.
  private func passOn() {
    for (partition, place) in intake.reached(reader.places) {
      positions[partition] = positions[partition].map { max($0, place) }
    }
  }

  private func decode(_ batch: inout Batch) throws(Failure) {
    let progress = try intake.decode(into: &batch, end: reader.end)
    partition = progress.partition
    positions[partition] = progress.next
    lastOffsets.removeAll(keepingCapacity: true)
    for index in 0..<batch.records.count {
      lastOffsets.append(MessageDecoder.offset(ofPosition: batch.records[index].position))
    }
    intake.reject()
  }

  /// The last commit: tried again while the group is rebalancing, for a while.
  private func commitAtEnd() throws(Failure) {
    let end = clock.monotonic() + TopicIntake.commitInterval
    try commit()
    while reader.reading.group != nil && positions != committed && clock.monotonic() < end {
      try keepUp()
      try commit()
    }
  }

  /// Answers what comes while a commit waits for its group.
  private func keepUp() throws(Failure) {
    let turn: TopicReader.Turn?
    do throws(Failure) { turn = try reader.keepUp(&intake.messages) } catch {
      throw error.ofTopicRead
    }
    switch turn {
    case .assigned(let partitions):
      try TopicIntake.readingTopic { () throws(Failure) in
        try reader.acceptUnread(partitions)
      }
    case .revoked(let partitions):
      try commit()
      try giveUp(partitions)
    case .lost(let partitions): try giveUp(partitions)
    default: break
    }
  }

  /// Commits where reading stands, behind what is safe. A group that is rebalancing takes no commits:
  /// the next one tells it, or whoever gets the partitions reads some records again.
  private func commit() throws(Failure) {
    nextCommit = clock.monotonic() + TopicIntake.commitInterval
    let moved = positions.filter { committed[$0.key] != $0.value }
    if reader.reading.group == nil || moved.isEmpty { return }
    try settle()
    try deadLetters?.sync()
    do throws(Failure) { try reader.commit(moved) } catch {
      if error.kind == .retriable { return }
      throw error
    }
    committed.merge(moved) { $1 }
  }

  public func finish(leaving: Int) throws(Failure) {
    passOn()
    if leaving > 0 && leaving <= lastOffsets.count {
      positions[partition] = lastOffsets[lastOffsets.count - leaving]
    }
    try commitAtEnd()
    reader.close()
  }

  public var ledger: Ledger { intake.ledger }
  public var deadLetters: (any DeadLetters)? { intake.deadLetters }
  public var skippedCount: Int64 { intake.skippedCount }

  public func takeStatistics(ledger: Ledger, openSessions: Int) -> Statistics {
    passOn()
    return intake.takeStatistics(
      ledger: ledger, openSessions: Int64(openSessions),
      topic: TopicStatistics(recordsBehind: reader.lag(behind: positions)))
  }
}
