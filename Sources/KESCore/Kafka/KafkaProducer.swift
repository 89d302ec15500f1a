// Sends records to topics.

internal import CRdkafka

/// A producer, transactional where it has an id. Used by one thread at a time.
///
/// Records are copied once, into the library's queue, which is bounded in bytes
/// (`queue.buffering.max.kbytes`): where it is full, `produce` waits and drops nothing. What became
/// of each record is counted; `flush` and `commitTransaction` succeed only where all were delivered.
public final class KafkaProducer: KafkaClient {
  let isTransactional: Bool
  /// The state of its transactions; `.unready` for good in a producer without any.
  public internal(set) var transactionState = KafkaTransactionState.unready
  private var sentSinceServed = 0

  /// Our choice: how many records are sent before the library is asked what became of others.
  private static let sentBetweenServings = 1000

  /// Makes a producer; connects to nothing yet.
  ///
  /// - Parameter transactionalIdentifier: names it for its transactions, and fences a predecessor
  ///   of that name (KIP-98); nil for none.
  ///
  /// Throws `Failure` of the kind `.configuration`.
  public init(
    _ configuration: KafkaConfiguration, transactionalIdentifier: String? = nil
  ) throws(Failure) {
    let additions = transactionalIdentifier.map { [(name: "transactional.id", value: $0)] } ?? []
    isTransactional = transactionalIdentifier != nil
    super.init(try KafkaClientHandle(configuration, .producer, additions))
  }

  /// A topic to send to; whether it is there shows when a record is sent. Throws `Failure`.
  public func topic(_ name: String) throws(Failure) -> KafkaTopic {
    try KafkaTopic(name, client)
  }

  /// Headers for a record.
  public func makeHeaders() -> KafkaHeaders { KafkaHeaders(client.counts) }

  // MARK: Records

  /// Hands a record over for sending, in order in each partition; waits where the queue is full.
  ///
  /// - Parameters:
  ///   - key: nil for none, which is not the same as an empty one.
  ///   - value: nil for a tombstone.
  ///   - partition: nil leaves it to the partitioner (murmur2 of the key, as Java clients do).
  ///   - timestamp: nil for now. The library cannot send times before 1 ms after the epoch: they
  ///     become that.
  ///   - mark: where greater than 0, `takeDeliveredOffsets` tells the offset that the record got.
  ///   - patience: how long the queue may stay full.
  ///
  /// Throws `Failure`: `.badData` where the record cannot be sent, `.missing`,
  /// `.unavailable` where the queue stays full, `.bug` outside of a transaction. Failures behind
  /// the queue are found by `flush`. Cost: a copy of the bytes.
  public func produce(
    key: Span<UInt8>?, value: Span<UInt8>?, to topic: KafkaTopic, partition: Int32? = nil,
    timestamp: EventTime? = nil, headers: consuming KafkaHeaders? = nil,
    mark: Int = 0, patience: KafkaPatience
  ) throws(Failure) {
    if isTransactional && transactionState != .open { throw misuse(.produce) }
    let partition = partition ?? kes_rdkafka_any_partition
    let time = timestamp.map { max($0.milliseconds, 1) } ?? 0
    var headers = headers.take()
    var code = unsafe enqueue(key, value, topic, partition, time, headers?.pointer, mark)
    if code == RD_KAFKA_RESP_ERR__QUEUE_FULL {
      let deadline = KafkaDeadline(patience)
      repeat {
        try waitForRoom(topic, deadline)
        code = unsafe enqueue(key, value, topic, partition, time, headers?.pointer, mark)
      } while code == RD_KAFKA_RESP_ERR__QUEUE_FULL
    }
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw refusal(code, topic, partition) }
    headers?.markTaken()
    client.context.deliveries.enqueuedCount += 1
    sentSinceServed += 1
    if sentSinceServed >= KafkaProducer.sentBetweenServings { serve() }
  }

  @inline(__always)
  private func enqueue(
    _ key: Span<UInt8>?, _ value: Span<UInt8>?, _ topic: KafkaTopic, _ partition: Int32,
    _ time: Int64, _ headers: OpaquePointer?, _ mark: Int
  ) -> rd_kafka_resp_err_t {
    unsafe kafkaLend(key) { key, keyCount in
      unsafe kafkaLend(value) { value, valueCount in
        unsafe kes_rdkafka_produce(
          client.pointer, topic.pointer, partition, key, keyCount, value, valueCount, time,
          headers, mark)
      }
    }
  }

  private func waitForRoom(_ topic: KafkaTopic, _ deadline: KafkaDeadline) throws(Failure) {
    let place = Place(topic: topic.name)
    unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 100))
    try deadline.checkInterruption("send a record", place)
    if !deadline.isOver { return }
    var error = client.failure(.queueFull, "send a record", place)
    error.become(.unavailable)
    error.reason = "the queue stays full: brokers take no records"
    throw error
  }

  private func refusal(
    _ code: rd_kafka_resp_err_t, _ topic: KafkaTopic, _ partition: Int32
  ) -> Failure {
    let place = Place(topic: topic.name, partition: partition)
    var error = client.failure(KafkaErrorCode(code), "send a record", place)
    // The library takes no records of a transaction that has failed behind its queue.
    if isTransactional && transactionState == .open && code == RD_KAFKA_RESP_ERR__STATE {
      error.become(.retriable)
      error.recovery = .abort
      error.reason = "the transaction has failed"
    }
    if isTransactional {
      transactionState = transactionState.after(.produce, failing: error)
    }
    return error
  }

  /// Has the library tell what became of records, without waiting.
  public func serve() {
    sentSinceServed = 0
    client.serve()
  }

  // MARK: Deliveries

  /// The offsets that marked records got, by their marks, since the last call.
  public func takeDeliveredOffsets() -> [Int: KafkaOffset] {
    defer { client.context.deliveries.markedOffsets = [:] }
    return client.context.deliveries.markedOffsets
  }

  /// The first delivery that failed, if any.
  var firstFailure: Failure? { client.context.deliveries.firstFailure }

  /// Waits until all records that were handed over are delivered. Throws `Failure`: the first
  /// failure, with its topic and partition, again at each call; `.unavailable` where some are still
  /// under way when the patience is over; `.interrupted`.
  public func flush(_ patience: KafkaPatience) throws(Failure) {
    let deadline = KafkaDeadline(patience)
    while unsafe rd_kafka_flush(client.pointer, deadline.remaining(atMost: 100))
      != RD_KAFKA_RESP_ERR_NO_ERROR
    {
      if firstFailure != nil { break }
      try deadline.checkInterruption("deliver all records", client.place)
      if deadline.isOver { break }
    }
    try requireDelivered()
  }

  /// Throws unless every record was delivered.
  func requireDelivered() throws(Failure) {
    if let firstFailure { throw firstFailure }
    let deliveries = client.context.deliveries
    let rest = deliveries.outstandingCount
    if rest == 0 { return }
    var error = client.failure(.timedOut, "deliver all records", client.place)
    error.reason =
      "\(rest) of \(deliveries.enqueuedCount) records are not delivered: \(error.reason)"
    throw error
  }

  func misuse(_ move: KafkaTransactionState.Move) -> Failure {
    let reason =
      isTransactional
      ? "the producer's transactions are at \(transactionState)" : "the producer has no id for it"
    return Failure(.bug, operation: move.rawValue, place: client.place, reason: reason)
  }
}

