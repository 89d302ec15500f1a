// An event of a queue: the answer to something that was asked.

internal import CRdkafka

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
