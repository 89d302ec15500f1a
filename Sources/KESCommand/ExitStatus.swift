// Failures to exit statuses: the one place that decides (cli.md, section 3).

public import KESCore

/// The exit statuses, from `sysexits.h` where it has them.
public enum ExitStatus: Int32, Sendable {
  case done = 0
  /// Records were skipped, and nothing keeps them.
  case skipped = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case unavailable = 69
  case software = 70
  case cannotCreate = 73
  case inputOutput = 74
  case inUse = 75
  case configuration = 78

  public init(_ error: PipelineError) {
    switch error {
    case .stream(let error): self.init(error)
    case .state(let error): self.init(error)
    case .badRecord: self = .badData
    case .schema(let failure): self.init(failure)
    case .ledger: self = .software
    }
  }

  public init(_ failure: SchemaFailure) {
    switch failure.kind {
    case .unavailable: self = .unavailable
    case .badData: self = .badData
    case .configuration: self = .configuration
    case .usage: self = .usage
    }
  }

  public init(_ error: StreamError) {
    switch error {
    case .cannotOpen, .isDirectory: self = .noInput
    case .cannotCreate: self = .cannotCreate
    case .cannotRead, .cannotWrite, .brokenPipe: self = .inputOutput
    case .outputIsInput: self = .usage
    case .inputChanged, .outputChanged: self = .badData
    case .schema(let failure): self.init(failure)
    case .topic(let error), .inputTopic(let error): self.init(error)
    case .missingOutputTopic: self = .cannotCreate
    }
  }

  public init(_ error: KafkaError) {
    switch error.kind {
    case .bug: self = .software
    case .record: self = .badData
    case .retriable, .fatal, .environment, .interrupted: self = .unavailable
    case .fenced, .inUse: self = .inUse
    case .configuration: self = .configuration
    case .missingTopic, .missingFile: self = .noInput
    }
  }

  public init(_ error: StateError) {
    switch error {
    case .inUse: self = .inUse
    case .missing: self = .noInput
    case .cannotOpen: self = .cannotCreate
    case .corrupted, .unknownVersion, .another, .ofApplication: self = .badData
    case .database: self = .inputOutput
    }
  }
}
