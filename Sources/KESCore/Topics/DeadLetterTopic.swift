// Records that could not be decoded, in a topic.

/// Sends them to a topic, byte for byte, a message each: key and headers as they came, and in headers
/// the reason (`kes.reason`) and where the record stood: `kes.topic`, `kes.partition` and `kes.offset`
/// of a message, `kes.position` of a record from a file.
///
/// A failure to send shows at the next `flush`.
public final class DeadLetterTopic: DeadLetters {
  public let name: String
  private let sender: TopicSender
  /// The record at hand, where it comes in parts.
  private var parts = ByteBlock()
  private var position = ""
  private var reason = ""
  private var isInsideRecord = false
  private var failure: Failure?

  public init(topic: String, sender: TopicSender) {
    name = topic
    self.sender = sender
  }

  public func append(
    _ rejection: Rejection, of batch: borrowing Batch, isBinary: Bool, position: String,
    reason: String
  ) {
    if rejection.part == .whole || rejection.part == .first {
      endRecord()
      (self.position, self.reason) = (position, reason)
    }
    isInsideRecord = true
    parts.append(batch.bytes, Int(rejection.offset), Int(rejection.length))
    if rejection.part == .whole || rejection.part == .last { endRecord() }
  }

  private func endRecord() {
    if !isInsideRecord { return }
    isInsideRecord = false
    var headers: KafkaHeaders? = sender.producer.makeHeaders()
    headers?.add("kes.reason", reason)
    headers?.add("kes.position", position)
    parts.withBytes { value in
      guard let headers = headers.take() else { return }
      send(nil, value, headers)
    }
    parts.truncate(to: 0)
  }

  public func append(
    _ message: borrowing KafkaMessageView, of topic: String, isBinary: Bool, reason: String
  ) {
    var headers: KafkaHeaders? = sender.producer.makeHeaders()
    message.forEachHeader { name, value in headers?.add(String(decodingBytes: name), value) }
    headers?.add("kes.reason", reason)
    headers?.add("kes.topic", topic)
    headers?.add("kes.partition", String(message.partition))
    headers?.add("kes.offset", String(message.offset.rawValue))
    message.withKey { key in
      message.withValue { value in
        guard let headers = headers.take() else { return }
        send(key, value, headers)
      }
    }
  }

  private func send(
    _ key: Span<UInt8>?, _ value: Span<UInt8>?, _ headers: consuming KafkaHeaders
  ) {
    do throws(Failure) {
      try sender.beginSending()
      try sender.send(key: key, value: value, to: try sender.topic(name), headers: headers)
    } catch {
      failure = failure ?? error
    }
  }

  public func flushIfFull() throws(Failure) {}

  public func flush() throws(Failure) {
    if let failure {
      self.failure = nil
      throw failure
    }
    try sender.checkDeliveries()
  }

  public func sync() throws(Failure) {
    try flush()
    try sender.deliver()
  }

  public func finish() throws(Failure) {
    endRecord()
    try sync()
  }

  public func record() -> KnownOutput? { nil }
}
