// From a topic to decoded batches, for the tools that need no state.

/// The source that a topic is. Offsets are committed for the group, where there is one, when what
/// came of the records is written: at least once.
public struct TopicIntake: ~Copyable, RecordSource {
  /// How often offsets are committed, in milliseconds. Our choice: what librdkafka commits by itself.
  private static let commitInterval: Int64 = 5000

  private let reader: TopicReader
  private var decoder: MessageDecoder
  private var messages = KafkaMessageBatch()
  private var index = 0
  private let policy: BadRecordPolicy
  public let deadLetters: (any DeadLetters)?
  private let greatestCount: Int64
  private let signals: Signals
  private let clock: Clock
  private let onRejection: ((BadRecord) -> Void)?
  private let onNotice: (KafkaNotice) -> Void
  public private(set) var ledger = Ledger()
  private var lag = LagGauge()
  private var failure: BadRecord?
  public private(set) var partition: Int32 = 0
  /// Behind what was handed out, and what of that is committed.
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
  ///   - onNotice: told what librdkafka has to say.
  public init(
    reader: TopicReader, formats: RecordFormats, isAvro: Bool, greatestRecord: Int,
    keepsHeaders: Bool, policy: BadRecordPolicy, deadLetters: (any DeadLetters)? = nil,
    greatestCount: Int64 = .max, signals: Signals, clock: Clock = .real,
    onRejection: ((BadRecord) -> Void)? = nil,
    onNotice: @escaping (KafkaNotice) -> Void = { _ in }
  ) {
    self.reader = reader
    decoder = MessageDecoder(
      formats, isAvro: isAvro, greatestRecord: greatestRecord, keepsHeaders: keepsHeaders)
    self.policy = policy
    self.deadLetters = deadLetters
    self.greatestCount = greatestCount
    self.signals = signals
    self.clock = clock
    self.onRejection = onRejection
    self.onNotice = onNotice
    nextCommit = clock.monotonic() + TopicIntake.commitInterval
  }

  public mutating func next(
    into batch: inout Batch, deadline: Int64?, willWait: () throws(StreamError) -> Void
  ) throws(PipelineError) -> SourceTurn {
    if let failure { throw .badRecord(failure) }
    while true {
      if let signal = signals.stop { return .stopped(signal) }
      if ledger.records >= greatestCount { return .end }
      if decoder.hasMore || index < messages.count {
        try decode(&batch)
        if !batch.records.isEmpty || failure != nil { return .batch }
        continue
      }
      if let turn = try poll(deadline, willWait) { return turn }
    }
  }

  /// Takes new messages, or deals with what else has come.
  private mutating func poll(
    _ deadline: Int64?, _ willWait: () throws(StreamError) -> Void
  ) throws(PipelineError) -> SourceTurn? {
    let (reader, deadLetters) = (reader, deadLetters)
    if clock.monotonic() >= nextCommit {
      try streaming { () throws(StreamError) in try willWait() }
      try commit()
    }
    let turn = try streaming { () throws(StreamError) in
      try reader.next(into: &messages, deadline: deadline) { () throws(StreamError) in
        try deadLetters?.flush()
        try willWait()
      }
    }
    reader.consumer.takeNotices().forEach(onNotice)
    switch turn {
    case .messages:
      index = 0
      return nil
    case .assigned(let partitions):
      let starts = try streaming { () throws(StreamError) in try reader.accept(partitions) }
      committed.merge(starts) { $1 }
    case .revoked(let partitions):
      try streaming { () throws(StreamError) in try willWait() }
      try commit()
      try giveUp(partitions)
    case .lost(let partitions): try giveUp(partitions)
    case .idle: return .idle
    case .end: return .end
    case .stopped(let signal): return .stopped(signal)
    }
    return nil
  }

  private mutating func giveUp(_ partitions: [Int32]) throws(PipelineError) {
    let reader = reader
    try streaming { () throws(StreamError) in try reader.giveUp(partitions) }
    for partition in partitions { (positions[partition], committed[partition]) = (nil, nil) }
  }

  private mutating func decode(_ batch: inout Batch) throws(PipelineError) {
    let limits = DecodingLimits(
      records: greatestCount - ledger.records, stopsAtRejection: policy == .fail)
    let reader = reader
    let progress: MessageDecoder.Progress
    do {
      progress = try decoder.decode(
        messages, from: &index, into: &batch, limits: limits, end: reader.end)
    } catch {
      throw .schema(error)
    }
    partition = progress.partition
    positions[partition] = progress.next
    ledger.records += Int64(progress.count)
    ledger.filtered += Int64(batch.tombstoneCount)
    lastOffsets.removeAll(keepingCapacity: true)
    for index in 0..<batch.records.count {
      lag.note(batch.records[index].time, of: partition)
      lastOffsets.append(KafkaOffset(batch.records[index].position & 0xFFFF_FFFF_FFFF))
    }
    for bad in decoder.rejected { reject(bad) }
  }

  private mutating func reject(_ bad: MessageDecoder.Rejected) {
    let (topic, deadLetters, isBinary) = (reader.reading.topic, deadLetters, decoder.isBinary)
    let place = messages.withMessage(at: bad.message) { message in
      deadLetters?.append(message, of: topic, isBinary: isBinary, reason: bad.reason)
      return KafkaPlace(
        topic: topic, partition: message.partition, offset: message.offset.rawValue)
    }
    let record = BadRecord(position: place.description, reason: bad.reason)
    ledger.rejected += 1
    if policy == .fail { failure = record } else { onRejection?(record) }
  }

  private mutating func commit() throws(PipelineError) {
    nextCommit = clock.monotonic() + TopicIntake.commitInterval
    let moved = positions.filter { committed[$0.key] != $0.value }
    let (reader, deadLetters) = (reader, deadLetters)
    try streaming { () throws(StreamError) in
      try deadLetters?.sync()
      try reader.commit(moved)
    }
    committed.merge(moved) { $1 }
  }

  public mutating func finish(leaving: Int) throws(PipelineError) {
    if leaving > 0 && leaving <= lastOffsets.count {
      positions[partition] = lastOffsets[lastOffsets.count - leaving]
    }
    try commit()
    reader.close()
  }

  public var skippedCount: Int64 { deadLetters == nil ? ledger.rejected : 0 }

  public mutating func takeStatistics(ledger: Ledger, openSessions: Int) -> Statistics {
    var statistics = Statistics()
    statistics.ledger = ledger
    statistics.bytes = decoder.byteCount
    statistics.openSessions = Int64(openSessions)
    statistics.greatestLag = lag.take()
    statistics.topic = TopicStatistics(recordsBehind: reader.lag(behind: positions))
    return statistics
  }
}
