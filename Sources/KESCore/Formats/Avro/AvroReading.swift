// How data of a writer's schema are read in this run.

/// A writer's schema, resolved into what the run's records are to be.
final class AvroReading {
  /// The number of the schema that records are to have, and what is known of that; 0 and nil where
  /// the data cannot be read.
  private(set) var schema: UInt16 = 0
  private(set) var entry: AvroSchemaTable.Entry?
  /// Turns the writer's data into data of that schema; nil where they are that.
  private(set) var transcoder: AvroTranscoder?
  /// Whether the records have the writer's own schema.
  private(set) var keepsSchema = false
  /// Why the data cannot be read.
  private(set) var problem: String?

  /// - Parameters:
  ///   - text: the writer's schema.
  ///   - target: what the records are to be, if not what the writer wrote.
  init(_ text: String, schemas: AvroSchemaTable, target: AvroTarget?) {
    do throws(AvroSchemaError) {
      try open(AvroSchema(parsing: text), schemas, target)
    } catch {
      problem = error.description
    }
  }

  /// Nothing can be read, for this reason.
  init(problem: String) { self.problem = problem }

  private func open(
    _ writer: AvroSchema, _ schemas: AvroSchemaTable, _ target: AvroTarget?
  ) throws(AvroSchemaError) {
    let isGiven = schemas.givesSessions && !(target?.isForced ?? false)
    if isGiven, let refusal = schemas.sessions.refusal(of: writer) {
      problem = refusal
      return
    }
    // What the sessions replace is left out, also where records keep their own schemas otherwise.
    let own = isGiven ? writer.without(fields: schemas.sessions.names) : writer
    schema = try target?.number(for: own) ?? schemas.number(of: own) ?? 0
    if schema == 0 {
      problem = "more than \(UInt16.max) schemas"
      return
    }
    let entry = schemas.entry(schema)
    self.entry = entry
    keepsSchema = entry.schema.document == writer.document
    if !keepsSchema {
      let resolution = try AvroResolution(from: writer, to: entry.schema)
      if !resolution.isCopy { transcoder = AvroTranscoder(resolution) }
      transcoder?.passesOverClosings = schemas.givesSessions && schemas.sessions.replacesOld
    }
    if let failure = entry.failure { throw failure }
  }
}
