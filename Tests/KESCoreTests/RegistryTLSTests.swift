// Whom we trust, and who we are, over TLS.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(
  .enabled(if: OpenSSL.isThere, "there is no openssl on the PATH; scripts/setup check installs it"))
struct RegistryTLSTests {
  private let scratch: TemporaryDirectory
  private let directory: URL
  private let authority: CertificateAuthority
  private let server: CertificateAuthority.Identity
  private let identifier = SchemaIdentifier(rawValue: 1)

  init() throws {
    scratch = try TemporaryDirectory()
    directory = URL(fileURLWithPath: scratch.path)
    authority = try CertificateAuthority("authority", in: directory)
    server = try authority.issue("server")
    let schemas = directory.appendingPathComponent("schemas/ids")
    try FileManager.default.createDirectory(at: schemas, withIntermediateDirectories: true)
    try Data(#"{"schema":"\"string\""}"#.utf8).write(to: schemas.appendingPathComponent("1"))
  }

  private func schema(
    _ url: String, _ properties: [String: String] = [:], environment: [String: String] = [:]
  ) throws -> String {
    let registry = try HTTPSchemaRegistry(
      urls: url, properties: properties, environment: environment, clock: PauseRecorder().clock)
    return try registry.schema(identifier)
  }

  @Test func theNamedAuthorityIsTrusted() throws {
    let tls = try TLSFileServer(directory: directory, identity: server)
    let localhost = tls.url.replacingOccurrences(of: "127.0.0.1", with: "localhost")
    for url in [tls.url, localhost] {
      #expect(
        try schema(url, ["ssl.ca.location": authority.certificate]) == #""string""#)
      #expect(
        try schema(url, environment: ["KES_REGISTRY_CA": authority.certificate])
          == #""string""#)
    }
  }

  @Test func anotherAuthorityIsNotTrusted() throws {
    let tls = try TLSFileServer(directory: directory, identity: server)
    let other = try CertificateAuthority("other", in: directory)
    for properties in [[:], ["ssl.ca.location": other.certificate]] {
      let error = try #require(
        #expect(throws: Failure.self) { try schema(tls.url, properties) })
      #expect(error.registryFault == .untrusted)
      #expect(error.place == Place(tls.url + "/schemas/ids/1"))
      #expect(error.kind == .configuration)
      #expect(error.description.contains("ssl.ca.location"))
    }
  }

  @Test func aFileThatIsNoCertificateIsSaidToBe() throws {
    let tls = try TLSFileServer(directory: directory, identity: server)
    let path = scratch.path + "/junk.pem"
    try Data("junk".utf8).write(to: URL(fileURLWithPath: path))
    for properties in [
      ["ssl.ca.location": path], ["ssl.ca.location": scratch.path + "/none"],
      ["ssl.ca.location": authority.certificate, "ssl.certificate.location": path],
      [
        "ssl.ca.location": authority.certificate, "ssl.certificate.location": server.certificate,
        "ssl.key.location": path,
      ],
    ] {
      let error = try #require(
        #expect(throws: Failure.self) { try schema(tls.url, properties) })
      #expect(error.registryFault == .badCertificate)
      #expect(error.kind == .configuration)
    }
  }

  @Test func aServerMayAskForOurCertificate() throws {
    let clients = try CertificateAuthority("clients", in: directory)
    let client = try clients.issue("client")
    let tls = try TLSFileServer(directory: directory, identity: server, clients: clients)
    let trust = ["ssl.ca.location": authority.certificate, "max.retries": "0"]
    let error = try #require(#expect(throws: Failure.self) { try schema(tls.url, trust) })
    #expect(error.description.contains("ssl.certificate.location"), "\(error)")
    let known = [
      "ssl.certificate.location": client.certificate, "ssl.key.location": client.key,
    ]
    #expect(try schema(tls.url, trust.merging(known) { $1 }) == #""string""#)
  }

  @Test func aServerWithoutTLSIsSaidNotToAnswer() throws {
    let plain = try RegistryServer()
    let error = try #require(
      #expect(throws: Failure.self) {
        try schema("https://127.0.0.1:\(plain.port)", ["max.retries": "0"])
      })
    #expect(error.kind == .unavailable)
  }
}
