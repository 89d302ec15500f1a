// What can go wrong outside the program: the one error that is thrown.

/// A failure of what is outside: a file, a pipe, a state, a broker, a registry, the command line. It
/// says what kind it is, where, what could not be done and why, and what to do.
///
/// A record that cannot be read is no failure but a value (`Rejection`), until `--on-error fail` makes
/// it one; values that do not parse have errors of their own (`JSONError`, `AvroSchemaError`).
public struct Failure: Error, Hashable, Sendable {
  /// What it means for whoever goes on; the command alone makes an exit status of it.
  public enum Kind: Hashable, Sendable {
    /// Options that do not go together, found too late for the parser.
    case usage
    /// A record, a schema or a file that is not what it must be.
    case badData
    /// What is to be read is not there, or may not be read.
    case missing
    /// What answers no request: a broker, a registry.
    case unavailable
    /// Passes by itself.
    case retriable
    /// A client that cannot be used any more.
    case fatal
    /// Whoever waited does not want to any more.
    case interrupted
    /// A call that must not be made now, or not with these arguments.
    case bug
    case cannotCreate
    /// Reading or writing what was open.
    case inputOutput
    /// Whoever read our output is gone.
    case brokenPipe
    /// Others work on what must be at rest.
    case inUse
    /// Another instance with our transactional or instance id has taken over.
    case fenced
    /// What the user has set, or not set.
    case configuration
  }

  /// What it is a failure of.
  public enum Side: Hashable, Sendable {
    case input, output, state, registry, broker, command
  }

  /// What helps (KIP-360, and librdkafka's INTRODUCTION.md, "Transactional Producer", "Error
  /// handling").
  public enum Recovery: Hashable, Sendable {
    /// The same call again.
    case retry
    /// Aborting the transaction; then it may be tried as a whole.
    case abort
    /// Nothing with this client.
    case none
  }

  /// The number that the system or a library gives for it.
  public enum Cause: Hashable, Sendable {
    case unknown
    /// A schema that does not fit what is read or written.
    case schema
    case system(Int32)
    case database(Int32)
    case broker(Int32)
    /// The raw value of a `RegistryFault`.
    case registry(Int32)
  }

  public internal(set) var kind: Kind
  public internal(set) var side: Side
  public let place: Place
  /// What was to be done, after "cannot"; nil where `reason` says it all.
  public var operation: String?
  /// Why, in the words of who refused; without secrets.
  public var reason: String
  /// What `cause` is called where its numbers come from.
  var causeName: String?
  /// What to do.
  public var remedy: String?
  public var cause: Cause
  public var recovery: Recovery

  public init(
    _ kind: Kind, _ side: Side, place: Place = Place(), operation: String? = nil, _ reason: String,
    remedy: String? = nil, cause: Cause = .unknown, causeName: String? = nil,
    recovery: Recovery = .none
  ) {
    self.kind = kind
    self.side = side
    self.place = place
    self.operation = operation
    self.reason = reason
    self.causeName = causeName
    self.remedy = remedy
    self.cause = cause
    self.recovery = recovery
  }

  /// Options that do not go together, found too late for the parser.
  public static func usage(_ text: String) -> Failure { Failure(.usage, .command, text) }

  /// The same as a failure of another side.
  func of(_ side: Side) -> Failure {
    var failure = self
    failure.side = side
    return failure
  }

  /// Whether the input is at fault: what came before is good, and is to be written.
  public var isOfInput: Bool {
    (side == .input || side == .registry) && kind != .usage
  }

  /// Whether it is about a schema: one that could not be had, or does not fit.
  public var isOfSchema: Bool {
    switch cause {
    case .schema, .registry: true
    default: false
    }
  }
}

extension Failure: CustomStringConvertible {
  /// One line: where, what, why, and what to do.
  public var description: String {
    let position = place == Place() ? "" : "\(place): "
    let what = operation.map { "cannot \($0): " } ?? ""
    let name = causeName.map { " (\($0))" } ?? ""
    let help = remedy.map { "; \($0)" } ?? ""
    return position + what + reason + name + help
  }
}

/// Where something happened: as much of it as is known.
public struct Place: Hashable, Sendable {
  /// A path, a URL without user and password, or `events.jsonl:1204`.
  public var name: String?
  public var brokers: String?
  public var group: String?
  public var topic: String?
  public var partition: Int32?
  public var offset: Int64?

  public init(_ name: String? = nil) { self.name = name }

  public init(
    brokers: String? = nil, group: String? = nil, topic: String? = nil, partition: Int32? = nil,
    offset: Int64? = nil
  ) {
    self.brokers = brokers
    self.group = group
    self.topic = topic
    self.partition = partition
    self.offset = offset
  }
}

extension Place: CustomStringConvertible {
  public var description: String {
    if let name { return name }
    var parts: [String] = []
    if let topic { parts.append("topic \(topic)") }
    if let partition, partition >= 0 { parts.append("partition \(partition)") }
    if let offset, offset >= 0 { parts.append("offset \(offset)") }
    if let group { parts.append("group \(group)") }
    return parts.isEmpty ? brokers ?? "" : parts.joined(separator: ", ")
  }
}
