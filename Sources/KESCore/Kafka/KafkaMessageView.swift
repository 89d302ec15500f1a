// A message as it lies in the library's memory.

internal import CRdkafka

/// Lends a message without copying. Cannot be kept: it is valid until the closure returns that it
/// was lent to.
@safe
public struct KafkaMessageView: ~Copyable {
  private let message: UnsafePointer<rd_kafka_message_t>
  /// The topic's number in its batch (`KafkaMessageBatch.topicName`), the same in all batches that
  /// one `KafkaMessageBatch` holds one after the other.
  public let topicIndex: Int

  init(_ message: UnsafePointer<rd_kafka_message_t>, topicIndex: Int) {
    unsafe self.message = unsafe message
    self.topicIndex = topicIndex
  }

  public var partition: Int32 {
    @inline(__always) get { unsafe message.pointee.partition }
  }

  public var offset: KafkaOffset {
    @inline(__always) get { KafkaOffset(unsafe message.pointee.offset) }
  }

  /// The record's time, by its producer or the broker; nil where it has none.
  public var timestamp: EventTime? {
    var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let milliseconds = unsafe rd_kafka_message_timestamp(message, &type)
    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
      ? nil : EventTime(milliseconds: milliseconds)
  }

  /// Lends the key; nil where there is none, which is not the same as an empty one.
  @inline(__always)
  public func withKey<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let key = unsafe message.pointee.key else { return try body(nil) }
    return try body(unsafe KafkaMessageView.bytes(key, message.pointee.key_len).span)
  }

  /// Lends the value; nil for a tombstone, which is not the same as an empty value.
  @inline(__always)
  public func withValue<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>?) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let value = unsafe message.pointee.payload else { return try body(nil) }
    return try body(unsafe KafkaMessageView.bytes(value, message.pointee.len).span)
  }

  public var isTombstone: Bool { unsafe message.pointee.payload == nil }

  /// How many bytes the value has.
  public var valueCount: Int { unsafe message.pointee.len }

  /// Lends the headers in order (KIP-82); a value may be nil. Cost: the first call parses them.
  public func forEachHeader<Failure: Error>(
    _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>?) throws(Failure) -> Void
  ) throws(Failure) {
    var headers: OpaquePointer?
    guard
      unsafe rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR
    else { return }
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    var index = 0
    while unsafe rd_kafka_header_get_all(headers, index, &name, &value, &count)
      == RD_KAFKA_RESP_ERR_NO_ERROR, let found = unsafe name
    {
      index += 1
      let name = unsafe KafkaMessageView.bytes(found, KafkaMessageView.length(of: found))
      guard let bytes = unsafe value else {
        try body(unsafe name.span, nil)
        continue
      }
      try body(unsafe name.span, unsafe KafkaMessageView.bytes(bytes, count).span)
    }
  }

  @inline(__always)
  private static func bytes(
    _ start: UnsafeRawPointer, _ count: Int
  ) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeRawBufferPointer(start: start, count: count).bindMemory(to: UInt8.self)
  }

  private static func length(of text: UnsafePointer<CChar>) -> Int {
    var count = 0
    while unsafe text[count] != 0 { count += 1 }
    return count
  }
}

extension KafkaMessageView {
  /// Copies of the bytes, for what is not the record path.
  public var key: [UInt8]? { withKey { KafkaMessageView.copy($0) } }
  public var value: [UInt8]? { withValue { KafkaMessageView.copy($0) } }

  private static func copy(_ bytes: Span<UInt8>?) -> [UInt8]? {
    guard let bytes else { return nil }
    return bytes.copied
  }
}

extension Span where Element == UInt8 {
  var copied: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
