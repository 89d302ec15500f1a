// The schemas that a run has met, by number.

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
