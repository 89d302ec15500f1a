// As which schemas a run's records are written, where the output is Avro.

/// What Avro output holds: data of one schema, fixed before its first record, as a container file has
/// it; or each record's own schema, as messages that name theirs do.
///
/// Shared by decoders, which turn records of other schemas into records of this one, and encoders.
/// Where nothing has fixed the one schema, the first record read does (our choice).
public final class AvroTarget {
  let schemas: AvroSchemaTable
  private let adapt: (AvroSchema) -> AvroSchema
  /// Whether each Avro record keeps its own schema.
  public let followsRecords: Bool
  /// The number of the one schema, or where records are followed, of that which records of other
  /// formats become; 0 while nothing has fixed it.
  public private(set) var number: UInt16 = 0
  /// Whether the user named the schema: then it says what records have, not what they were written with.
  var isForced = false

  /// - Parameter adapt: what the run writes records of a schema as: that schema, unless there are
  ///   things to be written that it cannot hold.
  public init(
    schemas: AvroSchemaTable, followsRecords: Bool = false,
    adapt: @escaping (AvroSchema) -> AvroSchema = { $0 }
  ) {
    self.schemas = schemas
    self.followsRecords = followsRecords
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

  /// The number of what data of `writer` become; 0 where the table of schemas is full. Throws where
  /// `writer` would say what the output holds, and holds no events.
  func number(for writer: AvroSchema) throws(AvroSchemaError) -> UInt16 {
    if !followsRecords && number != 0 { return number }
    // What holds no events says nothing of those that may come.
    if let own = schemas.number(of: writer), let failure = schemas.entry(own).failure {
      throw failure
    }
    if followsRecords { return schemas.number(of: adapt(writer)) ?? 0 }
    fix(writer)
    return number
  }

  /// The number of the schema that is written for a record whose schema has `number`, 0 for one that
  /// is not Avro. Fixes the one schema where that is not yet done.
  func written(_ number: UInt16) -> UInt16 {
    if followsRecords && number != 0 { return number }
    if self.number == 0 { self.number = number }
    fix(.event)
    return self.number
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
