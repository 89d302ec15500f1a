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

  public init(_ kind: Failure.Kind) {
    switch kind {
    case .usage: self = .usage
    case .badData: self = .badData
    case .missing: self = .noInput
    case .unavailable, .retriable, .fatal, .interrupted: self = .unavailable
    case .bug: self = .software
    case .cannotCreate: self = .cannotCreate
    case .inputOutput, .brokenPipe: self = .inputOutput
    case .inUse, .fenced: self = .inUse
    case .configuration: self = .configuration
    }
  }
}
