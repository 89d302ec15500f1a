// From messages to decoded batches: decodes, counts, and deals with what cannot be decoded.

/// What every loop over a topic does with the messages that a poll brought.
final class MessageIntake {
  /// What a poll is to fill; then `begin`.
  var messages = KafkaMessageBatch()
  private var index = 0
  private let decoder: MessageDecoder
  private let topic: String
  private let policy: BadRecordPolicy
  let deadLetters: (any DeadLetters)?
  private let greatestCount: Int64
  private let onRejection: ((BadRecord) -> Void)?
  private var ahead: AheadWatch?
  /// What was read, and not handed out as records: tombstones and rejected messages. A loop adds what
  /// it is done with otherwise.
  var ledger = Ledger()
  private var lag = LagGauge()
  /// The bad record that ends the run.
  private(set) var failure: BadRecord?
  /// The partition that it stands in.
  private var failedPartition: Int32?

  /// - Parameters:
  ///   - greatestCount: how many messages to read at most (`-c`).
  ///   - onRejection: told of every record that is passed over.
  ///   - ahead: watches for events that are ahead of the wall clock.
  init(
    _ decoder: MessageDecoder, topic: String, policy: BadRecordPolicy,
    deadLetters: (any DeadLetters)?, greatestCount: Int64, onRejection: ((BadRecord) -> Void)?,
    ahead: AheadWatch?
  ) {
    self.decoder = decoder
    self.topic = topic
    self.policy = policy
    self.deadLetters = deadLetters
    self.greatestCount = greatestCount
    self.onRejection = onRejection
    self.ahead = ahead
  }

  /// Whether messages wait to be decoded.
  var hasMore: Bool { index < messages.count }
  /// Whether as many have been read as were asked for.
  var isComplete: Bool { ledger.records >= greatestCount }
  /// Bytes of values so far.
  var byteCount: Int64 { decoder.byteCount }
  /// How many records were passed over that nothing keeps.
  var skippedCount: Int64 { deadLetters == nil ? ledger.rejected : 0 }

  /// Those of `places` that stand behind all messages of their partitions: of which none waits, and none
  /// ended the run.
  func reached(_ places: [Int32: KafkaOffset]) -> [Int32: KafkaOffset] {
    var reached = places
    if let failedPartition { reached[failedPartition] = nil }
    for index in index..<max(index, messages.count) {
      messages.withMessage(at: index) { reached[$0.partition] = nil }
    }
    return reached
  }

  /// Begins with new messages.
  func begin() { index = 0 }

  /// Leaves the messages out that have not been decoded.
  func passOver() { index = messages.count }

  /// Forgets all messages: they will come again.
  func forgetMessages() {
    messages.removeAll()
    index = 0
  }

  /// Replaces the content of `batch` with the next records, of one partition, and counts them unless
  /// `isOurs` says that the partition is not. What is bad among them waits for `reject`.
  func decode(
    into batch: inout Batch, end: (Int32) -> KafkaOffset?, isOurs: (Int32) -> Bool = { _ in true }
  ) throws(Failure) -> MessageDecoder.Progress {
    var limits = DecodingLimits(
      records: greatestCount - ledger.records, stopsAtRejection: policy == .fail)
    if let ahead { limits.ahead = ahead.limit }
    let progress = try decoder.decode(
      messages, from: &index, into: &batch, limits: limits, end: end)
    if !isOurs(progress.partition) { return progress }
    ledger.records += Int64(progress.count)
    ledger.filtered += Int64(batch.tombstoneCount + batch.unknownCount)
    for index in 0..<batch.records.count {
      lag.note(batch.records[index].time, of: progress.partition)
    }
    if batch.ahead.count > 0 { noteAhead(batch, of: progress.partition) }
    return progress
  }

  private func noteAhead(_ batch: borrowing Batch, of partition: Int32) {
    ledger.ahead += batch.ahead.count
    ahead?.tell(batch) { noted in
      let position = batch.records[Int(noted.place)].position
      let offset = MessageDecoder.offset(ofPosition: position)
      return Place(topic: topic, partition: partition, offset: offset.rawValue).description
    }
  }

  /// Tells of stream time that an earlier run left ahead of the wall clock.
  func tell(streamTime: EventTime, of partition: Int32) {
    ahead?.tell(
      streamTime: streamTime, of: Place(topic: topic, partition: partition).description)
  }

  /// Deals with the bad messages among those decoded last.
  func reject() {
    for bad in decoder.rejected { reject(bad) }
  }

  private func reject(_ bad: MessageDecoder.Rejected) {
    let isBinary = decoder.isBinary
    let place = messages.withMessage(at: bad.message) { message in
      deadLetters?.append(message, of: topic, isBinary: isBinary, reason: bad.reason)
      return Place(
        topic: topic, partition: message.partition, offset: message.offset.rawValue)
    }
    let record = BadRecord(position: place.description, reason: bad.reason)
    ledger.rejected += 1
    if bad.fault == .aheadOfClock { ledger.ahead += 1 }
    if policy == .fail {
      (failure, failedPartition) = (record, place.partition)
    } else {
      onRejection?(record)
    }
  }

  /// The run's figures: what reading knows of them, and what the pipeline adds. The greatest lag counts
  /// from the last call.
  func takeStatistics(
    ledger: Ledger, openSessions: Int64, topic: TopicStatistics
  ) -> Statistics {
    var statistics = Statistics()
    statistics.ledger = ledger
    statistics.bytes = byteCount
    statistics.openSessions = openSessions
    statistics.greatestLag = lag.take()
    statistics.topic = topic
    statistics.ahead = ahead.map { _ in self.ledger.ahead }
    return statistics
  }
}
