// Seeing that there are brokers, before anything depends on it.

internal import CRdkafka

extension KafkaClientHandle {
  /// How long is waited without a word, in milliseconds. Our choice: brokers that are there answer
  /// sooner.
  private static let quiet: Int64 = 1000

  /// Waits until a broker has answered. Throws `KafkaError` of the kind `.environment` with the
  /// brokers and the last reason: at once where we are refused (authentication, certificates), else
  /// when the patience is over; and `.interrupted`.
  ///
  /// - Parameter onWait: told once why there is no connection yet.
  func connect(_ patience: KafkaPatience, onWait: (String) -> Void) throws(KafkaError) {
    let deadline = KafkaDeadline(patience)
    var noteTime = KafkaDeadline.now + KafkaClientHandle.quiet
    repeat {
      if hasAnswer(milliseconds: deadline.remaining(atMost: 500)) { return }
      serve()
      if let refusal = context.notices.refusal { throw refused(refusal) }
      try deadline.checkInterruption("connect", place)
      if KafkaDeadline.now >= noteTime && !deadline.isOver {
        noteTime = .max
        onWait(waitingText(patience))
      }
    } while !deadline.isOver
    guard let last = context.notices.lastFailure else {
      throw KafkaError(
        .environment, code: .timedOut, operation: "connect", place: place,
        reason: "no answer within \(patience.milliseconds) ms", recovery: .retry)
    }
    // A port that speaks no TLS is silent, or hangs up.
    let advice =
      configuration.usesTLS
      ? "see that brokers run there, and that this port speaks TLS: security.protocol" : nil
    throw KafkaError(
      .environment, code: last.code, operation: "connect", place: place, reason: last.reason,
      recovery: .retry, advice: advice)
  }

  private func waitingText(_ patience: KafkaPatience) -> String {
    let reason = context.notices.lastFailure?.reason ?? "no answer"
    return "\(place): cannot connect yet: \(reason); trying for up to"
      + " \(patience.milliseconds / 1000) s (--connect-timeout)"
  }

  private func refused(_ failure: KafkaFailure) -> KafkaError {
    let mechanism = configuration.mechanism.map { "by \($0): " } ?? ""
    return KafkaError(
      .environment, code: failure.code, operation: "connect", place: place,
      reason: mechanism + failure.reason)
  }

  private func hasAnswer(milliseconds: Int32) -> Bool {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    if unsafe rd_kafka_metadata(pointer, 0, nil, &metadata, milliseconds)
      == RD_KAFKA_RESP_ERR_NO_ERROR
    {
      unsafe rd_kafka_metadata_destroy(metadata)
      return true
    }
    // An answer that took longer than one of our turns.
    guard let identifier = unsafe rd_kafka_clusterid(pointer, 0) else { return false }
    unsafe rd_kafka_mem_free(pointer, identifier)
    return true
  }
}
