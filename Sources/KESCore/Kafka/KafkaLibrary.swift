// librdkafka, loaded when it is first needed.

internal import CRdkafka

/// The shared library. Whoever has a `KafkaConfiguration` has loaded it.
enum KafkaLibrary {
  /// Why it cannot be used; nil where it can. Loads it, once a process.
  private static let fault: String? = unsafe kes_rdkafka_load().map {
    unsafe String(cString: $0)
  }

  static var isLoaded: Bool { fault == nil }

  /// As the library says it: 0x020002ff is 2.0.2. Only where it is loaded.
  static var version: Int32 { rd_kafka_version() }

  /// Throws `KafkaError` of the kind `.environment` where the library is not there or too old.
  static func load() throws(KafkaError) {
    guard let fault else { return }
    throw KafkaError(
      .environment, operation: "load it", place: KafkaPlace(brokers: "librdkafka"), reason: fault,
      advice: "install version 2.0 or later (on Debian: librdkafka1)")
  }
}
