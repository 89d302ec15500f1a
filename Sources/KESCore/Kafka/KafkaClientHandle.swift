// A client of librdkafka: the handle that everything else hangs on.

internal import CRdkafka

/// Owns an `rd_kafka_t`, with its threads and connections.
///
/// What belongs to a client (queues, topics, messages) keeps a reference to this object, so that the
/// client goes last, as the library demands.
@safe
final class KafkaClientHandle: @unchecked Sendable {
  // Sendable: an rd_kafka_t may be used by several threads (librdkafka's INTRODUCTION.md,
  // "Threads and callbacks"), and nothing here changes after `init`.
  let pointer: OpaquePointer
  let configuration: KafkaConfiguration
  let context: KafkaCallbackContext

  var counts: KafkaHandleCounts { configuration.counts }
  var place: KafkaPlace { KafkaPlace(brokers: configuration.brokers) }

  /// Makes a client; connects to nothing yet. Throws `KafkaError` of the kind `.configuration`.
  init(
    _ configuration: KafkaConfiguration, _ role: KafkaClientRole,
    _ additions: [(name: String, value: String)] = []
  ) throws(KafkaError) {
    self.configuration = configuration
    context = KafkaCallbackContext(KafkaNoticeLog(redact: configuration.redacted))
    context.rebalances.counts = configuration.counts
    var handle = try configuration.makeHandle(role, additions)
    handle.setCallbacks(role, context)
    var reason = ""
    guard let client = unsafe handle.makeClient(role, reason: &reason) else {
      throw KafkaError(
        .configuration, operation: "use the properties",
        place: KafkaPlace(brokers: configuration.brokers), reason: configuration.redacted(reason))
    }
    unsafe pointer = client
    configuration.counts.open(.client)
  }

  deinit {
    let (address, counts, context) = unsafe (UInt(bitPattern: pointer), counts, context)
    if context.isLeftAlone {
      // Callbacks may come for as long as the process lives.
      _ = unsafe Unmanaged.passRetained(context)
      counts.close(.client)
      return
    }
    KafkaFarewell.run(milliseconds: KafkaClientHandle.greatestFarewell) {
      // A consumer has left its group before, or could not in the time that it had: no second try,
      // which might take as long again.
      unsafe rd_kafka_destroy_flags(
        OpaquePointer(bitPattern: address), Int32(RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE))
      counts.close(.client)
      // Callbacks may come until now.
      withExtendedLifetime(context) {}
    }
  }

  /// In milliseconds. Our choice: usually a client ends within one second; one whose topic was deleted
  /// does not end for long.
  private static let greatestFarewell: Int64 = 2000

  /// Has the client stay, with its threads, when this goes: for one that librdkafka cannot free.
  func leaveAlone() { context.isLeftAlone = true }

  /// Has the callbacks called that are due, without waiting.
  func serve() { unsafe rd_kafka_poll(pointer, 0) }

  // MARK: Failures

  /// Throws what `code` means, unless it means success.
  func check(
    _ code: rd_kafka_resp_err_t, _ operation: String, _ place: KafkaPlace? = nil
  ) throws(KafkaError) {
    if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
    throw failure(KafkaErrorCode(code), operation, place ?? self.place)
  }

  /// Throws why the client cannot be used any more, again at each call; the library says so once.
  func requireUsable(_ operation: String) throws(KafkaError) {
    let code = unsafe rd_kafka_fatal_error(pointer, nil, 0)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw failure(.fatal, operation, place) }
  }

  /// Throws what an error object means, and frees it; NULL means success.
  func check(
    error: OpaquePointer?, _ operation: String, _ place: KafkaPlace? = nil
  ) throws(KafkaError) {
    guard let error = unsafe KafkaErrorHandle(adopting: error, counts) else { return }
    let found = error.failure(operation, place ?? self.place)
    if found.code == .fatal { throw failure(.fatal, operation, place ?? self.place) }
    throw found
  }

  /// The failure that a code means for this client: with the real cause where it is fatal, and
  /// with why there is no connection where that is what it says.
  func failure(_ code: KafkaErrorCode, _ operation: String, _ place: KafkaPlace) -> KafkaError {
    if code == .fatal {
      let fatal = unsafe kafkaFatalFailure(of: pointer)
      var error = KafkaError(
        code: fatal.code, operation: operation, place: place,
        reason: configuration.redacted(fatal.reason))
      // What another start does not help against keeps its kind.
      if error.kind != .fenced && error.kind != .configuration { error.kind = .fatal }
      error.recovery = .none
      return error
    }
    let cause = code.isUnreachable ? context.notices.lastFailure : nil
    let reason = cause.map { "\(code.reason): \($0.reason)" }
    return KafkaError(code: code, operation: operation, place: place, reason: reason)
  }
}
