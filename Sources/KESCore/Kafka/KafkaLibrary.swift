// librdkafka, loaded when it is first needed.

internal import CRdkafka

/// The shared library. Whoever has a `KafkaConfiguration` has loaded it.
public enum KafkaLibrary {
  /// Why it cannot be used; nil where it can. Loads it, once a process.
  private static let fault: String? = unsafe kes_rdkafka_load().map {
    unsafe String(cString: $0)
  }

  static var isLoaded: Bool { fault == nil }

  /// As the library says it: 0x020002ff is 2.0.2. Only where it is loaded.
  static var version: Int32 { rd_kafka_version() }

  /// 2.15.0, the first one seen to answer where brokers do not know of groups (see `KafkaAdmin.group`).
  static let mendedGroups: Int32 = 0x020F_00FF

  /// What a user is to know of this version before a run that commits offsets in transactions; nil
  /// where nothing is known against it. Only where the library is loaded.
  public static var caution: String? { caution(version) }

  /// 2.10.0 began to forget brokers that metadata no more name, with the group's coordinator among them
  /// (confluentinc/librdkafka#5511), and no version yet keeps the time that it is given for asking
  /// (#5456). Seen to hang with 2.16.0, and mended in no version that we know.
  static func caution(_ version: Int32) -> String? {
    guard (0x020A_0000...0x0210_00FF).contains(version) else { return nil }
    let numbers = [24, 16, 8].map { String(version >> $0 & 0xFF) }.joined(separator: ".")
    return "librdkafka \(numbers) may wait for ever after an outage of brokers"
      + " (rd_kafka_send_offsets_to_transaction, confluentinc/librdkafka#5511): use another version,"
      + " before 2.10.0 or after 2.16.0"
  }

  /// Throws `KafkaError` of the kind `.environment` where the library is not there or too old.
  static func load() throws(KafkaError) {
    guard let fault else { return }
    throw KafkaError(
      .environment, operation: "load it", place: KafkaPlace(brokers: "librdkafka"), reason: fault,
      advice: "install version 2.0 or later (on Debian: librdkafka1)")
  }
}
