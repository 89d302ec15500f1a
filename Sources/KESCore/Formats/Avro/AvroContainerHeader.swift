// The header of a container file.

/// What a container file begins with (Avro 1.11 spec, "Object Container Files"): `Obj`, 1, a map of
/// metadata, 16 bytes of sync marker.
public struct AvroContainerHeader: Sendable {
  static let magic: StaticString = "Obj\u{1}"
  static let syncLength = 16
  /// How long a header may be. Our choice.
  public static let greatestLength = 1 << 20

  public let schemaText: String
  /// The codec's name; `null` where the file does not say.
  public let codecName: String
  public let sync: [UInt8]
  /// How many bytes the header has.
  public let length: Int

  /// What the first bytes of a file tell.
  enum Finding {
    case header(AvroContainerHeader)
    /// The bytes end inside the header.
    case incomplete
    /// They are no header.
    case none(reason: String)
  }

  /// Whether `bytes` from `start` on begin as a container does; nil where they end too early to
  /// tell.
  static func isMagic(_ bytes: Span<UInt8>, _ start: Int) -> Bool? {
    let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]
    let shown = min(magic.count, bytes.count - start)
    for index in 0..<shown where bytes[start + index] != magic[index] { return false }
    return shown == magic.count ? true : nil
  }

  /// The header that `head`, the first bytes of a file, begins with; nil where that is none.
  public init?(of head: [UInt8]) {
    guard AvroContainerHeader.isMagic(head.span, 0) == true,
      case .header(let header) = AvroContainerHeader.find(head.span, 0)
    else { return nil }
    self = header
  }

  private init(schemaText: String, codecName: String, sync: [UInt8], length: Int) {
    self.schemaText = schemaText
    self.codecName = codecName
    self.sync = sync
    self.length = length
  }

  /// Reads the header at `start`, where the magic stands.
  static func find(_ bytes: Span<UInt8>, _ start: Int) -> Finding {
    var parser = AvroHeaderParser(start: start + 4)
    guard parser.readMetadata(bytes) else {
      let isCut = parser.reader.fault == .truncated && bytes.count - start < greatestLength
      return isCut ? .incomplete : .none(reason: "its metadata cannot be read")
    }
    let end = parser.index + syncLength
    if end > bytes.count { return .incomplete }
    guard let schema = parser.schema else { return .none(reason: "it has no avro.schema") }
    var sync: [UInt8] = []
    for index in parser.index..<end { sync.append(bytes[index]) }
    return .header(
      AvroContainerHeader(
        schemaText: schema, codecName: parser.codec ?? "null", sync: sync, length: end - start))
  }
}

/// Reads the metadata: a map of bytes.
private struct AvroHeaderParser {
  var reader = AvroReader()
  private(set) var index: Int
  private(set) var schema: String?
  private(set) var codec: String?

  init(start: Int) { index = start }

  /// False where the map cannot be read; `reader` then says why.
  mutating func readMetadata(_ bytes: Span<UInt8>) -> Bool {
    while true {
      index = reader.itemCount(bytes, index, emptyValues: 0)
      if index < 0 { return false }
      if reader.value == 0 { return true }
      for _ in 0..<reader.value where !readEntry(bytes) { return false }
    }
  }

  private mutating func readEntry(_ bytes: Span<UInt8>) -> Bool {
    guard let key = readText(bytes), let value = readText(bytes) else { return false }
    if key == "avro.schema" { schema = value }
    if key == "avro.codec" { codec = value }
    return true
  }

  private mutating func readText(_ bytes: Span<UInt8>) -> String? {
    let contents = reader.length(bytes, index)
    if contents < 0 {
      index = contents
      return nil
    }
    index = contents + Int(reader.value)
    return String(decodingBytes: bytes.extracting(contents..<index))
  }
}
