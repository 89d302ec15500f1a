// What every client of a cluster can do, and its handle.

internal import CRdkafka

/// What consumers, producers and who looks after topics have in common: a client of the library, with
/// connections of its own. Used by one thread at a time.
public class KafkaClient {
  final let client: KafkaClientHandle

  init(_ client: KafkaClientHandle) { self.client = client }

  /// What librdkafka has said since the last call.
  public final func takeNotices() -> [KafkaNotice] { client.context.notices.take() }
}

extension KafkaClient {
  /// How long is waited without a word, in milliseconds. Our choice: brokers that are there answer
  /// sooner.
  private static let quiet: Int64 = 1000

  /// Waits until a broker has answered. Throws `Failure` of the kind `.unavailable` with the
  /// brokers and the last reason: at once where we are refused (authentication, certificates), else
  /// when the patience is over; and `.interrupted`.
  ///
  /// - Parameter onWait: told once, after a second, why there is no connection yet.
  public func connect(
    _ patience: KafkaPatience, onWait: (String) -> Void = { _ in }
  ) throws(Failure) {
    let deadline = KafkaDeadline(patience)
    var noteTime = KafkaDeadline.now + KafkaClient.quiet
    repeat {
      if hasAnswer(milliseconds: deadline.remaining(atMost: 500)) { return }
      client.serve()
      if let refusal = client.context.notices.refusal { throw refused(refusal) }
      try deadline.checkInterruption("connect", client.place)
      if KafkaDeadline.now >= noteTime && !deadline.isOver {
        noteTime = .max
        onWait(waitingText(patience))
      }
    } while !deadline.isOver
    guard let last = client.context.notices.lastFailure else {
      throw Failure(
        .unavailable, code: .timedOut, operation: "connect", place: client.place,
        reason: "no answer within \(patience.milliseconds) ms", recovery: .retry)
    }
    // A port that speaks no TLS is silent, or hangs up.
    let advice =
      client.configuration.usesTLS
      ? "see that brokers run there, and that this port speaks TLS: security.protocol" : nil
    throw Failure(
      .unavailable, code: last.code, operation: "connect", place: client.place, reason: last.reason,
      recovery: .retry, advice: advice)
  }

  private func waitingText(_ patience: KafkaPatience) -> String {
    let reason = client.context.notices.lastFailure?.reason ?? "no answer"
    return "\(client.place): cannot connect yet: \(reason); trying for up to"
      + " \(patience.milliseconds / 1000) s (--connect-timeout)"
  }

  private func refused(_ failure: KafkaFailure) -> Failure {
    let mechanism = client.configuration.mechanism.map { "by \($0): " } ?? ""
    return Failure(
      .unavailable, code: failure.code, operation: "connect", place: client.place,
      reason: mechanism + failure.reason)
  }

  private func hasAnswer(milliseconds: Int32) -> Bool {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    if unsafe rd_kafka_metadata(client.pointer, 0, nil, &metadata, milliseconds)
      == RD_KAFKA_RESP_ERR_NO_ERROR
    {
      unsafe rd_kafka_metadata_destroy(metadata)
      return true
    }
    // An answer that took longer than one of our turns.
    guard let identifier = unsafe rd_kafka_clusterid(client.pointer, 0) else { return false }
    unsafe rd_kafka_mem_free(client.pointer, identifier)
    return true
  }
}

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
  var place: Place { Place(brokers: configuration.brokers) }

  /// Makes a client; connects to nothing yet. Throws `Failure` of the kind `.configuration`.
  init(
    _ configuration: KafkaConfiguration, _ role: KafkaClientRole,
    _ additions: [(name: String, value: String)] = []
  ) throws(Failure) {
    self.configuration = configuration
    context = KafkaCallbackContext(KafkaNoticeLog(redact: configuration.redacted))
    context.rebalances.counts = configuration.counts
    var handle = try configuration.makeHandle(role, additions)
    handle.setCallbacks(role, context)
    var reason = ""
    guard let client = unsafe handle.makeClient(role, reason: &reason) else {
      throw Failure(
        .configuration, operation: "use the properties",
        place: Place(brokers: configuration.brokers), reason: configuration.redacted(reason))
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
    _ code: rd_kafka_resp_err_t, _ operation: String, _ place: Place? = nil
  ) throws(Failure) {
    if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
    throw failure(KafkaErrorCode(code), operation, place ?? self.place)
  }

  /// Throws why the client cannot be used any more, again at each call; the library says so once.
  func requireUsable(_ operation: String) throws(Failure) {
    let code = unsafe rd_kafka_fatal_error(pointer, nil, 0)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw failure(.fatal, operation, place) }
  }

  /// Throws what an error object means, and frees it; NULL means success.
  func check(
    error: OpaquePointer?, _ operation: String, _ place: Place? = nil
  ) throws(Failure) {
    guard let error = unsafe KafkaErrorHandle(adopting: error, counts) else { return }
    let found = error.failure(operation, place ?? self.place)
    if found.code == .fatal { throw failure(.fatal, operation, place ?? self.place) }
    throw found
  }

  /// The failure that a code means for this client: with the real cause where it is fatal, and
  /// with why there is no connection where that is what it says.
  func failure(_ code: KafkaErrorCode, _ operation: String, _ place: Place) -> Failure {
    if code == .fatal {
      let fatal = unsafe kafkaFatalFailure(of: pointer)
      var error = Failure(
        code: fatal.code, operation: operation, place: place,
        reason: configuration.redacted(fatal.reason))
      error.becomeFatal()
      return error
    }
    let cause = code.isUnreachable ? context.notices.lastFailure : nil
    let reason = cause.map { "\(code.reason): \($0.reason)" }
    return Failure(code: code, operation: operation, place: place, reason: reason)
  }
}

/// What a client is for.
enum KafkaClientRole: Sendable {
  case consumer, producer
}

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
