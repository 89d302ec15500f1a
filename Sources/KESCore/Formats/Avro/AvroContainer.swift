// An open container: what its header says, and what we make of it.

/// The container whose blocks are being read.
final class AvroContainer {
  let sync: [UInt8]
  /// `null` where it is unknown.
  let codec: AvroCodec
  let isCompressed: Bool
  let reading: AvroReading

  /// - Parameter target: what the records are to be, if not what the writer wrote.
  init(_ header: AvroContainerHeader, schemas: AvroSchemaTable, target: AvroTarget?) {
    sync = header.sync
    let known = AvroCodec(rawValue: header.codecName)
    codec = known ?? .null
    isCompressed = known != .null
    reading =
      known == nil
      ? AvroReading(problem: AvroContainer.unknownCodec(header.codecName))
      : AvroReading(header.schemaText, schemas: schemas, target: target)
  }

  /// Whether the data of its blocks are records as they are to be.
  var isPlain: Bool { codec == .null && reading.transcoder == nil && reading.problem == nil }

  private static func unknownCodec(_ name: String) -> String {
    let known = AvroCodec.allCases.map(\.rawValue).joined(separator: ", ")
    return "the codec \"\(name)\" is unknown; known are \(known)"
  }
}
