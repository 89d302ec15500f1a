// How a schema is named: by its number in a registry, in the header of a message, by its text.

/// The id under which a registry knows a schema: the same for all subjects, and never given to
/// another schema (Confluent Schema Registry, API reference, "Schemas").
public struct SchemaIdentifier: BitwiseCopyable, Hashable, Comparable, Sendable {
  public let rawValue: Int32

  @inline(__always)
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static func < (left: SchemaIdentifier, right: SchemaIdentifier) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension SchemaIdentifier: CustomStringConvertible {
  public var description: String { String(rawValue) }
}

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

/// A hash of a schema's text: by this, stores and changelogs name the schemas of records.
///
/// Our choice: the fingerprints of Avro (1.11 spec, "Schema Fingerprints") leave out logical types, by
/// which we read times; and the ids of a registry are not to be had for what a run reads records as.
public struct SchemaFingerprint: BitwiseCopyable, Hashable, Sendable {
  /// 0 for records of no schema.
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public init(of text: String) {
    var hash: UInt64 = 0
    withUTF8Bytes(of: text) { hash = Hash.of($0) }
    rawValue = max(hash, 1)
  }

  /// Of records that are written otherwise.
  public static let none = SchemaFingerprint(rawValue: 0)
}
