// Why something failed, as the library says it.

/// Why something failed, without where.
struct KafkaFailure: Hashable, Sendable {
  let code: KafkaErrorCode
  let reason: String

  /// Whether the broker, or we, refused: brokers that start up do not do that.
  var isRefusal: Bool {
    code.isAuthentication || (code == .tls && reason.contains("verif"))
  }
}
