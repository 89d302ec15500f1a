// Who a consumer is in its group, for a producer that commits its offsets.

internal import CRdkafka

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
