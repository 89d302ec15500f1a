// A configuration of librdkafka, until a client takes it over.

internal import CRdkafka

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
