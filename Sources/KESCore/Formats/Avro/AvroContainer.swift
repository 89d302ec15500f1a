// An open container: what its header says, and what we make of it.

/// The container whose blocks are being read.
final class AvroContainer {
  let sync: [UInt8]
  let codec: AvroCodec
  /// The number of the writer's schema; 0 where the blocks cannot be read.
  let schema: UInt16
  let entry: AvroSchemaTable.Entry?
  /// Why the blocks cannot be read.
  let problem: String?

  init(_ header: AvroContainerHeader, schemas: AvroSchemaTable) {
    sync = header.sync
    codec = AvroCodec(rawValue: header.codecName) ?? .null
    if AvroCodec(rawValue: header.codecName) == nil {
      problem = AvroContainer.unknownCodec(header.codecName)
      (schema, entry) = (0, nil)
      return
    }
    do {
      let parsed = try AvroSchema(parsing: header.schemaText)
      schema = schemas.number(of: parsed) ?? 0
      entry = schema == 0 ? nil : schemas.entry(schema)
      problem = entry == nil ? "more than 65535 schemas" : entry?.failure?.description
    } catch {
      (schema, entry) = (0, nil)
      problem = error.description
    }
  }

  private static func unknownCodec(_ name: String) -> String {
    let known = AvroCodec.allCases.map(\.rawValue).joined(separator: ", ")
    return "the codec \"\(name)\" is unknown; known are \(known)"
  }
}
