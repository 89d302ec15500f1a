// How a request of an administrator is made.

internal import CRdkafka

/// Owns an `rd_kafka_AdminOptions_t`.
@safe
struct KafkaAdminOptions: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts

  /// How long the library may take for a request, in milliseconds: as long as it allows. Who asks waits
  /// by a patience of his own, because a request for which there is no coordinator must not end by this
  /// one: where brokers come back later, librdkafka 2.0.2 stops the process
  /// (`rd_kafka_admin_coord_request`, whose request is gone, has its failure answered once more).
  private static let greatestRequestTime: Int32 = 3_600_000

  /// - Parameter milliseconds: how long brokers may take for what is asked.
  init(
    _ client: KafkaClientHandle, _ operation: rd_kafka_admin_op_t, milliseconds: Int32
  ) {
    unsafe pointer = rd_kafka_AdminOptions_new(client.pointer, operation)
    counts = client.counts
    counts.open(.adminRequest)
    var reason = [CChar](repeating: 0, count: 128)
    // Neither is known to all operations, and fails where it is not.
    _ = unsafe rd_kafka_AdminOptions_set_request_timeout(
      pointer, KafkaAdminOptions.greatestRequestTime, &reason, reason.count)
    _ = unsafe rd_kafka_AdminOptions_set_operation_timeout(
      pointer, max(milliseconds, 1), &reason, reason.count)
  }

  deinit {
    unsafe rd_kafka_AdminOptions_destroy(pointer)
    counts.close(.adminRequest)
  }
}
