// Remembers what a registry has said.

/// Asks another registry once for what cannot change: a schema by its id, and the id of a schema
/// under a subject are kept for ever. That there is none is kept for a short time only, since
/// somebody may register it.
public final class CachingSchemaRegistry: SchemaRegistry {
  private let registry: any SchemaRegistry
  private let clock: RegistryClock
  private let negativeMilliseconds: Int64
  private var schemas: [SchemaIdentifier: String] = [:]
  private var identifiers: [Entry: SchemaIdentifier] = [:]
  private var absences: [Question: Absence] = [:]

  /// Our choice: enough that a stream of unknown ids asks for each seldom, few enough to hold.
  private static let greatestAbsences = 1024

  /// A schema under a subject.
  private struct Entry: Hashable {
    let schema: String
    let subject: SubjectName
  }

  private enum Question: Hashable {
    case schema(SchemaIdentifier)
    case identifier(Entry)
  }

  /// That something is not there, and until when we believe it.
  private struct Absence {
    let error: Failure
    let end: Int64
  }

  /// - Parameter negativeMilliseconds: how long an answer holds that says that nothing is there.
  public init(
    _ registry: any SchemaRegistry, clock: RegistryClock = .real,
    negativeMilliseconds: Int64 = 5_000
  ) {
    self.registry = registry
    self.clock = clock
    self.negativeMilliseconds = negativeMilliseconds
  }

  public func schema(_ identifier: SchemaIdentifier) throws(Failure) -> String {
    if let known = schemas[identifier] { return known }
    let schema = try remembering(.schema(identifier)) { () throws(Failure) in
      try registry.schema(identifier)
    }
    schemas[identifier] = schema
    return schema
  }

  public func identifier(
    of schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    let entry = Entry(schema: schema, subject: subject)
    if let known = identifiers[entry] { return known }
    let identifier = try remembering(.identifier(entry)) { () throws(Failure) in
      try registry.identifier(of: schema, under: subject)
    }
    identifiers[entry] = identifier
    return identifier
  }

  public func register(
    _ schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    let entry = Entry(schema: schema, subject: subject)
    if let known = identifiers[entry] { return known }
    let identifier = try registry.register(schema, under: subject)
    identifiers[entry] = identifier
    // What was not there may be this one.
    absences.removeAll()
    return identifier
  }

  // MARK: What is not there

  /// Asks, unless the answer was lately that nothing is there.
  private func remembering<Answer>(
    _ question: Question, _ ask: () throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    if let absence = absences[question], clock.monotonic() < absence.end { throw absence.error }
    do throws(Failure) {
      let answer = try ask()
      absences[question] = nil
      return answer
    } catch {
      if error.registryFault?.isAbsence == true { note(question, error) }
      throw error
    }
  }

  private func note(_ question: Question, _ error: Failure) {
    let now = clock.monotonic()
    if absences.count >= CachingSchemaRegistry.greatestAbsences {
      absences = absences.filter { $0.value.end > now }
    }
    if absences.count >= CachingSchemaRegistry.greatestAbsences { absences.removeAll() }
    absences[question] = Absence(error: error, end: now + negativeMilliseconds)
  }
}
