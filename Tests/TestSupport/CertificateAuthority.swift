// A throw-away authority, and certificates that it signs.

public import Foundation

/// An authority of its own, in files of a directory, made by `openssl`.
public struct CertificateAuthority: Sendable {
  /// A certificate and its key, in PEM format.
  public struct Identity: Sendable {
    public let certificate: String
    public let key: String
  }

  private let directory: URL
  private let name: String

  /// Makes the authority's certificate, `NAME.pem`.
  public init(_ name: String, in directory: URL) throws {
    self.name = name
    self.directory = directory
    try OpenSSL.run(
      ["req", "-x509", "-subj", "/CN=kes test \(name)", "-days", "2", "-out", "\(name).pem"]
        + CertificateAuthority.newKey(name), in: directory)
  }

  /// What others verify by.
  public var certificate: String { directory.appendingPathComponent("\(name).pem").path }

  /// A certificate for the loopback interface, for servers and clients.
  public func issue(_ subject: String) throws -> Identity {
    let file = { (suffix: String) in directory.appendingPathComponent(subject + suffix) }
    try OpenSSL.run(
      ["req", "-subj", "/CN=\(subject)", "-out", "\(subject).request"]
        + CertificateAuthority.newKey(subject), in: directory)
    try Data("subjectAltName=IP:127.0.0.1,DNS:localhost\n".utf8).write(to: file(".extensions"))
    try OpenSSL.run(
      [
        "x509", "-req", "-in", "\(subject).request", "-CA", "\(name).pem", "-CAkey",
        "\(name).key", "-CAcreateserial", "-days", "2", "-extfile", "\(subject).extensions",
        "-out", "\(subject).pem",
      ], in: directory)
    return Identity(certificate: file(".pem").path, key: file(".key").path)
  }

  private static func newKey(_ name: String) -> [String] {
    [
      "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
      "\(name).key",
    ]
  }
}
