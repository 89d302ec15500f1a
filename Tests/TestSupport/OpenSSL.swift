// The command openssl, where there is one.

import Foundation

/// Runs `openssl` for certificates and a small TLS server.
public enum OpenSSL {
  /// Where it is; nil where it is not installed.
  static let path: String? = {
    let directories = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
    return directories.split(separator: ":").map { "\($0)/openssl" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  public static var isThere: Bool { path != nil }

  /// A failure of the command, with what it said.
  public struct Failure: Error {
    public let arguments: [String]
    public let output: String
  }

  /// Runs it to its end in `directory`. Throws `Failure` where its status is not 0.
  static func run(_ arguments: [String], in directory: URL) throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: path ?? "/usr/bin/openssl")
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try Spawning.start(process)
    let said = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      throw Failure(arguments: arguments, output: String(decoding: said, as: UTF8.self))
    }
  }
}
