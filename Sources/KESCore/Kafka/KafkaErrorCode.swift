// What librdkafka and brokers call a failure, and what kind of failure that is.

internal import CRdkafka

/// A code of `rd_kafka_resp_err_t`: a broker's where it is positive (Kafka protocol guide, "Error
/// Codes"), the library's own where it is negative.
public struct KafkaErrorCode: Hashable, Sendable {
  public let rawValue: Int32

  public init(rawValue: Int32) { self.rawValue = rawValue }

  init(_ code: rd_kafka_resp_err_t) { rawValue = Int32(code.rawValue) }

  var libraryCode: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue) }

  public static let none = KafkaErrorCode(RD_KAFKA_RESP_ERR_NO_ERROR)
  static let allBrokersDown = KafkaErrorCode(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
  static let tls = KafkaErrorCode(RD_KAFKA_RESP_ERR__SSL)
  /// The record to be read next is not there any more, or not yet.
  static let gone = KafkaErrorCode(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
  static let fatal = KafkaErrorCode(RD_KAFKA_RESP_ERR__FATAL)
  static let timedOut = KafkaErrorCode(RD_KAFKA_RESP_ERR__TIMED_OUT)
  static let partitionEnd = KafkaErrorCode(RD_KAFKA_RESP_ERR__PARTITION_EOF)
  static let queueFull = KafkaErrorCode(RD_KAFKA_RESP_ERR__QUEUE_FULL)

  /// As in librdkafka's and Kafka's documentation, such as `_TRANSPORT` or `PRODUCER_FENCED`.
  public var name: String {
    guard KafkaLibrary.isLoaded, let name = unsafe rd_kafka_err2name(libraryCode) else {
      return "\(rawValue)"
    }
    return unsafe String(cString: name)
  }

  /// The library's sentence for it.
  var reason: String {
    guard KafkaLibrary.isLoaded, let reason = unsafe rd_kafka_err2str(libraryCode) else {
      return "error \(rawValue)"
    }
    return unsafe String(cString: reason)
  }
}

extension KafkaErrorCode: CustomStringConvertible {
  public var description: String { name }
}

extension KafkaErrorCode {
  /// What the code means where nothing more is known. A table: unknown codes are the environment's.
  var kind: Failure.Kind {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR__STATE, RD_KAFKA_RESP_ERR__CONFLICT,
      RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__UNKNOWN_GROUP,
      RD_KAFKA_RESP_ERR__BAD_COMPRESSION, RD_KAFKA_RESP_ERR__UNDERFLOW,
      RD_KAFKA_RESP_ERR_INVALID_REQUEST:
      .bug
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG,
      RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
      RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
      RD_KAFKA_RESP_ERR__BAD_MSG:
      .badData
    case RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      .fenced
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      .missing
    case RD_KAFKA_RESP_ERR__FATAL: .fatal
    default: isConfiguration ? .configuration : isPassing ? .retriable : .unavailable
    }
  }

  private var isConfiguration: Bool {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR__NOT_CONFIGURED, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
      RD_KAFKA_RESP_ERR_INVALID_CONFIG, RD_KAFKA_RESP_ERR_INVALID_GROUP_ID,
      RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR,
      RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT,
      RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
      RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
      true
    default: false
    }
  }

  /// What passes by itself: elections, moves and rebalances.
  private var isPassing: Bool {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
      RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
      RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
      RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR__WAIT_COORD,
      RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__RETRY:
      true
    default: false
    }
  }

  /// Whether the broker does not want us as who we are; waiting does not help.
  var isAuthentication: Bool {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
      true
    default: false
    }
  }

  var isAuthorization: Bool {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      true
    default: false
    }
  }

  /// Whether it is about a record's time (`INVALID_TIMESTAMP`).
  var isOfTime: Bool { libraryCode == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP }

  /// Whether it is about a static member of a group (KIP-345).
  var isOfInstance: Bool { libraryCode == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID }

  /// What brokers of this kind or version cannot do at all.
  var isUnsupported: Bool {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: true
    default: false
    }
  }

  /// A failure of the connection or below.
  var isUnreachable: Bool {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE,
      RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__SSL:
      true
    default: isTimeout
    }
  }

  var isTimeout: Bool {
    switch libraryCode {
    case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
      RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      true
    default: false
    }
  }
}

/// Why something failed, without where.
struct KafkaFailure: Hashable, Sendable {
  let code: KafkaErrorCode
  let reason: String

  /// Whether the broker, or we, refused: brokers that start up do not do that.
  var isRefusal: Bool {
    code.isAuthentication || (code == .tls && reason.contains("verif"))
  }
}

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
  func failure(_ operation: String, _ place: Place) -> Failure {
    let code = KafkaErrorCode(unsafe rd_kafka_error_code(pointer))
    let reason = unsafe rd_kafka_error_string(pointer).map { unsafe String(cString: $0) }
    var error = Failure(code: code, operation: operation, place: place, reason: reason)
    if unsafe rd_kafka_error_is_fatal(pointer) != 0 {
      error.becomeFatal()
    } else if unsafe rd_kafka_error_txn_requires_abort(pointer) != 0 {
      error.recovery = .abort
    } else {
      error.recovery = unsafe rd_kafka_error_is_retriable(pointer) != 0 ? .retry : .none
    }
    // What may be tried again is no fault of ours: a call met a transaction that had failed.
    if error.recovery != .none && error.kind == .bug { error.become(.retriable) }
    return error
  }
}
