// A topic that records are sent to.

internal import CRdkafka

/// Owns an `rd_kafka_topic_t` of a producer: made once, so that sending a record looks no name up.
@safe
public final class KafkaTopic {
  public let name: String
  let pointer: OpaquePointer
  let client: KafkaClientHandle

  /// Throws `KafkaError` where the name cannot be a topic's.
  init(_ name: String, _ client: KafkaClientHandle) throws(KafkaError) {
    self.name = name
    self.client = client
    guard let topic = unsafe rd_kafka_topic_new(client.pointer, name, nil) else {
      throw client.failure(
        KafkaErrorCode(rd_kafka_last_error()), "use the topic", KafkaPlace(topic: name))
    }
    unsafe pointer = topic
    client.counts.open(.topic)
  }

  deinit {
    unsafe rd_kafka_topic_destroy(pointer)
    client.counts.close(.topic)
  }
}
