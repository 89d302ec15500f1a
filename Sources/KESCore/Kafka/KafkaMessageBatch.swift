// What a poll of a consumer returned.

internal import CRdkafka

/// Messages, in the order of each partition, and the partitions whose end was reached behind them.
///
/// Reused from poll to poll; holds the library's messages, which `removeAll` or the next poll gives
/// back. Memory: a pointer for each message that it has room for; the messages are the library's.
@safe
public struct KafkaMessageBatch: ~Copyable {
  private let storage: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  /// How many messages one poll returns at most.
  public let capacity: Int
  public private(set) var count = 0
  /// Partitions that were read to their end, and the offset there. A partition may be listed again
  /// whenever its end is reached again.
  public private(set) var ends: [KafkaPosition] = []
  /// The number of each message's topic.
  private var topicIndexes: Column<Int32>
  private var topics = KafkaTopicNames()
  /// Whose the messages are; it must outlive them.
  private var client: KafkaClientHandle?

  /// - Parameter capacity: our choice: as many as fill about a mebibyte with usual events.
  public init(capacity: Int = 10_000) {
    precondition(capacity > 0)
    unsafe storage = .allocate(capacity: capacity)
    self.capacity = capacity
    topicIndexes = Column(capacity: capacity)
  }

  deinit {
    unsafe KafkaMessageBatch.release(storage, count, client)
    unsafe storage.deallocate()
  }

  public var isEmpty: Bool { count == 0 && ends.isEmpty }

  /// The name of the topic with this number.
  public func topicName(_ index: Int) -> String { topics.names[index] }

  /// Lends the message at `index`, which must be less than `count`. Valid until `body` returns.
  @inline(__always)
  public func withMessage<Result: ~Copyable, Failure: Error>(
    at index: Int, _ body: (borrowing KafkaMessageView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(index >= 0 && index < count)
    guard let message = unsafe storage[index] else { preconditionFailure("below count") }
    return try body(
      unsafe KafkaMessageView(message, topicIndex: Int(topicIndexes[index])))
  }

  /// Lends each message in turn.
  @inline(__always)
  public func forEach<Failure: Error>(
    _ body: (borrowing KafkaMessageView) throws(Failure) -> Void
  ) throws(Failure) {
    for index in 0..<count {
      try withMessage(at: index) { message throws(Failure) in try body(message) }
    }
  }

  /// Gives the messages back.
  public mutating func removeAll() {
    unsafe KafkaMessageBatch.release(storage, count, client)
    count = 0
    ends.removeAll(keepingCapacity: true)
    topicIndexes.removeAll()
    topics.forgetTopics()
  }

  private static func release(
    _ storage: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>, _ count: Int,
    _ client: KafkaClientHandle?
  ) {
    for index in 0..<count { unsafe rd_kafka_message_destroy(storage[index]) }
    if count > 0 { client?.counts.close(.message, count) }
  }

  // MARK: Filling

  /// Takes what waits in `queue`, without waiting; callbacks are called meanwhile. Returns the first
  /// failure among it that does not pass by itself.
  mutating func fill(from queue: borrowing KafkaQueueHandle) -> KafkaError? {
    removeAll()
    client = queue.client
    let taken = unsafe rd_kafka_consume_batch_queue(queue.pointer, 0, storage, capacity)
    if taken < 0 {
      return queue.client.failure(
        KafkaErrorCode(rd_kafka_last_error()), "consume", queue.client.place)
    }
    queue.client.counts.open(.message, taken)
    return sort(taken, queue.client)
  }

  /// Keeps the messages among `taken`; the others are ends of partitions and errors.
  private mutating func sort(_ taken: Int, _ client: KafkaClientHandle) -> KafkaError? {
    var failure: KafkaError?
    for index in 0..<taken {
      guard let message = unsafe storage[index] else { continue }
      if unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        topicIndexes.append(unsafe topics.index(of: message.pointee.rkt))
        unsafe storage[count] = unsafe message
        count += 1
      } else {
        let found = unsafe note(message, client)
        failure = failure ?? found
        unsafe rd_kafka_message_destroy(message)
        client.counts.close(.message)
      }
    }
    return failure
  }

  /// Notes what an event says that is no message. Returns a failure that does not pass by itself.
  private mutating func note(
    _ event: UnsafePointer<rd_kafka_message_t>, _ client: KafkaClientHandle
  ) -> KafkaError? {
    let code = KafkaErrorCode(unsafe event.pointee.err)
    let (number, offset) = unsafe (event.pointee.partition, event.pointee.offset)
    if code == .partitionEnd {
      let index = Int(unsafe topics.index(of: event.pointee.rkt))
      let partition = KafkaPartition(topic: topics.names[index], number: number)
      ends.append(KafkaPosition(partition, KafkaOffset(offset)))
      return nil
    }
    var place = client.place
    if let topic = unsafe kafkaTopicName(event.pointee.rkt) {
      place = KafkaPlace(topic: topic, partition: number, offset: offset)
    }
    var failure = client.failure(code, "consume", place)
    if code != .fatal, let reason = unsafe rd_kafka_message_errstr(event) {
      failure.reason = client.configuration.redacted(unsafe String(cString: reason)).asOneLine()
    }
    if failure.kind != .retriable { return failure }
    client.context.notices.note(level: 4, facility: code.name, text: failure.description)
    return nil
  }
}
