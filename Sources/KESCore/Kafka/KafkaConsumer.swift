// Reads partitions: those that a group gives us, or those that we choose.

internal import CRdkafka

/// A consumer. Used by one thread at a time.
///
/// Waiting: `poll` never waits inside librdkafka but for `descriptor`, which becomes readable when
/// something arrives. A caller that also waits for other things (signals, input) polls with 0
/// milliseconds until the answer is `.idle`, waits for `descriptor` beside them, and polls again.
///
/// It must be polled at least every `max.poll.interval.ms` (5 minutes), or its group gives its
/// partitions to others.
public final class KafkaConsumer {
  let client: KafkaClientHandle
  private let queue: KafkaQueueHandle
  private let commits: KafkaQueueHandle
  private let group: String?
  /// How many commits have not been answered.
  private var pendingCommitCount = 0
  /// The rebalance that was delivered last, until it is answered.
  private var unanswered: KafkaRebalance?
  private var failure: KafkaError?

  /// The group of consumers that belong to none: librdkafka's assignments need one. Nobody joins
  /// it, and nothing is committed to it.
  private static let noGroup = "kes"

  /// Makes a consumer; connects to nothing yet.
  ///
  /// - Parameters:
  ///   - group: the group it joins by `subscribe` and commits offsets for; nil for none.
  ///   - instance: makes it a static member of the group (KIP-345).
  ///
  /// Throws `KafkaError` of the kind `.configuration`.
  public init(
    _ configuration: KafkaConfiguration, group: String? = nil, instance: String? = nil
  ) throws(KafkaError) {
    var additions = [(name: "group.id", value: group ?? KafkaConsumer.noGroup)]
    if let instance { additions.append((name: "group.instance.id", value: instance)) }
    client = try KafkaClientHandle(configuration, .consumer, additions)
    queue = try KafkaQueueHandle(consumerOf: client)
    commits = try KafkaQueueHandle(client)
    self.group = group
  }

  /// Our choice: long enough to leave a group that works, and not what anybody waits for.
  private static let farewell = KafkaPatience(milliseconds: 2000)

  deinit { close(KafkaConsumer.farewell) }

  /// Becomes readable when a poll will find something.
  public var descriptor: Int32 { queue.descriptor }

  /// What librdkafka has said since the last call.
  public func takeNotices() -> [KafkaNotice] { client.context.notices.take() }

  /// Waits until a broker answers. Throws `KafkaError` of the kind `.environment`, with the brokers
  /// and the last reason, or `.interrupted`.
  public func connect(_ patience: KafkaPatience) throws(KafkaError) {
    try client.connect(patience)
  }

  // MARK: Messages

  /// What a poll found.
  public enum Poll: Hashable, Sendable {
    /// The batch has messages or ends of partitions.
    case batch
    /// Must be answered before the next poll.
    case rebalance(KafkaRebalance)
    /// Nothing has arrived in time, or a signal came.
    case idle
  }

  /// Gives the messages of `batch` back and fills it with those that have arrived, waiting up to
  /// `milliseconds` for the first. A rebalance comes after the messages that arrived before it.
  ///
  /// Throws `KafkaError`: `.bug` where a rebalance is unanswered; `.environment` where records are
  /// gone that were to be read next (`auto.offset.reset`); what the group or a broker refuses.
  public func poll(
    into batch: inout KafkaMessageBatch, milliseconds: Int64
  ) throws(KafkaError) -> Poll {
    batch.removeAll()
    if unanswered != nil { throw misuse("poll", "a rebalance has not been answered") }
    let deadline = KafkaDeadline(KafkaPatience(milliseconds: milliseconds))
    while true {
      if let found = try pollOnce(into: &batch) { return found }
      // In turns of a second: librdkafka wants to see us more often than some want to wait.
      let turn = deadline.remaining(atMost: 1000)
      if turn == 0 || queue.wait(milliseconds: turn) == .interrupted { return .idle }
    }
  }

  private func pollOnce(into batch: inout KafkaMessageBatch) throws(KafkaError) -> Poll? {
    if let found = try takePending() { return found }
    queue.forgetArrivals()
    client.serve()
    failure = batch.fill(from: queue)
    try collectCommits(milliseconds: 0)
    return batch.isEmpty ? try takePending() : .batch
  }

  /// What arrived behind the messages of an earlier batch.
  private func takePending() throws(KafkaError) -> Poll? {
    if !client.context.rebalances.pending.isEmpty {
      let next = client.context.rebalances.pending.removeFirst()
      unanswered = next
      return .rebalance(next)
    }
    if let failure {
      self.failure = nil
      throw failure
    }
    return nil
  }

  private func misuse(_ operation: String, _ reason: String) -> KafkaError {
    KafkaError(.bug, operation: operation, place: client.place, reason: reason)
  }

  // MARK: Assignments

