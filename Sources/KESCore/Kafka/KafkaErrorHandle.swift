// The library's error objects.

internal import CRdkafka

/// Owns an `rd_kafka_error_t`.
@safe
struct KafkaErrorHandle: ~Copyable {
  private let pointer: OpaquePointer
  private let counts: KafkaHandleCounts

  /// Takes over what the library returned; nil where that is no error.
  init?(adopting pointer: OpaquePointer?, _ counts: KafkaHandleCounts) {
    guard let pointer = unsafe pointer else { return nil }
    unsafe self.pointer = unsafe pointer
    self.counts = counts
    counts.open(.error)
  }

  deinit {
    unsafe rd_kafka_error_destroy(pointer)
    counts.close(.error)
  }

  /// The failure, with what the library says of the client and the transaction.
  func failure(_ operation: String, _ place: KafkaPlace) -> KafkaError {
    let code = KafkaErrorCode(unsafe rd_kafka_error_code(pointer))
    let reason = unsafe rd_kafka_error_string(pointer).map { unsafe String(cString: $0) }
    var error = KafkaError(code: code, operation: operation, place: place, reason: reason)
    if unsafe rd_kafka_error_is_fatal(pointer) != 0 {
      error.recovery = .none
      // What another start does not help against keeps its kind.
      if error.kind != .fenced && error.kind != .configuration { error.kind = .fatal }
    } else if unsafe rd_kafka_error_txn_requires_abort(pointer) != 0 {
      error.recovery = .abort
    } else {
      error.recovery = unsafe rd_kafka_error_is_retriable(pointer) != 0 ? .retry : .none
    }
    // What may be tried again is no fault of ours: a call met a transaction that had failed.
    if error.recovery != .none && error.kind == .bug { error.kind = .retriable }
    return error
  }
}
