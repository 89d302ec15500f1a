// Asking brokers something that is not about records.

internal import CRdkafka

/// What is asked, and how that is said when it fails.
struct KafkaAdminRequest {
  let operation: rd_kafka_admin_op_t
  let title: String
  let place: KafkaPlace

  /// Sends the request by `send` and lends the answer to `read`. Throws `KafkaError`, also
  /// `.interrupted`.
  func run<Result>(
    on client: KafkaClientHandle, _ patience: KafkaPatience,
    _ send: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void,
    _ read: (borrowing KafkaEventHandle) throws(KafkaError) -> Result
  ) throws(KafkaError) -> Result {
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
  ) -> KafkaError {
    var error = client.failure(code, title, place)
    // A broker says more than its code does.
    if let reason, !code.isUnreachable {
      error.reason = client.configuration.redacted(reason).asOneLine()
    }
    return error
  }
}