  /// Joins the group, to share the partitions of `topics` with its other members. Partitions come
  /// as rebalances. Throws `KafkaError`.
  public func subscribe(_ topics: [String]) throws(KafkaError) {
    if group == nil { throw misuse("subscribe", "the consumer has no group") }
    let partitions = topics.map {
      KafkaPartition(topic: $0, number: kes_rdkafka_any_partition)
    }
    let list = KafkaPartitionList(partitions, client.counts)
    try client.check(unsafe rd_kafka_subscribe(client.pointer, list.pointer), "subscribe")
  }

  /// Reads these partitions from these offsets, and no others; without a group's say. Throws
  /// `KafkaError`.
  public func assign(_ positions: [KafkaPosition]) throws(KafkaError) {
    let list = KafkaPartitionList(positions, client.counts)
    try client.check(unsafe rd_kafka_assign(client.pointer, list.pointer), "assign partitions")
  }

  /// Answers `.assigned`: begins to read. A partition that `positions` does not name begins at the
  /// group's committed offset. Throws `KafkaError`.
  public func acceptAssignment(_ positions: [KafkaPosition] = []) throws(KafkaError) {
    guard case .assigned = unanswered else {
      throw misuse("accept an assignment", "no assignment waits for an answer")
    }
    try answer(positions)
  }

  /// Answers `.revoked` or `.lost`: reads those partitions no more. Throws `KafkaError`.
  public func giveUp() throws(KafkaError) {
    switch unanswered {
    case .revoked, .lost: try answer([])
    case .assigned, nil: throw misuse("give partitions up", "none are asked back")
    }
  }

  private func answer(_ positions: [KafkaPosition]) throws(KafkaError) {
    guard let event = unanswered else { return }
    unanswered = nil
    let failure = unsafe kafkaAnswer(event, startingAt: positions, client.pointer, client.counts)
    if let failure { throw failure }
  }

  /// Stops fetching these partitions for a while. Throws `KafkaError`.
  public func pause(_ partitions: [KafkaPartition]) throws(KafkaError) {
    let list = KafkaPartitionList(partitions, client.counts)
    let code = unsafe rd_kafka_pause_partitions(client.pointer, list.pointer)
    try check(list, code, "pause")
  }

  /// Fetches these partitions again. Throws `KafkaError`.
  public func resume(_ partitions: [KafkaPartition]) throws(KafkaError) {
    let list = KafkaPartitionList(partitions, client.counts)
    let code = unsafe rd_kafka_resume_partitions(client.pointer, list.pointer)
    try check(list, code, "resume")
  }

  /// Goes on reading at other offsets, as after an aborted transaction; messages that had arrived
  /// are dropped. Throws `KafkaError`.
  public func seek(to positions: [KafkaPosition], _ patience: KafkaPatience) throws(KafkaError) {
    let list = KafkaPartitionList(positions, client.counts)
    let deadline = KafkaDeadline(patience)
    let refusal = unsafe rd_kafka_seek_partitions(
      client.pointer, list.pointer, deadline.remaining())
    try unsafe client.check(error: refusal, "seek")
    try check(list, RD_KAFKA_RESP_ERR_NO_ERROR, "seek")
  }

  private func check(
    _ list: borrowing KafkaPartitionList, _ code: rd_kafka_resp_err_t, _ operation: String
  ) throws(KafkaError) {
    if let (partition, code) = list.firstFailure {
      throw client.failure(code, operation, KafkaPlace(partition))
    }
    try client.check(code, operation)
  }

  // MARK: Offsets

  /// Begins to commit offsets for the group: of the records to be read next. A failure is thrown by
  /// a later `poll`, or by `finishCommits`.
  public func beginCommit(_ positions: [KafkaPosition]) throws(KafkaError) {
    if group == nil { throw misuse("commit offsets", "the consumer has no group") }
    if positions.isEmpty { return }
    let list = KafkaPartitionList(positions, client.counts)
    try client.check(
      unsafe rd_kafka_commit_queue(client.pointer, list.pointer, commits.pointer, nil, nil),
      "commit offsets", groupPlace)
    pendingCommitCount += 1
  }

  /// Waits until all commits are answered. Throws `KafkaError`, of the kind `.retriable` where the
  /// group has rebalanced meanwhile.
  public func finishCommits(_ patience: KafkaPatience) throws(KafkaError) {
    let deadline = KafkaDeadline(patience)
    while pendingCommitCount > 0 {
      try collectCommits(milliseconds: deadline.remaining(atMost: 100))
      if pendingCommitCount == 0 { return }
      try deadline.checkInterruption("commit offsets", groupPlace)
      if deadline.isOver { throw client.failure(.timedOut, "commit offsets", groupPlace) }
    }
  }

  /// Commits offsets for the group, and waits until that is done. Throws as `finishCommits`.
  public func commit(
    _ positions: [KafkaPosition], _ patience: KafkaPatience
  ) throws(KafkaError) {
    try beginCommit(positions)
    try finishCommits(patience)
  }

  private var groupPlace: KafkaPlace {
    KafkaPlace(brokers: client.configuration.brokers, group: group)
  }

