// What can go wrong with Kafka.

/// A failure of a client, a broker or a record: what, where, and what it means for who goes on.
public struct KafkaError: Error, Hashable, Sendable {
  /// What kind of failure it is; the command decides what that means for its exit status.
  public enum Kind: Hashable, Sendable {
    /// A call that must not be made now, or not with these arguments.
    case bug
    /// A record that the library or the broker does not take: too large, or invalid.
    case record
    /// Passes by itself.
    case retriable
    /// The client cannot be used any more.
    case fatal
    /// Another instance with our transactional or instance id has taken over.
    case fenced
    /// Others work on what must be at rest.
    case inUse
    /// Brokers that do not answer, or do not let us in.
    case environment
    /// What the user has set.
    case configuration
    /// A file of properties that is not there or may not be read.
    case missingFile
    /// A topic or partition that is not there.
    case missingTopic
    /// Whoever waited does not want to any more (`KafkaPatience.isInterrupted`).
    case interrupted
  }

  /// What helps (KIP-360, and librdkafka's INTRODUCTION.md, "Transactional Producer", "Error
  /// handling").
  public enum Recovery: Hashable, Sendable {
    /// The same call again.
    case retry
    /// Aborting the transaction; then it may be tried as a whole.
    case abort
    /// Nothing with this client.
    case none
  }

  public var kind: Kind
  public var recovery: Recovery
  public var code: KafkaErrorCode
  /// What was to be done, after "cannot".
  public var operation: String
  public var place: KafkaPlace
  /// Why, in the words of the library or the broker; without secrets.
  public var reason: String
  /// What to do; nil for what goes by kind and code.
  var advice: String?

  init(
    _ kind: Kind, code: KafkaErrorCode = .none, operation: String, place: KafkaPlace,
    reason: String, recovery: Recovery = .none, advice: String? = nil
  ) {
    self.kind = kind
    self.recovery = recovery
    self.code = code
    self.operation = operation
    self.place = place
    self.reason = KafkaError.line(reason)
    self.advice = advice
  }

  /// Some of the library's sentences end in a space or a full stop.
  private static func line(_ text: String) -> String {
    var line = text.asOneLine()
    while line.last == " " || line.last == "." { line.removeLast() }
    return line
  }

  /// The failure that a bare code means. `reason` is the library's for the code where it is nil.
  init(
    code: KafkaErrorCode, operation: String, place: KafkaPlace, reason: String? = nil
  ) {
    let kind = code.kind
    self.init(
      kind, code: code, operation: operation, place: place, reason: reason ?? code.reason,
      recovery: kind == .retriable || code.isUnreachable ? .retry : .none)
  }

  /// An end of waiting because the process is to end.
  static func interrupted(_ operation: String, _ place: KafkaPlace) -> KafkaError {
    KafkaError(
      .interrupted, operation: operation, place: place, reason: "stopped before it was done",
      recovery: .retry)
  }
}

extension KafkaError: CustomStringConvertible {
  /// One line: where, what, why, and what to do.
  public var description: String {
    let name = code == .none ? "" : " (\(code.name))"
    let help = (advice ?? usualAdvice).map { "; \($0)" } ?? ""
    return "\(place): cannot \(operation): \(reason)\(name)\(help)"
  }

  private var usualAdvice: String? {
    if code.isAuthentication {
      return "see security.protocol, sasl.mechanism and the credentials"
    }
    if code.isAuthorization { return "have the brokers' administrator allow it" }
    if code == .gone { return "begin elsewhere by --offset, or see the topic's retention" }
    if code.isOfTime {
      return "brokers take no time so far from their clock: see message.timestamp.before.max.ms and"
        + " message.timestamp.after.max.ms of the topic (message.timestamp.difference.max.ms before"
        + " Kafka 3.6); kes-segment --max-ahead rejects events that are ahead"
    }
    switch kind {
    case .bug: return "this is a fault of kes; please report it"
    case .record: return "see message.max.bytes here, at the broker and at the topic"
    case .fatal: return "start again"
    case .fenced:
      // Brokers say the same of both (KIP-588).
      let isOfTransaction = place.group == nil && !code.isOfInstance
      return "another instance has taken over"
        + (isOfTransaction ? ", or transaction.timeout.ms was over before the commit" : "")
    case .missingTopic: return "create the topic, or see how it is spelled"
    case .configuration: return "see the properties set by -X, -F and KES_CONFIG"
    case .environment where code.isUnreachable: return "see that brokers run there"
    case .missingFile, .inUse, .retriable, .environment, .interrupted: return nil
    }
  }
}
