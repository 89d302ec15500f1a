// The schemas of a run: their numbers, as which one records are written, and how each is read.

/// Numbers schemas, so that a record names its own by two bytes. 0 means that a record is not Avro.
///
/// Shared by the decoders and encoders of one run. Equal documents get one number.
public final class AvroSchemaTable {
  /// What is compiled of a schema, once.
  final class Entry {
    let schema: AvroSchema
    let layout: AvroLayout
    /// How its data are read as events, where `failure` does not say why they cannot be.
    let plan: AvroEventPlan
    let failure: AvroSchemaError?

    /// Lends the plan. Valid until `body` returns.
    @inline(__always)
    func withPlan<Result>(
      _ body: (_ steps: Span<AvroEventStep>, _ tables: Span<Int32>) -> Result
    ) -> Result {
      plan.steps.withElements { steps in plan.tables.withElements { body(steps, $0) } }
    }

    /// Whether every datum takes at least one byte.
    var rootTakesBytes: Bool { layout[layout.root].emptyValues == 0 }

    init(_ schema: AvroSchema, purpose: AvroEventPlan.Purpose, _ sessions: SessionFields) {
      self.schema = schema
      layout = AvroLayout(schema)
      do {
        plan = try AvroEventPlan(schema, purpose: purpose, sessions)
        failure = nil
      } catch {
        plan = AvroEventPlan()
        failure = error
      }
    }
  }

  private var entries: [Entry] = []
  private var numbers: [JSONValue: UInt16] = [:]
  private var identifiers: [UInt16: SchemaIdentifier] = [:]
  private let purpose: AvroEventPlan.Purpose

  /// How the fields of sessions are called.
  let sessions: SessionFields

  /// - Parameter wantsDetails: whether events are read with all that they hold.
  public init(wantsDetails: Bool, sessions: SessionFields = .usual) {
    purpose = wantsDetails ? .reading : .segmenting
    self.sessions = sessions
  }

  /// Whether sessions are given to the events that are read.
  var givesSessions: Bool { purpose == .segmenting }

  /// The number of `schema`; nil where the table is full (65,535 schemas).
  public func number(of schema: AvroSchema) -> UInt16? {
    if let known = numbers[schema.document] { return known }
    guard entries.count < Int(UInt16.max) else { return nil }
    entries.append(Entry(schema, purpose: purpose, sessions))
    let number = UInt16(entries.count)
    numbers[schema.document] = number
    return number
  }

  /// Notes the id of the schema with `number` in the run's registry. Only the first time counts.
  func note(_ identifier: SchemaIdentifier, of number: UInt16) {
    identifiers[number] = identifiers[number] ?? identifier
  }

  /// The id of `schema`, where records with it were read from messages.
  func identifier(of schema: AvroSchema) -> SchemaIdentifier? {
    numbers[schema.document].flatMap { identifiers[$0] }
  }

  /// How many schemas have a number: 1 to this.
  public var count: Int { entries.count }

  /// What is known of a schema by its number, which must not be 0.
  func entry(_ number: UInt16) -> Entry { entries[Int(number) - 1] }

  public func schema(_ number: UInt16) -> AvroSchema { entry(number).schema }
}

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
      if !resolution.isCopy {
        transcoder = AvroTranscoder(
          resolution,
          passesOverClosings: schemas.givesSessions && schemas.sessions.replacesOld)
      }
    }
    if let failure = entry.failure { throw failure }
  }
}
