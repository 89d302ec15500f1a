// The options that concern Avro messages and the registry of their schemas.

public import ArgumentParser
internal import Glibc
internal import KESCore

/// How Avro records stand in files and pipes.
public enum Framing: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// In object container files, with their schema.
  case container
  /// In messages of the Confluent wire format, each behind its length.
  case confluent
}

/// `NAME=VALUE`.
public struct PropertyArgument: ExpressibleByArgument, Sendable {
  let name: String
  let value: String

  public init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      return nil
    }
    name = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }
}

/// The registry, and what is read and written with it: for all four tools.
public struct RegistryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How Avro records stand in input and output: in container files, or as confluent messages,"
        + " each behind its length (4 bytes, big-endian, -1 for a record without a value), as"
        + " kcat -f '%R%s' dumps topics."))
  public var framing: Framing = .container

  @Option(help: "The same for output alone. (default: as --framing)")
  public var outputFraming: Framing?

  @Option(
    help: ArgumentHelp(
      "Where the schemas of messages are: the URL of a Confluent-compatible registry (several with"
        + " commas between them), or file:DIR, a directory of schemas ID.avsc. Credentials come"
        + " from the URL or the environment, KES_REGISTRY_USER_INFO.", valueName: "url|file:dir"))
  public var registry: String?

  @Option(
    help: ArgumentHelp(
      "A property of the registry, repeatable: "
        + SchemaRegistries.propertyNames.joined(separator: ", ") + ".", valueName: "name=value"))
  public var registryProperty: [PropertyArgument] = []

  @Flag(help: "Register the output's schema where its subject does not have it.")
  public var registryRegister = false

  @Option(
    help: ArgumentHelp(
      "The subject of the output's schema. (default: session-events-value, or events-value for"
        + " events without sessions)", valueName: "name"))
  public var subject: String?

  public init() {}

  public mutating func validate() throws {
    if registry != nil && !usesRegistry {
      throw ValidationError("--registry is for messages: say --framing confluent")
    }
    if registry == nil && usesRegistry {
      throw ValidationError("--framing confluent needs --registry: where the schemas are")
    }
    if registry == nil && !registryProperty.isEmpty {
      throw ValidationError("--registry-property needs --registry")
    }
    if !writesMessages && (registryRegister || subject != nil) {
      throw ValidationError(
        "\(registryRegister ? "--registry-register" : "--subject") is for output of messages")
    }
  }

  /// Whether Avro input, and Avro output, consists of messages.
  var readsMessages: Bool { framing == .confluent }
  var writesMessages: Bool { (outputFraming ?? framing) == .confluent }
  private var usesRegistry: Bool { readsMessages || writesMessages }

  /// Opens the registry, where one is named; it is not asked yet.
  func open(_ signals: Signals) throws(ToolFailure) -> (any SchemaRegistry)? {
    guard let registry else { return nil }
    var properties: [String: String] = [:]
    for property in registryProperty { properties[property.name] = property.value }
    do throws(RegistryError) {
      return try SchemaRegistries.open(
        registry, properties: properties, environment: RegistryOptions.environment,
        clock: RegistryOptions.clock(signals))
    } catch {
      throw .pipeline(.schema(error.asSchemaFailure))
    }
  }

  private static var environment: [String: String] {
    var found: [String: String] = [:]
    for name in ["KES_REGISTRY_USER_INFO", "KES_REGISTRY_CA"] {
      if let value = unsafe getenv(name) { found[name] = unsafe String(cString: value) }
    }
    return found
  }

  /// Waits between attempts end when a signal asks to stop.
  private static func clock(_ signals: Signals) -> RegistryClock {
    let pace = Pace(signals: signals)
    return RegistryClock(monotonic: pace.clock.monotonic) { milliseconds in
      pace.wait(until: pace.clock.monotonic() + milliseconds)
      return signals.stop == nil
    }
  }

  /// What frames output as messages.
  func makeWriter(_ registry: any SchemaRegistry) -> ConfluentFrameWriter {
    ConfluentFrameWriter(
      registry: registry, subject: subject.map { SubjectName($0) }, registers: registryRegister)
  }
}
