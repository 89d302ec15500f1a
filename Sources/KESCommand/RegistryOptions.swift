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

/// The registry, and what is read and written with it: for all four tools.
public struct RegistryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How Avro records are framed in input and output: in container files; or as the messages of a"
        + " topic (confluent), each behind its length, as kcat -f '%R%s' dumps topics. Messages"
        + " need --registry. (default: container)"))
  public var framing: Framing?

  @Option(help: "The same for the output alone. (default: as --framing)")
  public var outputFraming: Framing?

  @Option(
    help: ArgumentHelp(
      "Where the schemas of messages are: http://HOST:PORT of a Confluent-compatible registry"
        + " (several with commas between them), or file:DIR, a directory of schemas ID.avsc."
        + " User and password come from KES_REGISTRY_USER_INFO (USER:PASSWORD), the authority's"
        + " certificate from KES_REGISTRY_CA (a file).", valueName: "url|file:dir"))
  public var registry: String?

  @Option(
    help: ArgumentHelp(
      "A property of the registry, repeatable: "
        + SchemaRegistries.propertyNames.joined(separator: ", ") + ".", valueName: "name=value"))
  public var registryProperty: [String] = []

  @Flag(help: "Register the output's schema where its subject does not have it.")
  public var registryRegister = false

  @Option(
    help: ArgumentHelp(
      "The subject under which the output's schema is looked up. (default: none where records are"
        + " written with the schema they were read with, else session-events-value, or events-value"
        + " for events without sessions; with --to TOPIC-value)", valueName: "name"))
  public var subject: String?

  public init() {}

  public mutating func validate() throws {
    if registry == nil { try requireNoRegistry() }
    if subject == "" { throw ValidationError("--subject needs a name") }
    // What stands there may be a secret: no message shows it.
    if registryProperty.contains(where: { RegistryOptions.split($0) == nil }) {
      throw ValidationError("--registry-property takes NAME=VALUE")
    }
  }

  /// Refuses what only messages need, where there are none: neither in files and pipes nor, as the
  /// parameters say, in topics.
  func requireUse(readsTopic: Bool, writesTopic: Bool) throws {
    if registry != nil && !usesRegistry && !readsTopic && !writesTopic {
      throw ValidationError(
        "--registry is for messages: say --framing confluent, or --output-framing confluent, or"
          + " name a topic")
    }
    if !writesMessages && !writesTopic {
      try refuseOutputOptions("say --output-framing confluent")
    }
  }

  private func requireNoRegistry() throws {
    if usesRegistry {
      throw ValidationError(
        "\(readsMessages ? "--framing" : "--output-framing") confluent needs --registry: where the"
          + " schemas are")
    }
    if !registryProperty.isEmpty { throw ValidationError("--registry-property needs --registry") }
  }

  /// Refuses what only output of messages needs, where the output is none.
  func requireOutput(isAvro: Bool) throws {
    if isAvro { return }
    if outputFraming == .confluent {
      throw ValidationError("--output-framing confluent is for Avro output: say --format avro")
    }
    try refuseOutputOptions("say --format avro")
  }

  private func refuseOutputOptions(_ remedy: String) throws {
    if registryRegister {
      throw ValidationError("--registry-register is for output of messages: \(remedy)")
    }
    if subject != nil { throw ValidationError("--subject is for output of messages: \(remedy)") }
  }

  /// Whether Avro input, and Avro output, consists of messages.
  public var readsMessages: Bool { framing == .confluent }
  public var writesMessages: Bool { (outputFraming ?? framing) == .confluent }
  /// Whether either framing was given.
  var isFramingGiven: Bool { framing != nil || outputFraming != nil }
  private var usesRegistry: Bool { readsMessages || writesMessages }

  private static func split(_ property: String) -> (name: String, value: String)? {
    guard let equals = property.firstIndex(of: "="), equals > property.startIndex else {
      return nil
    }
    return (String(property[..<equals]), String(property[property.index(after: equals)...]))
  }

  /// Opens the registry, where one is named; it is not asked yet.
  func open(
    _ signals: Signals, _ messages: Messages
  ) throws(Failure) -> (any SchemaRegistry)? {
    guard let registry else { return nil }
    var properties: [String: String] = [:]
    for case let property? in registryProperty.map(RegistryOptions.split) {
      properties[property.name] = property.value
    }
    return try SchemaRegistries.open(
      registry, properties: properties, environment: RegistryOptions.environment,
      clock: RegistryOptions.clock(signals), watch: messages.watch(signals))
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
    RegistryClock(monotonic: Clock.real.monotonic) { signals.pause(milliseconds: $0) }
  }

  /// What frames output as messages; `--subject` speaks of the main output alone.
  func makeWriter(
    _ registry: any SchemaRegistry, _ formats: RecordFormats, isMain: Bool
  ) -> ConfluentFrameWriter {
    ConfluentFrameWriter(
      registry: registry, subject: isMain ? subject.map { SubjectName($0) } : nil,
      registers: registryRegister, known: formats.schemas)
  }
}
