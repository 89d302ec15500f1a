// How a request of an administrator is made.

internal import CRdkafka

/// Owns an `rd_kafka_AdminOptions_t`.
@safe
struct KafkaAdminOptions: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts

  /// - Parameter milliseconds: how long the request and what it asks for may take.
  init(
    _ client: KafkaClientHandle, _ operation: rd_kafka_admin_op_t, milliseconds: Int32
  ) {
    unsafe pointer = rd_kafka_AdminOptions_new(client.pointer, operation)
    counts = client.counts
    counts.open(.adminRequest)
    var reason = [CChar](repeating: 0, count: 128)
    // Neither is known to all operations, and fails where it is not.
    _ = unsafe rd_kafka_AdminOptions_set_request_timeout(
      pointer, max(milliseconds, 1), &reason, reason.count)
    _ = unsafe rd_kafka_AdminOptions_set_operation_timeout(
      pointer, max(milliseconds, 1), &reason, reason.count)
  }

  deinit {
    unsafe rd_kafka_AdminOptions_destroy(pointer)
    counts.close(.adminRequest)
  }
}
