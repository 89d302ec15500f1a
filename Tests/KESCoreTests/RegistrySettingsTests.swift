// How a registry is named and configured.

import Foundation
import TestSupport
import Testing

@testable import KESCore

struct RegistrySettingsTests {
  // MARK: URLs

  @Test(arguments: [
    ("http://host", "http://host"), ("HTTPS://host:8081/", "https://host:8081"),
    ("http://host:1/a/b//", "http://host:1/a/b"), ("http://[::1]:8081", "http://[::1]:8081"),
    (" http://host ", "http://host"), ("http://user:secret@host:1/x", "http://host:1/x"),
    ("http://user:secret@more@host", "http://host"),
  ])
  func aURLIsReadAndShownWithoutUserAndPassword(text: String, base: String) throws {
    #expect(try RegistryURL(parsing: text).base == base)
  }

  @Test(arguments: [
    "", "host:8081", "ftp://host", "http://", "http://:80", "http://host:0", "http://host:65536",
    "http://host:", "http://host:1x", "http://ho st", "http://host?x=secret", "http://host/#secret",
    "http://host/ä", "http://user@host", "http://us%er:secret@host", "http://u:secret%0A@host",
    "http://u:secret@", "http://[::1", "http://[]", "http://h\nost", "http://a,", ",http://a",
    "http://u:secret,comma@host", "http://h\\x", "secret://u:secret@h",
  ])
  func whatIsNoURLIsRefusedWithoutShowingIt(text: String) {
    let error = #expect(throws: Failure.self) { try RegistryURL.parse(list: text) }
    #expect(error?.kind == .configuration)
    #expect(error?.description.contains("secret") == false)
    #expect(error?.description.hasPrefix("the schema registry's URL: expected http://") == true)
  }

  @Test(arguments: [
    ("http://localhost:1", true), ("http://127.0.0.1", true), ("http://[::1]:80/x", true),
    ("http://127.example", false), ("http://localhost.example", false), ("http://host", false),
    ("http://1270.0.0.1", false),
  ])
  func thisMachineIsKnown(text: String, isLoopback: Bool) throws {
    #expect(try RegistryURL(parsing: text).isLoopback == isLoopback)
  }

  // MARK: Properties

