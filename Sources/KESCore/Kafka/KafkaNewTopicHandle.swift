// A topic to be made, as the library takes it.

internal import CRdkafka

/// Owns an `rd_kafka_NewTopic_t`.
@safe
struct KafkaNewTopicHandle: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts

  /// Throws `KafkaError` of the kind `.configuration` where the name or a number cannot be.
  init(_ topic: KafkaNewTopic, _ client: KafkaClientHandle) throws(KafkaError) {
    var reason = [CChar](repeating: 0, count: 256)
    let made = unsafe rd_kafka_NewTopic_new(
      topic.name, topic.partitionCount, topic.replicationFactor ?? -1, &reason, reason.count)
    guard let made = unsafe made else {
      throw KafkaError(
        .configuration, operation: "create the topic", place: KafkaPlace(topic: topic.name),
        reason: String(libraryText: reason))
    }
    unsafe pointer = made
    counts = client.counts
    counts.open(.adminRequest)
    for (name, value) in topic.properties {
      unsafe rd_kafka_NewTopic_set_config(pointer, name, value)
    }
  }

  deinit {
    unsafe rd_kafka_NewTopic_destroy(pointer)
    counts.close(.adminRequest)
  }
}
