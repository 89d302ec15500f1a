// The header of a message that says which schema its bytes were written with.

/// A message of a topic with a registry: magic byte 0, the schema's id as 4 bytes big-endian, then
/// the payload, Avro binary (Confluent Platform, "Formats, serializers, and deserializers", "Wire
/// format").
public enum ConfluentWireFormat {
  /// What a message begins with.
  public enum Header: BitwiseCopyable, Hashable, Sendable {
    /// The payload follows from `payloadOffset` on.
    case schema(SchemaIdentifier)
    case fault(Fault)
  }

  /// Why a message has no such header.
  public enum Fault: BitwiseCopyable, Hashable, Sendable {
    case empty
    case wrongMagic(UInt8)
    /// It ends within the header: so many bytes are all.
    case tooShort(Int)
  }

  /// The first byte of every message.
  public static let magic: UInt8 = 0
  /// Where the payload begins: behind the magic byte and the id.
  public static let payloadOffset = 5

  /// Reads the header of `message`.
  @inline(__always)
  public static func readHeader(of message: Span<UInt8>) -> Header {
    if message.isEmpty { return .fault(.empty) }
    if message[0] != magic { return .fault(.wrongMagic(message[0])) }
    if message.count < payloadOffset { return .fault(.tooShort(message.count)) }
    let bits = UInt32(bigEndian: message.halfWord(at: 1).littleEndian)
    return .schema(SchemaIdentifier(rawValue: Int32(bitPattern: bits)))
  }

  /// Appends the header of a message whose payload the schema `identifier` describes.
  @inline(__always)
  public static func appendHeader(_ identifier: SchemaIdentifier, to output: inout ByteBlock) {
    let bits = UInt64(UInt32(bitPattern: identifier.rawValue).byteSwapped)
    output.append(word: bits << 8 | UInt64(magic), count: payloadOffset)
  }
}

extension ConfluentWireFormat.Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "expected a message with a schema id, found no bytes"
    case .wrongMagic(let byte): "expected the magic byte 0 before a schema id, found \(byte)"
    case .tooShort(let count): "expected 5 bytes of magic byte and schema id, found \(count)"
    }
  }
}
