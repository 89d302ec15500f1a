// What every registry does.

/// Schemas by id, and ids by subject and schema.
///
/// The operations are those of the Confluent Schema Registry (API reference, sections "Schemas",
/// "Subjects" and "Compatibility"); a schema is Avro, as JSON text. An id never changes its schema.
/// Not for two threads at once. Every operation may wait for a server or a disk, and throws a
/// `RegistryError` also where that fails.
public protocol SchemaRegistry: AnyObject {
  /// The schema with this id, with those that it refers to put in. Throws `.unknownSchema` where there
  /// is none, `.missingReference`, and `.unsupportedSchema` where it is no Avro schema.
  func schema(_ identifier: SchemaIdentifier) throws(RegistryError) -> String

  /// The latest version under `subject`. Throws `.unknownSubject`.
  func latest(_ subject: SubjectName) throws(RegistryError) -> RegisteredSchema

  /// The id of this very schema under `subject`. Throws `.unknownSubject`, or `.unregistered` where
  /// the subject has other schemas only.
  func identifier(
    of schema: String, under subject: SubjectName
  ) throws(RegistryError) -> SchemaIdentifier

  /// Registers `schema` under `subject`, where it is not there yet, and returns its id. A schema
  /// that another subject has keeps its id. Throws `.incompatible` or `.invalidSchema`.
  func register(
    _ schema: String, under subject: SubjectName
  ) throws(RegistryError) -> SchemaIdentifier

  /// Whether `schema` could be registered behind the latest version under `subject`; under one that
  /// has none, it could (servers differ there between that and an error: our choice). Throws
  /// `.invalidSchema`.
  func compatibility(
    of schema: String, with subject: SubjectName
  ) throws(RegistryError) -> SchemaCompatibility

  /// All subjects, in no order that can be relied on.
  func subjects() throws(RegistryError) -> [SubjectName]

  /// The numbers of the versions under `subject`, ascending. Throws `.unknownSubject`.
  func versions(of subject: SubjectName) throws(RegistryError) -> [Int32]
}

extension SchemaRegistry {
  /// The id of `schema` under `subject`, where it is registered only if it is not there: who may only
  /// read can have it, too. Throws what `register` does.
  func identifierRegistering(
    _ schema: String, under subject: SubjectName
  ) throws(RegistryError) -> SchemaIdentifier {
    do throws(RegistryError) {
      return try identifier(of: schema, under: subject)
    } catch {
      switch error {
      // Some may only write.
      case .unknownSubject, .unregistered, .refused: return try register(schema, under: subject)
      default: throw error
      }
    }
  }
}
