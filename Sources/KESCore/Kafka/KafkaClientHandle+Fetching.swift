// Reading on as soon as there is room.

internal import CRdkafka

extension KafkaClientHandle {
  /// Has the threads that fetch look at once whether the queue has room again.
  ///
  /// librdkafka 2.0.2 stops fetching where its queue is full, and looks again when its broker says
  /// something or after a second (`rd_kafka_max_block_ms`): a quick reader waits most of the time. Of
  /// its functions only the one that sets credentials wakes these threads, so those are set that the
  /// client has already. Later versions have `fetch.queue.backoff.ms` (`KafkaDefault.table`).
  func fetchOn() {
    let error = unsafe rd_kafka_sasl_set_credentials(
      pointer, configuration.userName, configuration.password)
    if let error = unsafe error { unsafe rd_kafka_error_destroy(error) }
  }
}
