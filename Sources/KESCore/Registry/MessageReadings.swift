// How messages are read, by the ids in them.

/// The readings of the schemas that messages name.
///
/// A registry is asked once for each id. What it does not know is asked for again at the next
/// message, because somebody may register it meanwhile; `CachingSchemaRegistry` says how often that
/// reaches a server.
struct MessageReadings {
  private let registry: (any SchemaRegistry)?
  private let schemas: AvroSchemaTable
  /// Which schema the records are to have; nil for that of their message.
  var target: AvroTarget?

  private var readings: [SchemaIdentifier: AvroReading] = [:]
  /// Those that the registry did not know when it was asked; some of them, where there are many.
  private var absent: Set<SchemaIdentifier> = []
  private static let greatestAbsent = 1024
  private var latest: (identifier: SchemaIdentifier, reading: AvroReading)?

  /// - Parameter registry: where the schemas are; nil where no messages will come.
  init(registry: (any SchemaRegistry)?, schemas: AvroSchemaTable) {
    self.registry = registry
    self.schemas = schemas
  }

  /// Whether the registry was asked for the schema of this id: else that may take its time.
  func hasAsked(for identifier: SchemaIdentifier) -> Bool {
    latest?.identifier == identifier || readings[identifier] != nil || absent.contains(identifier)
  }

  /// How data with the schema of this id are read. Throws where the registry cannot be asked.
  mutating func reading(_ identifier: SchemaIdentifier) throws(SchemaFailure) -> AvroReading {
    if let latest, latest.identifier == identifier { return latest.reading }
    var found: AvroReading
    if let known = readings[identifier] {
      found = known
    } else {
      guard let registry else { return AvroReading(problem: "there is no registry") }
      do throws(RegistryError) {
        found = AvroReading(try registry.schema(identifier), schemas: schemas, target: target)
      } catch {
        if error.kind == .badData {
          if absent.count >= MessageReadings.greatestAbsent { absent.removeAll() }
          absent.insert(identifier)
          return AvroReading(problem: error.description)
        }
        throw error.asSchemaFailure
      }
      if let problem = found.problem {
        found = AvroReading(problem: "the schema with the id \(identifier): \(problem)")
      }
      readings[identifier] = found
      if found.keepsSchema { schemas.note(identifier, of: found.schema) }
    }
    latest = (identifier, found)
    return found
  }
}
