// What stands beside a record.

internal import CRdkafka

/// Owns an `rd_kafka_headers_t` until a record has taken it: names and values in order; names may
/// come twice (KIP-82).
@safe
public struct KafkaHeaders: ~Copyable {
  let pointer: OpaquePointer
  private let counts: KafkaHandleCounts
  private var isTaken = false

  init(_ counts: KafkaHandleCounts) {
    unsafe pointer = rd_kafka_headers_new(8)
    self.counts = counts
    counts.open(.headers)
  }

  deinit {
    if !isTaken { unsafe rd_kafka_headers_destroy(pointer) }
    counts.close(.headers)
  }

  /// Adds a copy of `value`; nil is a header without one.
  public mutating func add(_ name: String, _ value: Span<UInt8>?) {
    // The only failures are those of memory, which stops the process.
    _ = unsafe kafkaLend(value) { bytes, count in
      unsafe rd_kafka_header_add(pointer, name, -1, bytes, count)
    }
  }

  public mutating func add(_ name: String, _ value: String) {
    add(name, Array(value.utf8).span)
  }

  /// To be called when the library has taken them over.
  mutating func markTaken() { isTaken = true }
}

/// Lends bytes as the library takes them: NULL for nil alone, which tells nothing from empty.
@inline(__always)
func kafkaLend<Result>(
  _ bytes: Span<UInt8>?, _ body: (UnsafeRawPointer?, Int) -> Result
) -> Result {
  guard let bytes else { return body(nil, 0) }
  if bytes.isEmpty {
    return unsafe withUnsafeBytes(of: UInt8(0)) { unsafe body($0.baseAddress, 0) }
  }
  return unsafe bytes.withUnsafeBytes { unsafe body($0.baseAddress, $0.count) }
}
