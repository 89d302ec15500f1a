// What can go wrong with files and pipes.

internal import Glibc

extension Failure {
  /// An input that is not there or may not be read; `code` is the system's, here and below.
  static func cannotOpen(name: String, code: Int32) -> Failure {
    system(.missing, .input, name, "open", code)
  }

  static func isDirectory(name: String) -> Failure {
    Failure(
      .missing, .input, place: Place(name), "is a directory", remedy: "name the files in it",
      cause: .system(EISDIR))
  }

  static func cannotRead(name: String, code: Int32) -> Failure {
    system(.inputOutput, .input, name, "read", code)
  }

  static func cannotCreate(name: String, code: Int32) -> Failure {
    system(.cannotCreate, .output, name, "create", code)
  }

  static func cannotWrite(name: String, code: Int32) -> Failure {
    system(.inputOutput, .output, name, "write", code)
  }

  private static func system(
    _ kind: Kind, _ side: Side, _ name: String, _ operation: String, _ code: Int32
  ) -> Failure {
    Failure(
      kind, side, place: Place(name), operation: operation, systemReason(code),
      cause: .system(code))
  }

  /// Whoever read our output is gone.
  public static func brokenPipe(name: String) -> Failure {
    Failure(.brokenPipe, .output, place: Place(name), "closed by its reader")
  }

  /// An output that is one of the inputs.
  static func outputIsInput(name: String) -> Failure {
    Failure(
      .usage, .output, place: Place(name), "is named twice, as input and output or as two outputs",
      remedy: "name another output")
  }

  /// An input that is not what an earlier run read.
  public static func inputChanged(name: String, explanation: String) -> Failure {
    Failure(.badData, .input, place: Place(name), explanation)
  }

  /// An output that is not what an earlier run wrote.
  public static func outputChanged(name: String, explanation: String) -> Failure {
    Failure(.badData, .output, place: Place(name), explanation)
  }

  /// Whether an input is not there, or may not be read as a file.
  var isOfMissingFile: Bool {
    switch cause {
    case .system(ENOENT), .system(EACCES), .system(EISDIR): kind == .missing && side == .input
    default: false
    }
  }
}
