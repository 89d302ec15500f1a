// What ends a run before its time.

/// A record that could not be decoded where that ends the run (`--on-error fail`).
public struct BadRecord: Error, Sendable, CustomStringConvertible {
  /// `events.jsonl:1204`.
  public let position: String
  public let reason: String

  public var description: String { "\(position): \(reason)" }
}

/// Why a pipeline stopped.
public enum PipelineError: Error, Sendable {
  case stream(StreamError)
  case state(StateError)
  case badRecord(BadRecord)
  /// A schema could not be had.
  case schema(SchemaFailure)
  /// A bug: the ledger does not add up.
  case ledger(Ledger)
}

extension PipelineError {
  /// Whether the input is at fault: what came before is good, and is to be written.
  public var isOfInput: Bool {
    switch self {
    case .badRecord: true
    case .schema(let failure): failure.kind != .usage
    case .stream(.cannotOpen), .stream(.isDirectory), .stream(.cannotRead): true
    case .stream(.inputChanged), .stream(.inputTopic): true
    default: false
    }
  }
}

extension PipelineError {
  /// Whether a schema could not be had.
  public var isOfSchema: Bool {
    switch self {
    case .schema, .stream(.schema): true
    default: false
    }
  }
}

extension PipelineError {
  /// Whether waiting for brokers ended because a signal asked to stop.
  public var isInterruption: Bool {
    switch self {
    case .stream(.topic(let error)), .stream(.inputTopic(let error)): error.kind == .interrupted
    default: false
    }
  }
}

extension PipelineError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .stream(let error): error.description
    case .state(let error): error.description
    case .badRecord(let error): error.description
    case .schema(let failure): failure.message
    case .ledger(let ledger): "the ledger does not close, which is a bug: \(ledger)"
    }
  }
}

/// Runs `body`, whose failures become the pipeline's.
@inline(__always)
func streaming<Result: ~Copyable>(
  _ body: () throws(StreamError) -> Result
) throws(PipelineError) -> Result {
  do { return try body() } catch { throw .stream(error) }
}

/// Runs `body`, whose failures become the pipeline's.
@inline(__always)
func storing<Result: ~Copyable>(
  _ body: () throws(StateError) -> Result
) throws(PipelineError) -> Result {
  do { return try body() } catch { throw .state(error) }
}
