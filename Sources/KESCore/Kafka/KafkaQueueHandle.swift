// A queue of a client.

internal import CRdkafka

/// Owns an `rd_kafka_queue_t`, and the pipe that wakes whoever waits for it.
@safe
struct KafkaQueueHandle: ~Copyable {
  let pointer: OpaquePointer
  let client: KafkaClientHandle
  private let pipe: KafkaWakePipe

  /// A queue of its own.
  init(_ client: KafkaClientHandle) throws(KafkaError) {
    let pipe = try KafkaWakePipe(client.counts)
    unsafe self.init(rd_kafka_queue_new(client.pointer), client, pipe)
  }

  /// The queue that a consumer's messages and rebalances come from.
  init(consumerOf client: KafkaClientHandle) throws(KafkaError) {
    let pipe = try KafkaWakePipe(client.counts)
    guard let pointer = unsafe rd_kafka_queue_get_consumer(client.pointer) else {
      throw KafkaError(
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
