// The one schema that all records of a run are to have, where the output is Avro.

/// What a container file that we write holds: its schema is fixed before its first record.
///
/// Shared by decoders, which turn records of other schemas into records of this one, and encoders.
/// Where nothing has fixed it, the first record read does (our choice).
public final class AvroTarget {
  private let schemas: AvroSchemaTable
  private let fallback: AvroSchema
  private let accepts: (AvroSchema) -> Bool
  /// The number of the schema; 0 while nothing has fixed it.
  public private(set) var number: UInt16 = 0

  /// - Parameters:
  ///   - fallback: the schema where the first is not accepted.
  ///   - accepts: whether the run can write records of a schema.
  public init(
    schemas: AvroSchemaTable, fallback: AvroSchema = .event,
    accepts: @escaping (AvroSchema) -> Bool = { _ in true }
  ) {
    self.schemas = schemas
    self.fallback = fallback
    self.accepts = accepts
  }

  /// The schema, where it is fixed.
  public var schema: AvroSchema? { number == 0 ? nil : schemas.schema(number) }

  /// How data of the schema with `number` become data of the target, which must be fixed.
  func resolution(of number: UInt16) throws(AvroSchemaError) -> AvroResolution {
    try AvroResolution(from: schemas.schema(number), to: schemas.schema(self.number))
  }

  /// Fixes the schema, unless it is fixed.
  public func fix(_ schema: AvroSchema) {
    if number != 0 { return }
    number = schemas.number(of: accepts(schema) ? schema : fallback) ?? 0
  }
}

extension AvroSchema {
  /// Whether this schema's events can be written with their sessions, and closings among them.
  public func holdsSessions(marksDuplicates: Bool, wantsClosings: Bool) -> Bool {
    guard let wider = withSession(marksDuplicates: marksDuplicates) else { return false }
    return !wantsClosings || wider.holdsClosings(marksDuplicates: marksDuplicates)
  }

  /// Whether `SessionClosed` events can be written among this schema's session events.
  public func holdsClosings(marksDuplicates: Bool) -> Bool {
    let known = marksDuplicates ? AvroSchema.markedSessionEvent : AvroSchema.sessionEvent
    guard let resolution = try? AvroResolution(from: known, to: self, missing: .isEmpty) else {
      return false
    }
    return resolution.keepsEverything
  }
}
