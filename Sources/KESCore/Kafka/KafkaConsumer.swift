// Reads partitions: those that a group gives us, or those that we choose.

internal import CRdkafka

/// A consumer. Used by one thread at a time. `KafkaConsumer+Assignments.swift` says which partitions
/// it reads, `+Offsets` what its group has committed.
///
/// Waiting: `poll` never waits inside librdkafka but for `descriptor`, which becomes readable when
/// something arrives. A caller that also waits for other things (signals, input) polls with 0
/// milliseconds until the answer is `.idle`, waits for `descriptor` beside them, and polls again.
///
/// It must be polled at least every `max.poll.interval.ms` (5 minutes), or its group gives its
/// partitions to others.
public final class KafkaConsumer: KafkaClient {
  let queue: KafkaQueueHandle
  let group: String?
  var hasSubscribed = false
  /// The rebalance that was delivered last, until it is answered.
  var unanswered: KafkaRebalance?
  /// What the next poll throws: it came with messages.
  private var failure: Failure?

  /// The group of consumers that belong to none: librdkafka's assignments need one. Nobody joins
  /// it, and nothing is committed to it.
  private static let noGroup = "kes"

  /// Makes a consumer; connects to nothing yet.
  ///
  /// - Parameters:
  ///   - group: the group it joins by `subscribe` and commits offsets for; nil for none.
  ///   - instance: makes it a static member of the group (KIP-345).
  ///   - isolation: instead of the configuration's `isolation.level`.
  ///
  /// Throws `Failure` of the kind `.configuration`.
  public init(
    _ configuration: KafkaConfiguration, group: String? = nil, instance: String? = nil,
    isolation: String? = nil
  ) throws(Failure) {
    var additions = [(name: "group.id", value: group ?? KafkaConsumer.noGroup)]
    if let instance { additions.append((name: "group.instance.id", value: instance)) }
    if let isolation { additions.append((name: "isolation.level", value: isolation)) }
    let client = try KafkaClientHandle(configuration, .consumer, additions)
    queue = try KafkaQueueHandle(consumerOf: client)
    self.group = group
    super.init(client)
  }

  /// Our choice: long enough to leave a group that works, and not what anybody waits for.
  private static let farewell = KafkaPatience(milliseconds: 2000)

  deinit {
    close(KafkaConsumer.farewell)
    // A member that the group has answered, but not given partitions yet, has no state of the
    // cooperative-sticky assignor, without which librdkafka 2.0.2 stops the process when it frees the
    // consumer (its issue 4312). Usually the process ends anyway.
    if hasSubscribed && !client.context.rebalances.hasBeenAssigned { client.leaveAlone() }
  }

  /// Becomes readable when a poll will find something.
  public var descriptor: Int32 { queue.descriptor }

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
  /// Throws `Failure`: `.bug` where a rebalance is unanswered; `.unavailable` where records are
  /// gone that were to be read next (`auto.offset.reset`); `.fenced` where another has our instance
  /// id; what the group or a broker refuses. What came with messages is thrown by the poll behind
  /// them.
  public func poll(
    into batch: inout KafkaMessageBatch, milliseconds: Int64
  ) throws(Failure) -> Poll {
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

  private func pollOnce(into batch: inout KafkaMessageBatch) throws(Failure) -> Poll? {
    if let found = try takePending() { return found }
    queue.forgetArrivals()
    client.serve()
    failure = batch.fill(from: queue)
    if !batch.isEmpty { client.fetchOn() }
    return batch.isEmpty ? try takePending() : .batch
  }

  /// What arrived behind the messages of an earlier batch.
  private func takePending() throws(Failure) -> Poll? {
    if !client.context.rebalances.pending.isEmpty {
      let next = client.context.rebalances.pending.removeFirst()
      unanswered = next
      return .rebalance(next)
    }
    if let failure {
      self.failure = nil
      throw failure
    }
    try client.requireUsable("consume")
    return nil
  }

  func misuse(_ operation: String, _ reason: String) -> Failure {
    Failure(.bug, operation: operation, place: client.place, reason: reason)
  }
}

// MARK: Closing

extension KafkaConsumer {
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
      let partitions = client.context.rebalances.read(of: event)
      _ = unsafe kafkaAnswer(event, partitions, startingAt: [], client.pointer, client.counts)
    }
  }
}

/// Owns an `rd_kafka_consumer_group_metadata_t`: the group, our member id and the generation
/// (KIP-447). To be taken anew for every transaction: a rebalance makes it old.
@safe
public struct KafkaGroupMetadata: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts

  /// Takes over what the library made.
  init(adopting pointer: OpaquePointer, _ counts: KafkaHandleCounts) {
    unsafe self.pointer = unsafe pointer
    self.counts = counts
    counts.open(.metadata)
  }

  deinit {
    unsafe rd_kafka_consumer_group_metadata_destroy(pointer)
    counts.close(.metadata)
  }
}
