// An open container: what its header says, and what we make of it.

/// The container whose blocks are being read.
final class AvroContainer {
  let sync: [UInt8]
  let codec: AvroCodec
  /// The number of the schema that its records are to have, and what is known of that; 0 and nil
  /// where the blocks cannot be read.
  private(set) var schema: UInt16 = 0
  private(set) var entry: AvroSchemaTable.Entry?
  /// Turns the writer's data into data of that schema; nil where they are that.
  private(set) var transcoder: AvroTranscoder?
  /// Why the blocks cannot be read.
  private(set) var problem: String?

  /// - Parameter target: what the records are to be, if not what the writer wrote.
  init(_ header: AvroContainerHeader, schemas: AvroSchemaTable, target: AvroTarget?) {
    sync = header.sync
    codec = AvroCodec(rawValue: header.codecName) ?? .null
    if AvroCodec(rawValue: header.codecName) == nil {
      problem = AvroContainer.unknownCodec(header.codecName)
      return
    }
    do throws(AvroSchemaError) {
      try open(AvroSchema(parsing: header.schemaText), schemas, target)
    } catch {
      problem = error.description
    }
  }

  private func open(
    _ writer: AvroSchema, _ schemas: AvroSchemaTable, _ target: AvroTarget?
  ) throws(AvroSchemaError) {
    if let target, target.schema == nil {
      // What holds no events says nothing of those that may come.
      if let number = schemas.number(of: writer), let failure = schemas.entry(number).failure {
        throw failure
      }
      target.fix(writer)
    }
    if let target, let reader = target.schema, reader.document != writer.document {
      let resolution = try AvroResolution(from: writer, to: reader)
      if !resolution.isCopy { transcoder = AvroTranscoder(resolution) }
      schema = target.number
    } else {
      schema = schemas.number(of: writer) ?? 0
    }
    if schema == 0 {
      problem = "more than \(UInt16.max) schemas"
      return
    }
    entry = schemas.entry(schema)
    if let failure = entry?.failure { throw failure }
  }

  private static func unknownCodec(_ name: String) -> String {
    let known = AvroCodec.allCases.map(\.rawValue).joined(separator: ", ")
    return "the codec \"\(name)\" is unknown; known are \(known)"
  }
}
