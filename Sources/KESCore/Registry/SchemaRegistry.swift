// What every registry does, and which one the user names.

/// Schemas by id, and ids by subject and schema.
///
/// The operations are those of the Confluent Schema Registry (API reference, sections "Schemas" and
/// "Subjects"); a schema is Avro, as JSON text. An id never changes its schema.
/// Not for two threads at once. Every operation may wait for a server or a disk, and throws a
/// `Failure` also where that fails.
public protocol SchemaRegistry: AnyObject {
  /// The schema with this id, with those that it refers to put in. Throws `.unknownSchema` where there
  /// is none, `.missingReference`, and `.unsupportedSchema` where it is no Avro schema.
  func schema(_ identifier: SchemaIdentifier) throws(Failure) -> String

  /// The id of this very schema under `subject`. Throws `.unknownSubject`, or `.unregistered` where
  /// the subject has other schemas only.
  func identifier(
    of schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier

  /// Registers `schema` under `subject`, where it is not there yet, and returns its id. A schema
  /// that another subject has keeps its id. Throws `.incompatible` or `.invalidSchema`.
  func register(
    _ schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier
}

extension SchemaRegistry {
  /// The id of `schema` under `subject`, where it is registered only if it is not there: who may only
  /// read can have it, too. Throws what `register` does.
  func identifierRegistering(
    _ schema: String, under subject: SubjectName
  ) throws(Failure) -> SchemaIdentifier {
    do throws(Failure) {
      return try identifier(of: schema, under: subject)
    } catch {
      switch error.registryFault {
      // Some may only write.
      case .unknownSubject, .unregistered, .refused: return try register(schema, under: subject)
      default: throw error
      }
    }
  }
}

/// A subject: a name with versions of a schema.
public struct SubjectName: Hashable, Sendable {
  public let text: String

  public init(_ text: String) { self.text = text }

  /// The subject of a topic's keys, by TopicNameStrategy: `TOPIC-key` (Confluent Platform, "Formats,
  /// serializers, and deserializers", "Subject name strategy").
  public static func keys(ofTopic topic: String) -> SubjectName { SubjectName(topic + "-key") }

  /// The subject of a topic's values, by TopicNameStrategy: `TOPIC-value`.
  public static func values(ofTopic topic: String) -> SubjectName { SubjectName(topic + "-value") }
}

extension SubjectName: CustomStringConvertible {
  public var description: String { text }
}

/// What `--registry` may name.
public enum SchemaRegistries {
  /// Opens `text`: URLs of servers, `http://` or `https://`, with commas between them; or
  /// `file:DIRECTORY`. What it says is remembered (`CachingSchemaRegistry`).
  ///
  /// - Parameters:
  ///   - properties: how a server is asked; a directory takes none.
  ///   - environment: `KES_REGISTRY_USER_INFO` (`USER:PASSWORD`) and `KES_REGISTRY_CA` (a file of
  ///     certificates), where neither a property nor the URL says anything else.
  ///   - watch: told of waiting for a server.
  ///
  /// Throws `Failure.badURL`, `.badProperty` or `.missingDirectory`; no server is asked yet.
  public static func open(
    _ text: String, properties: [String: String] = [:], environment: [String: String] = [:],
    clock: RegistryClock = .real, watch: RegistryWatch = RegistryWatch()
  ) throws(Failure) -> any SchemaRegistry {
    CachingSchemaRegistry(try find(text, properties, environment, clock, watch), clock: clock)
  }

  /// The names of the properties that a registry behind a URL takes.
  public static var propertyNames: [String] { RegistrySettings.names }

  private static func find(
    _ text: String, _ properties: [String: String], _ environment: [String: String],
    _ clock: RegistryClock, _ watch: RegistryWatch
  ) throws(Failure) -> any SchemaRegistry {
    guard text.hasPrefix("file:") else {
      return try HTTPSchemaRegistry(
        urls: text, properties: properties, environment: environment, clock: clock, watch: watch)
    }
    if let name = properties.keys.min() {
      throw .badProperty(
        name: name.asOneLine(), what: "a directory of schemas takes none; leave it out")
    }
    return try DirectorySchemaRegistry(path: try directoryPath(text))
  }

  /// The path in `file:PATH` or `file:///PATH` (RFC 8089, section 2).
  private static func directoryPath(_ text: String) throws(Failure) -> String {
    let path = text.dropFirst("file:".count)
    if path.isEmpty { throw .badURL(expected: RegistryURL.expected, found: "file: without a name") }
    if !path.hasPrefix("//") { return String(path) }
    let local = path.dropFirst(2)
    if local.hasPrefix("/") { return String(local) }
    throw .badURL(expected: RegistryURL.expected, found: "file:// with the name of a host")
  }
}
