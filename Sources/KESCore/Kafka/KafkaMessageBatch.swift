// What a poll of a consumer returned: messages as they lie in the library's memory.

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
  /// Whose the messages are; it must outlive them.
  private var client: KafkaClientHandle?

  /// - Parameter capacity: our choice: as many as fill about a mebibyte with usual events.
  public init(capacity: Int = 10_000) {
    precondition(capacity > 0)
    unsafe storage = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  deinit {
    unsafe KafkaMessageBatch.release(storage, count, client)
    unsafe storage.deallocate()
  }

  public var isEmpty: Bool { count == 0 && ends.isEmpty }

  /// Lends the message at `index`, which must be less than `count`. Valid until `body` returns.
  @inline(__always)
  public func withMessage<Result: ~Copyable, Failure: Error>(
    at index: Int, _ body: (borrowing KafkaMessageView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(index >= 0 && index < count)
    guard let message = unsafe storage[index] else { preconditionFailure("below count") }
    return try body(unsafe KafkaMessageView(message))
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
  mutating func fill(from queue: borrowing KafkaQueueHandle) -> Failure? {
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
  private mutating func sort(_ taken: Int, _ client: KafkaClientHandle) -> Failure? {
    var failure: Failure?
    for index in 0..<taken {
      guard let message = unsafe storage[index] else { continue }
      if unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
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
  ) -> Failure? {
    let code = KafkaErrorCode(unsafe event.pointee.err)
    let (number, offset) = unsafe (event.pointee.partition, event.pointee.offset)
    if code == .partitionEnd {
      let topic = unsafe kafkaTopicName(event.pointee.rkt) ?? ""
      ends.append(KafkaPosition(KafkaPartition(topic: topic, number: number), KafkaOffset(offset)))
      return nil
    }
    var place = client.place
    if let topic = unsafe kafkaTopicName(event.pointee.rkt) {
      place = Place(topic: topic, partition: number, offset: offset)
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

/// Lends a message without copying. Cannot be kept: it is valid until the closure returns that it
/// was lent to.
@safe
public struct KafkaMessageView: ~Copyable {
  private let message: UnsafePointer<rd_kafka_message_t>

  init(_ message: UnsafePointer<rd_kafka_message_t>) { unsafe self.message = unsafe message }

  public var partition: Int32 {
    @inline(__always) get { unsafe message.pointee.partition }
  }

  public var offset: KafkaOffset {
    @inline(__always) get { KafkaOffset(unsafe message.pointee.offset) }
  }

  /// The record's time, by its producer or the broker; nil where it has none.
  public var timestamp: EventTime? {
    var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let milliseconds = unsafe rd_kafka_message_timestamp(message, &type)
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
      ? nil : EventTime(milliseconds: milliseconds)
  }

  /// Lends the key; nil where there is none, which is not the same as an empty one.
  @inline(__always)
  public func withKey<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let key = unsafe message.pointee.key else { return try body(nil) }
    return try body(unsafe KafkaMessageView.bytes(key, message.pointee.key_len).span)
  }

  /// Lends the value; nil for a tombstone, which is not the same as an empty value.
  @inline(__always)
  public func withValue<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let value = unsafe message.pointee.payload else { return try body(nil) }
    return try body(unsafe KafkaMessageView.bytes(value, message.pointee.len).span)
  }

  public var isTombstone: Bool { unsafe message.pointee.payload == nil }

  /// Lends the headers in order (KIP-82); a value may be nil. Cost: the first call parses them.
  public func forEachHeader<Failure: Error>(
    _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>?) throws(Failure) -> Void
  ) throws(Failure) {
    var headers: OpaquePointer?
    guard
      unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR
    else { return }
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    var index = 0
    while unsafe rd_kafka_header_get_all(headers, index, &name, &value, &count)
      == RD_KAFKA_RESP_ERR_NO_ERROR, let found = unsafe name
    {
      index += 1
      let name = unsafe KafkaMessageView.bytes(found, KafkaMessageView.length(of: found))
      guard let bytes = unsafe value else {
        try body(unsafe name.span, nil)
        continue
      }
      try body(unsafe name.span, unsafe KafkaMessageView.bytes(bytes, count).span)
    }
  }

  @inline(__always)
  private static func bytes(
    _ start: UnsafeRawPointer, _ count: Int
  ) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeRawBufferPointer(start: start, count: count).bindMemory(to: UInt8.self)
  }

  private static func length(of text: UnsafePointer<CChar>) -> Int {
    var count = 0
    while unsafe text[count] != 0 { count += 1 }
    return count
  }
}
