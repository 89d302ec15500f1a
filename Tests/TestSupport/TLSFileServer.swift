// The files of a directory, over TLS on the loopback interface.

public import Foundation

/// `openssl s_server -WWW`: answers GET with the file of that path, by HTTP/1.0.
public final class TLSFileServer {
  public let port: UInt16
  private let process = Process()
  private let input = Pipe()

  /// - Parameter clients: whose certificate a client must have; nil lets everybody in.
  public init(
    directory: URL, identity: CertificateAuthority.Identity,
    clients: CertificateAuthority? = nil
  ) throws {
    var arguments = [
      "s_server", "-accept", "127.0.0.1:0", "-WWW", "-cert", identity.certificate, "-key",
      identity.key,
    ]
    if let clients {
      arguments += ["-Verify", "1", "-verify_return_error", "-CAfile", clients.certificate]
    }
    let output = Pipe()
    // The shell ends the server when its input ends, so also when the tests do; by SIGKILL, because
    // threads of a pool start processes with the others blocked.
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      ["-c", #""$0" "$@" < /dev/null & server=$!; read -r line; kill -KILL $server"#]
      + [OpenSSL.path ?? "openssl"] + arguments
    process.currentDirectoryURL = directory
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try Spawning.start(process)
    port = try TLSFileServer.port(from: output.fileHandleForReading, arguments)
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  public var url: String { "https://127.0.0.1:\(port)" }

  /// Waits for the line that names the port.
  private static func port(from output: FileHandle, _ arguments: [String]) throws -> UInt16 {
    var said = ""
    while true {
      let more = output.availableData
      said += String(decoding: more, as: UTF8.self)
      let line = said.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") }
      if let line, said.hasSuffix("\n"), let port = line.split(separator: ":").last {
        if let number = UInt16(port) { return number }
      }
      if more.isEmpty { throw OpenSSL.Failure(arguments: arguments, output: said) }
    }
  }
}
