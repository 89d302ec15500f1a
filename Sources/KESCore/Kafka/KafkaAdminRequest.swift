// Asking brokers something that is not about records.

internal import CRdkafka

/// What is asked, and how that is said when it fails.
struct KafkaAdminRequest {
  let operation: rd_kafka_admin_op_t
  let title: String
  let place: Place

  /// Sends the request by `send` and lends the answer to `read`. Throws `Failure`, also
  /// `.interrupted`.
  func run<Result>(
    on client: KafkaClientHandle, _ patience: KafkaPatience,
    _ send: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void,
    _ read: (borrowing KafkaEventHandle) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let deadline = KafkaDeadline(patience)
    let queue = try KafkaQueueHandle(client)
    let options = KafkaAdminOptions(client, operation, milliseconds: deadline.remaining())
    unsafe send(options.pointer, queue.pointer)
    while true {
      if let event = queue.nextEvent(milliseconds: deadline.remaining(atMost: 100)) {
        if event.code == .none { return try read(event) }
        throw failure(event.code, event.reason, client)
      }
      client.serve()
      try deadline.checkInterruption(title, place)
      if deadline.isOver { throw client.failure(.timedOut, title, place) }
    }
  }

  func failure(
    _ code: KafkaErrorCode, _ reason: String?, _ client: KafkaClientHandle
  ) -> Failure {
    var error = client.failure(code, title, place)
    // A broker says more than its code does.
    if let reason, !code.isUnreachable {
      error.reason = client.configuration.redacted(reason).asOneLine()
    }
    return error
  }
}

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
