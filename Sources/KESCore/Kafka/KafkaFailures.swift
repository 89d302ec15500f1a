// What can go wrong with Kafka, and what it means for who goes on.

extension Failure {
  /// A failure of a client, a broker or a record. Without `advice` the remedy goes by kind and code.
  init(
    _ kind: Kind, code: KafkaErrorCode = .none, operation: String, place: Place,
    reason: String, recovery: Recovery = .none, advice: String? = nil
  ) {
    let place = place.description.isEmpty ? Place(brokers: "Kafka") : place
    self.init(
      kind, .broker, place: place, operation: operation, Failure.line(reason), remedy: advice,
      cause: .broker(code.rawValue), causeName: code == .none ? nil : code.name,
      recovery: recovery)
    if advice == nil { remedy = usualRemedy }
  }

  /// Some of the library's sentences end in a space or a full stop.
  private static func line(_ text: String) -> String {
    var line = text.asOneLine()
    while line.last == " " || line.last == "." { line.removeLast() }
    return line
  }

  /// The failure that a bare code means. `reason` is the library's for the code where it is nil.
  init(code: KafkaErrorCode, operation: String, place: Place, reason: String? = nil) {
    let kind = code.kind
    self.init(
      kind, code: code, operation: operation, place: place, reason: reason ?? code.reason,
      recovery: kind == .retriable || code.isUnreachable ? .retry : .none)
  }

  /// An end of waiting because the process is to end.
  static func interrupted(_ operation: String, _ place: Place) -> Failure {
    Failure(
      .interrupted, operation: operation, place: place, reason: "stopped before it was done",
      recovery: .retry)
  }

  /// What the library or the broker calls it; `.none` where it is of no broker.
  public var code: KafkaErrorCode {
    if case .broker(let number) = cause { KafkaErrorCode(rawValue: number) } else { .none }
  }

  /// Whether it is asked of brokers what those of their kind or version cannot do at all.
  public var isUnsupported: Bool { code.isUnsupported }

  /// Makes it another kind, with the remedy of that.
  mutating func become(_ kind: Kind) {
    self.kind = kind
    remedy = usualRemedy
  }

  /// Makes it one that another start does not help against, unless its kind says so already.
  mutating func becomeFatal() {
    recovery = .none
    if kind != .fenced && kind != .configuration { become(.fatal) }
  }

  private var usualRemedy: String? {
    let code = code
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
    case .badData: return "see message.max.bytes here, at the broker and at the topic"
    case .fatal: return "start again"
    case .fenced:
      // Brokers say the same of both (KIP-588).
      let isOfTransaction = place.group == nil && !code.isOfInstance
      return "another instance has taken over"
        + (isOfTransaction ? ", or transaction.timeout.ms was over before the commit" : "")
    case .missing: return "create the topic, or see how it is spelled"
    case .configuration: return "see the properties set by -X, -F and KES_CONFIG"
    case .unavailable where code.isUnreachable: return "see that brokers run there"
    default: return nil
    }
  }
}

extension Place {
  init(_ partition: KafkaPartition) {
    self.init(topic: partition.topic, partition: partition.number)
  }
}
