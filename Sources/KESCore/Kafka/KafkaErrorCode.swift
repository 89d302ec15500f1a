// What librdkafka and brokers call a failure.

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
