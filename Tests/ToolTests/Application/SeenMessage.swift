// A message as a test reads it.

@testable import KESCore

struct SeenMessage {
  var key: String?
  var text: String?
  var offset: Int64
  /// Up to where a record of a changelog says that the input was read; nil for another record.
  var position: Int64?
  /// The last of each name.
  var headers: [String: String] = [:]

  init(_ message: borrowing KafkaMessageView) {
    key = message.key.map { String(decoding: $0, as: UTF8.self) }
    text = message.value.map { String(decoding: $0, as: UTF8.self) }
    offset = message.offset.rawValue
    if message.key == [0xFF, UInt8(ascii: "p")], let value = message.value {
      position = StoredPositions.readProgress(value.span)?.position
    }
    var found: [String: String] = [:]
    message.forEachHeader { name, value in
      guard let value else { return }
      found[String(decodingBytes: name)] = String(decodingBytes: value)
    }
    headers = found
  }
}