/// Owns an `rd_kafka_topic_t` of a producer: made once, so that sending a record looks no name up.
@safe
public final class KafkaTopic {
  public let name: String
  let pointer: OpaquePointer
  let client: KafkaClientHandle

  /// Throws `Failure` where the name cannot be a topic's.
  init(_ name: String, _ client: KafkaClientHandle) throws(Failure) {
    self.name = name
    self.client = client
    guard let topic = unsafe rd_kafka_topic_new(client.pointer, name, nil) else {
      throw client.failure(
        KafkaErrorCode(rd_kafka_last_error()), "use the topic", Place(topic: name))
    }
    unsafe pointer = topic
    client.counts.open(.topic)
  }

  deinit {
    unsafe rd_kafka_topic_destroy(pointer)
    client.counts.close(.topic)
  }
}

/// Owns an `rd_kafka_headers_t` until a record has taken it: names and values in order; names may
/// come twice (KIP-82).
@safe
public struct KafkaHeaders: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts
  private var isTaken = false

  init(_ counts: KafkaHandleCounts) {
    unsafe pointer = rd_kafka_headers_new(8)
    self.counts = counts
    counts.open(.headers)
  }

  deinit {
    if !isTaken { unsafe rd_kafka_headers_destroy(pointer) }
    counts.close(.headers)
  }

  /// Adds a copy of `value`; nil is a header without one.
  public mutating func add(_ name: String, _ value: Span<UInt8>?) {
    // The only failures are those of memory, which stops the process.
    _ = unsafe kafkaLend(value) { bytes, count in
      unsafe rd_kafka_header_add(pointer, name, -1, bytes, count)
    }
  }

  public mutating func add(_ name: String, _ value: String) {
    add(name, Array(value.utf8).span)
  }

  /// To be called when the library has taken them over.
  mutating func markTaken() { isTaken = true }
}

/// Lends bytes as the library takes them: NULL for nil alone, which tells nothing from empty.
@inline(__always)
func kafkaLend<Result>(
  _ bytes: Span<UInt8>?, _ body: (UnsafeRawPointer?, Int) -> Result
) -> Result {
  guard let bytes else { return body(nil, 0) }
  if bytes.isEmpty {
    return unsafe withUnsafeBytes(of: UInt8(0)) { unsafe body($0.baseAddress, 0) }
  }
  return unsafe bytes.withUnsafeBytes { unsafe body($0.baseAddress, $0.count) }
}

/// Counts of a producer. `enqueuedCount` is `deliveredCount` plus `failedCount` plus what is under
/// way.
struct KafkaDeliveryTally: Sendable {
  var enqueuedCount: Int64 = 0
  var deliveredCount: Int64 = 0
  private(set) var failedCount: Int64 = 0
  /// What failures of deliveries say was to be done.
  fileprivate static let operation = "deliver a record"

  /// The first that failed, which tells most.
  private(set) var firstFailure: Failure?

  /// The offsets that marked records got; of records with one mark, the last one's.
  var markedOffsets: [Int: KafkaOffset] = [:]

  var outstandingCount: Int64 { enqueuedCount - deliveredCount - failedCount }

  mutating func fail(_ code: KafkaErrorCode, _ reason: String, _ place: Place) {
    failedCount += 1
    if firstFailure == nil {
      firstFailure = Failure(
        code: code, operation: KafkaDeliveryTally.operation, place: place, reason: reason)
    }
  }

  /// Forgets failures, which an aborted transaction has undone, and offsets, which nobody will read.
  mutating func forgive() {
    markedOffsets = [:]
    enqueuedCount -= failedCount
    failedCount = 0
    firstFailure = nil
  }
}

extension Failure {
  /// Whether it is of a record that was taken, and then not delivered.
  var isOfDelivery: Bool { operation == KafkaDeliveryTally.operation }
}