  private func collectCommits(milliseconds: Int32) throws(KafkaError) {
    while pendingCommitCount > 0, let event = commits.nextEvent(milliseconds: milliseconds) {
      pendingCommitCount -= 1
      if let (partition, code) = event.firstFailure {
        var place = KafkaPlace(partition)
        place.group = group
        throw client.failure(code, "commit offsets", place)
      }
      if event.code != .none { throw client.failure(event.code, "commit offsets", groupPlace) }
    }
  }

  /// What the group has committed for `partitions`; those without a commit are left out. Throws
  /// `KafkaError`.
  public func committed(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(KafkaError) -> [KafkaPartition: KafkaOffset] {
    if group == nil { throw misuse("ask for committed offsets", "the consumer has no group") }
    let list = KafkaPartitionList(partitions, client.counts)
    let deadline = KafkaDeadline(patience)
    let code = unsafe rd_kafka_committed(client.pointer, list.pointer, deadline.remaining())
    try check(list, code, "ask for committed offsets")
    return KafkaConsumer.numbers(list.positions)
  }

  /// Where reading stands: behind the last message that a poll returned, and behind markers of
  /// transactions. Partitions of which nothing was read are left out.
  public func positions(
    _ partitions: [KafkaPartition]
  ) throws(KafkaError) -> [KafkaPartition: KafkaOffset] {
    let list = KafkaPartitionList(partitions, client.counts)
    let code = unsafe rd_kafka_position(client.pointer, list.pointer)
    try check(list, code, "ask for positions")
    return KafkaConsumer.numbers(list.positions)
  }

  private static func numbers(_ positions: [KafkaPosition]) -> [KafkaPartition: KafkaOffset] {
    let known = positions.filter(\.offset.isNumber)
    return Dictionary(known.map { ($0.partition, $0.offset) }) { $1 }
  }

  /// The first and next offsets, by their brokers. Throws `KafkaError`.
  public func watermarks(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(KafkaError) -> [KafkaPartition: KafkaWatermarks] {
    try client.watermarks(of: partitions, patience)
  }

  /// Where to begin in `partitions` by what the user says, as numbers. Throws `KafkaError`.
  public func resolve(
    _ specification: KafkaOffsetSpecification, in partitions: [KafkaPartition],
    _ patience: KafkaPatience
  ) throws(KafkaError) -> [KafkaPosition] {
    try client.resolve(specification, in: partitions, patience)
  }

  /// Who we are in the group, for `KafkaProducer.sendOffsets`. Throws `KafkaError` where the
  /// consumer has no group.
  public func groupMetadata() throws(KafkaError) -> KafkaGroupMetadata {
    guard group != nil, let metadata = unsafe rd_kafka_consumer_group_metadata(client.pointer)
    else { throw misuse("tell who it is in its group", "the consumer has no group") }
    return unsafe KafkaGroupMetadata(adopting: metadata, client.counts)
  }

  // MARK: The end

  /// Leaves the group, so that others take over at once; what is unanswered is given up. Ends when
  /// that is done or the patience is over: then the group notices by the session's timeout.
  /// Returns whether it was done. Called by `deinit`, too.
  @discardableResult
  public func close(_ patience: KafkaPatience) -> Bool {
    if unsafe rd_kafka_consumer_closed(client.pointer) != 0 { return true }
    client.context.rebalances.isClosing = true
    giveUpUnanswered()
    // A queue of its own: the consumer's is forwarded to it.
    guard let farewells = try? KafkaQueueHandle(client) else { return false }
    let refusal = unsafe rd_kafka_consumer_close_queue(client.pointer, farewells.pointer)
    if unsafe KafkaErrorHandle(adopting: refusal, client.counts) != nil { return false }
    return serve(farewells, patience)
  }

  /// Has rebalances answered and drops messages until the consumer is closed; false where the
  /// patience is over before that.
  private func serve(
    _ farewells: borrowing KafkaQueueHandle, _ patience: KafkaPatience
  ) -> Bool {
    let deadline = KafkaDeadline(patience)
    // Not by the library's function for callbacks, which stops the process at a message.
    var batch = KafkaMessageBatch(capacity: 100)
    while unsafe rd_kafka_consumer_closed(client.pointer) == 0 {
      farewells.forgetArrivals()
      _ = batch.fill(from: farewells)
      if unsafe rd_kafka_consumer_closed(client.pointer) != 0 { break }
      if deadline.isOver { return false }
      if batch.isEmpty { _ = farewells.wait(milliseconds: deadline.remaining(atMost: 20)) }
    }
    return true
  }

  private func giveUpUnanswered() {
    var events = client.context.rebalances.pending
    if let unanswered { events.insert(unanswered, at: 0) }
    client.context.rebalances.pending = []
    unanswered = nil
    for event in events {
      _ = unsafe kafkaAnswer(event, startingAt: [], client.pointer, client.counts)
    }
  }
}
