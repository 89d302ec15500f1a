// The one schema that all records of a run are to have, where the output is Avro.

/// What a container file that we write holds: its schema is fixed before its first record.
///
/// Shared by decoders, which turn records of other schemas into records of this one, and encoders.
/// Where nothing has fixed it, the first record read does (our choice).
public final class AvroTarget {
  private let schemas: AvroSchemaTable
  private let adapt: (AvroSchema) -> AvroSchema
  /// The number of the schema; 0 while nothing has fixed it.
  public private(set) var number: UInt16 = 0
  /// Whether the user named the schema: then it says what records have, not what they were written with.
  var isForced = false

  /// - Parameter adapt: what the run writes records of a schema as: that schema, unless there are
  ///   things to be written that it cannot hold.
  public init(
    schemas: AvroSchemaTable, adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) {
    self.schemas = schemas
    self.adapt = adapt
  }

  /// The schema, where it is fixed.
  public var schema: AvroSchema? { number == 0 ? nil : schemas.schema(number) }

  /// How the fields of sessions are called.
  var sessions: SessionFields { schemas.sessions }

  /// Fixes the schema, unless it is fixed.
  public func fix(_ schema: AvroSchema) {
    if number == 0 { number = schemas.number(of: adapt(schema)) ?? 0 }
  }
}

extension AvroSchema {
  /// As what events of this schema are written with their sessions, and closings among them: this
  /// schema with times that hold every time; or `Event`, where it cannot hold what is to be written.
  /// What events have of the fields of sessions already is left out.
  public func adaptedToSessions(
    marksDuplicates: Bool, wantsClosings: Bool, named name: String = "session"
  ) -> AvroSchema {
    let added = marksDuplicates ? [name, "duplicate"] : [name]
    let wide = without(fields: added).withLongTimes()
    let sessions = wide.withSession(marksDuplicates: marksDuplicates, named: name)
    guard let sessions,
      !wantsClosings || sessions.holdsClosings(marksDuplicates: marksDuplicates, named: name)
    else { return .event }
    return wide
  }

  /// As what session events of this schema are written with closings among them. Events without a
  /// session stay as they are.
  public func adaptedToClosings(named name: String = "session") -> AvroSchema {
    if !hasSession(name) { return self }
    let wide = withLongTimes()
    if wide.holdsClosings(marksDuplicates: false, named: name) { return wide }
    return .sessionEvent(named: name, marksDuplicates: marksDuplicates)
  }

  /// Whether `SessionClosed` events can be written among this schema's session events, and read again
  /// with all that they say: one of the writer's own may have other fields.
  public func holdsClosings(marksDuplicates: Bool, named name: String = "session") -> Bool {
    let known = AvroSchema.sessionEvent(named: name, marksDuplicates: marksDuplicates)
    guard let resolution = try? AvroResolution(from: known, to: self, missing: .isEmpty),
      let plan = try? AvroEventPlan(self, purpose: .reading, SessionFields(session: name))
    else { return false }
    return !resolution.lostKinds.contains(.sessionClosed) && plan.kinds.contains(.sessionClosed)
  }
}
