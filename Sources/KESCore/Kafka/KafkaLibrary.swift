// librdkafka: loaded when it is first needed, configured, its objects counted.

internal import CRdkafka
internal import Synchronization

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

  /// A message of the library without what only its authors can use: how long a connection was in which
  /// of its states, how often it said the same, and how it calls an address that it has not asked yet.
  static func plain(_ text: String) -> String {
    // Most have nothing of that, and a log may have many.
    guard text.contains("/bootstrap") || text.contains(" in state ") || text.contains("#") else {
      return text
    }
    return
      text
      .replacing(
        /\ \(after \d+ms in state [A-Z_]+(, \d+ identical error\(s\) suppressed)?\)/, with: ""
      )
      .replacing(/\bipv[46]#/, with: "")
      .replacing(/\/bootstrap(?=:)/, with: "")
  }

  /// Throws `Failure` of the kind `.unavailable` where the library is not there or too old.
  static func load() throws(Failure) {
    guard let fault else { return }
    throw Failure(
      .unavailable, operation: "load it", place: Place(brokers: "librdkafka"), reason: fault,
      advice: "install version 2.0 or later (on Debian: librdkafka1)")
  }
}

/// Owns an `rd_kafka_conf_t`, and frees it unless a client has taken it.
@safe
struct KafkaConfigurationHandle: ~Copyable {
  private let pointer: OpaquePointer
  private let counts: KafkaHandleCounts
  private var isTaken = false

  init(_ counts: KafkaHandleCounts) {
    unsafe pointer = rd_kafka_conf_new()
    self.counts = counts
    counts.open(.configuration)
  }

  deinit {
    if !isTaken { unsafe rd_kafka_conf_destroy(pointer) }
    counts.close(.configuration)
  }

  /// Sets a property. Returns why not, in the library's words; nil where it is set.
  func set(_ name: String, _ value: String) -> String? {
    var reason = [CChar](repeating: 0, count: 512)
    let result = unsafe rd_kafka_conf_set(pointer, name, value, &reason, reason.count)
    return result == RD_KAFKA_CONF_OK ? nil : String(libraryText: reason)
  }

  /// What a property is set to; nil where it is not, or is unknown.
  func value(of name: String) -> String? {
    var text = [CChar](repeating: 0, count: 512)
    var count = text.count
    let result = unsafe rd_kafka_conf_get(pointer, name, &text, &count)
    return result == RD_KAFKA_CONF_OK ? String(libraryText: text) : nil
  }

  /// Has the callbacks of a client in `role` called with `context`, which must outlive the client.
  func setCallbacks(_ role: KafkaClientRole, _ context: KafkaCallbackContext) {
    unsafe rd_kafka_conf_set_opaque(pointer, Unmanaged.passUnretained(context).toOpaque())
    unsafe rd_kafka_conf_set_log_cb(pointer, kafkaLogCallback)
    unsafe rd_kafka_conf_set_error_cb(pointer, kafkaErrorCallback)
    switch role {
    case .consumer: unsafe rd_kafka_conf_set_rebalance_cb(pointer, kafkaRebalanceCallback)
    case .producer: unsafe rd_kafka_conf_set_dr_msg_cb(pointer, kafkaDeliveryCallback)
    }
  }

  /// Makes a client, which then owns the configuration. Returns why not in `reason`, and nil.
  mutating func makeClient(_ role: KafkaClientRole, reason: inout String) -> OpaquePointer? {
    var text = [CChar](repeating: 0, count: 512)
    let type = role == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
    guard let client = unsafe rd_kafka_new(type, pointer, &text, text.count) else {
      reason = String(libraryText: text)
      return nil
    }
    isTaken = true
    return unsafe client
  }
}

extension String {
  /// What the library wrote into a buffer.
  init(libraryText buffer: [CChar]) {
    let bytes = buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    self.init(decoding: bytes, as: UTF8.self)
  }
}

/// Counts what is taken from librdkafka and given back, by kind. Cost: a lock at each count, and
/// none on the record path, where whole batches are counted.
final class KafkaHandleCounts: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case configuration, client, queue, topic, list, message, headers, error, event, metadata
    case adminRequest, descriptor
  }

  private struct Count {
    var opened = 0
    var closed = 0
  }

  private let counts = Mutex<[Kind: Count]>([:])

  func open(_ kind: Kind, _ count: Int = 1) {
    counts.withLock { $0[kind, default: Count()].opened += count }
  }

  func close(_ kind: Kind, _ count: Int = 1) {
    counts.withLock { $0[kind, default: Count()].closed += count }
  }

  /// How many there have been.
  func openedCount(_ kind: Kind) -> Int { counts.withLock { $0[kind]?.opened ?? 0 } }

  /// The kinds of which something is left (positive), or was given back twice (negative).
  var unbalanced: [Kind: Int] {
    counts.withLock { counts in
      counts.mapValues { $0.opened - $0.closed }.filter { $0.value != 0 }
    }
  }
}