  private func failure(
    _ properties: [String: String], _ environment: [String: String] = [:]
  ) throws -> Failure {
    try #require(
      #expect(throws: Failure.self) {
        try RegistrySettings(properties: properties, environment: environment)
      })
  }

  @Test func thereAreDefaults() throws {
    let settings = try RegistrySettings(properties: [:], environment: [:])
    #expect(settings.requestTimeoutMilliseconds == 10_000)
    #expect(settings.connectionTimeoutMilliseconds == 3_000)
    #expect(settings.greatestRetries == 3 && settings.retryWaitMilliseconds == 100)
    #expect(settings.credentials == nil && settings.authorityFile == nil)
  }

  @Test func propertiesAreRead() throws {
    let settings = try RegistrySettings(
      properties: [
        "basic.auth.user.info": "a:b:c", "ssl.ca.location": "/ca",
        "ssl.certificate.location": "/certificate", "ssl.key.location": "/key",
        "request.timeout.ms": "1", "connection.timeout.ms": "2", "max.retries": "0",
        "retries.wait.ms": "4",
      ], environment: ["KES_REGISTRY_CA": "/other", "KES_REGISTRY_USER_INFO": "x:y"])
    #expect(settings.credentials == .basic(user: "a", password: "b:c"))
    #expect(settings.authorityFile == "/ca" && settings.certificateFile == "/certificate")
    #expect(settings.keyFile == "/key" && settings.requestTimeoutMilliseconds == 1)
    #expect(settings.connectionTimeoutMilliseconds == 2 && settings.greatestRetries == 0)
    #expect(settings.retryWaitMilliseconds == 4)
  }

  @Test func theEnvironmentNamesTheAuthority() throws {
    let settings = try RegistrySettings(
      properties: [:], environment: ["KES_REGISTRY_CA": "/ca", "KES_REGISTRY_USER_INFO": ""])
    #expect(settings.authorityFile == "/ca")
  }

  @Test(arguments: [
    ("request.timeout.ms", "0"), ("request.timeout.ms", "x"), ("max.retries", "-1"),
    ("max.retries", "101"), ("max.retries", ""), ("retries.wait.ms", "1s"),
    ("connection.timeout.ms", "99999999999999999999"), ("basic.auth.user.info", "secret"),
    ("basic.auth.user.info", "a:secret\n"), ("bearer.auth.token", ""),
    ("bearer.auth.token", "secret\r\nX: y"), ("ssl.ca.location", ""), ("ssl.key.location", ""),
    ("ssl.key.location", "/key-without-certificate"),
  ])
  func aBadValueNamesThePropertyAndNoSecret(name: String, value: String) throws {
    let error = try failure([name: value])
    #expect(error.description.hasPrefix("registry property \(name): "), "\(error)")
    #expect(!error.description.contains("secret"))
    #expect(error.kind == .configuration)
  }

  @Test func anUnknownNameIsAnsweredWithTheKnownOnes() throws {
    let error = try failure(["ssl.ca.locatoin": "/ca"])
    #expect(
      error.description == """
        registry property ssl.ca.locatoin: there is no such property; there are \
        basic.auth.user.info, bearer.auth.token, ssl.ca.location, ssl.certificate.location, \
        ssl.key.location, request.timeout.ms, connection.timeout.ms, max.retries, retries.wait.ms
        """)
  }

  @Test func onlyOneKindOfCredentialsIsGiven() throws {
    let error = try failure(["basic.auth.user.info": "a:b", "bearer.auth.token": "t"])
    #expect(error.description.contains("leave one out"))
  }

  @Test func badUserInfoOfTheEnvironmentIsNamed() throws {
    let error = try failure([:], ["KES_REGISTRY_USER_INFO": "secret"])
    #expect(
      error.description == "registry property KES_REGISTRY_USER_INFO: expected USER:PASSWORD")
  }

  // MARK: Opening

  @Test func whatIsOpenedFollowsFromItsName() throws {
    let directory = try TemporaryDirectory()
    for name in ["file:\(directory.path)", "file://\(directory.path)"] {
      let registry = try SchemaRegistries.open(name)
      #expect(try registry.register(#""int""#, under: SubjectName("s")).rawValue == 1)
    }
    #expect(throws: Never.self) {
      try SchemaRegistries.open("http://a,https://b/c", properties: ["max.retries": "1"])
    }
  }

  @Test(
    arguments: [
      ("file:", [:], "expected http://HOST:PORT, https://HOST:PORT or file:DIRECTORY, found file:"),
      ("file://host/x", [:], "found file:// with the name of a host"),
      ("/some/directory", [:], "file:DIRECTORY, found one without http:// or https://"),
      ("file:/does/not/exist", [:], "/does/not/exist: there is no such directory of schemas"),
      ("file:/tmp", ["max.retries": "1"], "max.retries: a directory of schemas takes none"),
    ] as [(String, [String: String], String)])
  func whatCannotBeOpenedSaysWhatCould(
    text: String, properties: [String: String], message: String
  ) throws {
    let error = #expect(throws: Failure.self) {
      try SchemaRegistries.open(text, properties: properties)
    }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    #expect(error?.kind == .configuration)
  }

  @Test func subjectsFollowFromTopics() {
    #expect(SubjectName.keys(ofTopic: "events").text == "events-key")
    #expect(SubjectName.values(ofTopic: "events").text == "events-value")
  }

  // MARK: Escapes

  @Test func everyByteOfASegmentIsEscapedAndComesBack() {
    for value in UInt32(0)...0x2FF {
      let text = "a" + String(UnicodeScalar(value).map(Character.init) ?? " ")
      let encoded = PercentEncoding.encoded(segment: text)
      #expect(PercentEncoding.decoded(encoded) == text)
      #expect(encoded.removingPercentEncoding == text)
    }
  }

  @Test(arguments: ["%", "%4", "%4g", "%+1", "%FF", "a%C3"])
  func whatIsNoEscapeIsRefused(text: String) { #expect(PercentEncoding.decoded(text) == nil) }
}
