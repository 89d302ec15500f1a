// A queue of a client, its events, and how it wakes a thread that waits.

internal import CRdkafka
internal import Glibc

/// Owns an `rd_kafka_queue_t`, and the pipe that wakes whoever waits for it.
@safe
struct KafkaQueueHandle: ~Copyable {
  let pointer: OpaquePointer
  let client: KafkaClientHandle
  private let pipe: KafkaWakePipe

  /// A queue of its own.
  init(_ client: KafkaClientHandle) throws(Failure) {
    let pipe = try KafkaWakePipe(client.counts)
    unsafe self.init(rd_kafka_queue_new(client.pointer), client, pipe)
  }

  /// The queue that a consumer's messages and rebalances come from.
  init(consumerOf client: KafkaClientHandle) throws(Failure) {
    let pipe = try KafkaWakePipe(client.counts)
    guard let pointer = unsafe rd_kafka_queue_get_consumer(client.pointer) else {
      throw Failure(
        .bug, operation: "consume", place: client.place, reason: "the client has no group")
    }
    unsafe self.init(pointer, client, pipe)
  }

  private init(
    _ pointer: OpaquePointer, _ client: KafkaClientHandle, _ pipe: consuming KafkaWakePipe
  ) {
    unsafe self.pointer = unsafe pointer
    self.client = client
    unsafe rd_kafka_queue_io_event_enable(pointer, pipe.writing, "!", 1)
    self.pipe = pipe
    client.counts.open(.queue)
  }

  deinit {
    // Before the pipe goes: its number may become another file's.
    unsafe rd_kafka_queue_io_event_enable(pointer, -1, nil, 0)
    unsafe rd_kafka_queue_destroy(pointer)
    client.counts.close(.queue)
  }

  /// Becomes readable when something arrives in the queue that was empty.
  var descriptor: Int32 { pipe.reading }

  /// To be called before the queue is read, so that no arrival is missed: what comes after writes
  /// to the pipe again.
  func forgetArrivals() { pipe.drain() }

  /// Waits for an arrival or a signal, so many milliseconds.
  func wait(milliseconds: Int32) -> KafkaWakePipe.Wait { pipe.wait(milliseconds: milliseconds) }

  /// The next event; nil where none comes in time.
  func nextEvent(milliseconds: Int32) -> KafkaEventHandle? {
    unsafe KafkaEventHandle(adopting: rd_kafka_queue_poll(pointer, milliseconds), client.counts)
  }
}

/// Owns an `rd_kafka_event_t`. What is read of it is valid as long as it is.
@safe
struct KafkaEventHandle: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts

  /// Takes over what the library returned; nil where that is nothing.
  init?(adopting pointer: OpaquePointer?, _ counts: KafkaHandleCounts) {
    guard let pointer = unsafe pointer else { return nil }
    unsafe self.pointer = unsafe pointer
    self.counts = counts
    counts.open(.event)
  }

  deinit {
    unsafe rd_kafka_event_destroy(pointer)
    counts.close(.event)
  }

  var type: rd_kafka_event_type_t { unsafe rd_kafka_event_type(pointer) }

  var code: KafkaErrorCode { KafkaErrorCode(unsafe rd_kafka_event_error(pointer)) }

  /// Why it failed, in words.
  var reason: String? {
    unsafe rd_kafka_event_error_string(pointer).map { unsafe String(cString: $0) }
  }

  /// The first partition that failed, of an event that tells of partitions.
  var firstFailure: (partition: KafkaPartition, code: KafkaErrorCode)? {
    guard let list = unsafe rd_kafka_event_topic_partition_list(pointer) else { return nil }
    return unsafe kafkaFirstFailure(list)
  }
}

/// A pipe whose read end becomes readable when a queue that was empty is not any more.
struct KafkaWakePipe: ~Copyable {
  /// To be waited for.
  let reading: Int32
  /// To be written to; never blocks.
  let writing: Int32
  private let counts: KafkaHandleCounts

  init(_ counts: KafkaHandleCounts) throws(Failure) {
    var ends = InlineArray<2, Int32>(repeating: -1)
    var span = ends.mutableSpan
    let result = unsafe span.withUnsafeMutableBufferPointer {
      unsafe pipe($0.baseAddress)
    }
    if result != 0 {
      throw Failure(
        .unavailable, operation: "make a pipe", place: Place(), reason: systemReason(errno))
    }
    for index in 0..<2 {
      _ = fcntl(ends[index], F_SETFD, FD_CLOEXEC)
      _ = fcntl(ends[index], F_SETFL, O_NONBLOCK)
    }
    reading = ends[0]
    writing = ends[1]
    self.counts = counts
    counts.open(.descriptor, 2)
  }

  deinit {
    close(reading)
    close(writing)
    counts.close(.descriptor, 2)
  }

  /// Forgets what was written, so that the next wait waits.
  func drain() {
    var room = InlineArray<64, UInt8>(repeating: 0)
    var span = room.mutableSpan
    unsafe span.withUnsafeMutableBytes { room in
      while unsafe read(reading, room.baseAddress, room.count) > 0 {}
    }
  }

  /// Why waiting ended.
  enum Wait { case over, interrupted }

  /// Waits until there is something, or so many milliseconds; a signal ends it, too.
  func wait(milliseconds: Int32) -> Wait {
    var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, milliseconds) < 0 && errno == EINTR ? .interrupted : .over
  }
}
