// What an earlier run wrote to an output.

internal import KESCore

/// In which form records stand in a file that is to be written on, as its first bytes tell.
enum WrittenForm {
  case text, json
  case container(AvroContainerHeader)
  /// The first with this id of its schema.
  case messages(SchemaIdentifier)

  /// Nil where nothing was written.
  init?(of stream: OutputStream) throws(Failure) {
    guard let path = stream.path, stream.length > 0 else { return nil }
    let length = min(stream.length, Int64(AvroContainerHeader.greatestLength))
    self.init(try fileHead(path, length: length))
  }

  private init(_ head: [UInt8]) {
    let escape: UInt8 = 0x1B
    if let header = AvroContainerHeader(of: head) {
      self = .container(header)
    } else if let identifier = WrittenForm.identifier(head.span) {
      self = .messages(identifier)
    } else {
      self = head.first == UInt8(ascii: "[") || head.first == escape ? .text : .json
    }
  }

  /// The id in the message that stands behind its length in `head`. No text has a byte 0.
  private static func identifier(_ head: Span<UInt8>) -> SchemaIdentifier? {
    let message = head.extracting(droppingFirst: min(4, head.count))
    guard case .schema(let found) = ConfluentWireFormat.readHeader(of: message) else { return nil }
    return found
  }

  /// What to say in order to write on.
  var name: String {
    switch self {
    case .text: "text"
    case .json: "json"
    case .container: "avro"
    case .messages: "messages"
    }
  }

  /// The options that go on with this form.
  func options(asksForMessages: Bool) -> String {
    switch self {
    case .messages: "--framing confluent"
    case .container where asksForMessages: "--output-framing container"
    default: "--format \(name)"
    }
  }
}
