// What goes wrong on the way to a registry, over real sockets.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct HTTPSchemaRegistryTests {
  private let server: RegistryServer
  private let recorder = PauseRecorder()
  private let subject = SubjectName("events-value")
  private let schema = #""string""#

  init() throws { server = try RegistryServer() }

  private func open(
    _ urls: String? = nil, _ properties: [String: String] = [:],
    environment: [String: String] = [:]
  ) throws -> HTTPSchemaRegistry {
    try HTTPSchemaRegistry(
      urls: urls ?? server.url, properties: properties, environment: environment,
      clock: recorder.clock)
  }

  /// The URL of a port that nobody listens on.
  private func deadURL() throws -> String {
    let gone = try RegistryServer()
    gone.stop()
    return gone.url
  }

  private func failure(_ action: () throws -> Void) throws -> RegistryError {
    try #require(#expect(throws: RegistryError.self) { try action() })
  }

  // MARK: Attempts

  static let passing: [RegistryServer.Fault] = [
    .status(500), .status(502), .status(503), .status(504), .status(429), .close, .breakOff,
    .wrongLength,
  ]

  @Test(arguments: passing)
  func whatMayPassIsTriedAgain(fault: RegistryServer.Fault) throws {
    let registry = try open()
    server.fail(with: [fault, fault, fault])
    let identifier = try registry.register(schema, under: subject)
    #expect(server.requests.count == 4)
    #expect(recorder.pauses == [100, 200, 400])
    #expect(try registry.schema(identifier) == schema)
    #expect(server.requests.count == 5)
  }

  @Test(arguments: passing)
  func whatDoesNotPassIsTriedSoOftenAsTold(fault: RegistryServer.Fault) throws {
    let registry = try open(nil, ["max.retries": "2", "retries.wait.ms": "7"])
    server.fail(with: Array(repeating: fault, count: 10))
    let error = try failure { _ = try registry.latest(subject) }
    guard case .unreachable(let place, let reason, 3) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(place == server.url + "/subjects/events-value/versions/latest")
    #expect(!reason.isEmpty)
    #expect(error.kind == .environment)
    #expect(server.requests.count == 3)
    #expect(recorder.pauses == [7, 14])
  }

  @Test func pausesGrowToALimit() throws {
    let registry = try open(nil, ["max.retries": "100"])
    server.fail(with: Array(repeating: .status(500), count: 101))
    _ = try failure { _ = try registry.latest(subject) }
    #expect(recorder.pauses.count == 100)
    #expect(recorder.pauses[7] == 12_800 && recorder.pauses[8...].allSatisfy { $0 == 20_000 })
  }

  @Test func anEndingProcessTriesNoMore() throws {
    let recorder = PauseRecorder(greatestPauses: 1)
    let registry = try HTTPSchemaRegistry(urls: server.url, clock: recorder.clock)
    server.fail(with: Array(repeating: .status(500), count: 10))
    let error = try failure { _ = try registry.latest(subject) }
    guard case .unreachable(_, "status 500: scripted", 2) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(arguments: [RegistryServer.Fault.silence, .stall])
  func anAnswerHasToComeInTime(fault: RegistryServer.Fault) throws {
    // Long enough for the second attempt on a machine that is busy.
    let registry = try open(nil, ["request.timeout.ms": "1000"])
    server.fail(with: [fault])
    #expect(throws: Never.self) { try registry.register(schema, under: subject) }
    #expect(server.requests.count == 2)
    let hasty = try open(nil, ["request.timeout.ms": "20"])
    server.fail(with: [fault, fault, fault, fault])
    let error = try failure { _ = try hasty.latest(subject) }
    #expect(error.description.contains("timed out"))
    #expect(error.kind == .environment)
  }

  @Test func aServerThatIsNotThereIsSaidToBe() throws {
    let url = try deadURL()
    let registry = try open(url)
    let error = try failure { _ = try registry.schema(SchemaIdentifier(rawValue: 1)) }
    guard case .unreachable(url + "/schemas/ids/1", _, 4) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.description.hasSuffix("(4 attempts); see that it runs there"))
    #expect(error.kind == .environment)
  }

  @Test(arguments: [(503, "2", 2000), (429, "3", 3000), (429, "999999", 10_000), (429, "0", 100)])
  func theServerSaysHowLongToWait(status: Int, header: String, pause: Int64) throws {
    let registry = try open()
    server.fail(with: [.status(status, headers: ["Retry-After": header])])
    try _ = registry.register(schema, under: subject)
    #expect(recorder.pauses == [pause])
  }

  @Test func severalURLsAreTriedInTurnAndTheOneThatAnswersStays() throws {
    let other = try RegistryServer()
    let registry = try open("\(try deadURL()),\(server.url), \(other.url)/")
    for _ in 0..<3 { try _ = registry.register(schema, under: subject) }
    #expect(server.requests.count == 3 && other.requests.isEmpty)
    server.stop()
    try _ = registry.register(schema, under: subject)
    #expect(other.requests.count == 1)
    #expect(recorder.pauses.isEmpty)
    other.stop()
    let error = try failure { _ = try registry.latest(subject) }
    guard case .unreachable(_, _, 12) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func oneConnectionServesManyRequests() throws {
    let registry = try open()
    let identifier = try registry.register(schema, under: subject)
    for _ in 0..<20 { try _ = registry.schema(identifier) }
    #expect(server.connectionCount == 1)
  }

  @Test func aConnectionThatTheServerClosesBetweenRequestsIsMadeAnew() throws {
    let registry = try open()
    server.fail(with: Array(repeating: .answerAndClose, count: 10))
    for _ in 0..<10 { try _ = registry.register(schema, under: subject) }
    #expect(recorder.pauses.isEmpty)
  }

  // MARK: Answers

  @Test(
    arguments: [
      (.body("{garbage"), "found what is not JSON (line 1, column "),
      (.body(""), "found what is not JSON"),
      (.body("{}"), "found no number \"id\""),
      (.body(#"{"id":"1"}"#), "found no number \"id\""),
      (.body(#"{"id":2147483648}"#), "found no number \"id\""),
      (.body(#"{"id":1,"version":1,"schema":7}"#), "found no text \"schema\""),
      (.raw("SSH-2.0-OpenSSH\r\n"), "found"),
      (.raw("HTTP/1.1 junk\r\n\r\n"), "found"),
      (.huge((16 << 20) + 1), "found more than 16777216 bytes"),
      (.response(SentResponse(404, body: "<html>nothing</html>")), "found status 404"),
      (.status(404), "found status 404: scripted"),
    ] as [(RegistryServer.Fault, String)])
  func whatIsNoAnswerOfARegistryIsSaidAtOnce(
    fault: RegistryServer.Fault, message: String
  ) throws {
    let registry = try open()
    server.fail(with: [fault])
    let error = try failure { _ = try registry.latest(subject) }
    guard case .badAnswer(server.url + "/subjects/events-value/versions/latest", _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.description.contains(message), "\(error)")
    #expect(error.kind == .environment)
    #expect(server.requests.count == 1 && recorder.pauses.isEmpty)
    // And the client goes on.
    #expect(throws: Never.self) { try registry.register(schema, under: subject) }
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func redirectsAreNotFollowed(status: Int) throws {
    let other = try RegistryServer()
    let registry = try open()
    let target = other.url + "/elsewhere"
    server.fail(with: [.status(status, headers: ["Location": target])])
    let error = try failure { _ = try registry.latest(subject) }
    #expect(error.description.contains("status \(status), a redirect to \(target)"))
    #expect(other.requests.isEmpty && server.requests.count == 1)
  }

  @Test(arguments: [400, 405, 408, 415, 422])
  func anotherStatusOfTheClientsIsNotTriedAgain(status: Int) throws {
    let registry = try open()
    server.fail(with: [.status(status)])
    let error = try failure { _ = try registry.register(schema, under: subject) }
    guard case .rejected(_, "status \(status): scripted") = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.kind == .configuration)
    #expect(server.requests.count == 1)
  }

  @Test func anIncompatibleSchemaSaysWhy() throws {
    server.configure { $0.rule = { _, _ in ["line one\nline two"] } }
    let registry = try open()
    try _ = registry.register(schema, under: subject)
    #expect(
      try registry.compatibility(of: #""long""#, with: subject)
        == .incompatible(reasons: ["line one line two"]))
    let error = try failure { _ = try registry.register(#""long""#, under: subject) }
    guard case .incompatible(subject, _, let reasons) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reasons.count == 1 && error.description.contains("line one"))
  }

  @Test(
    arguments: [
      (["schemaType": "PROTOBUF"], "is of the type PROTOBUF"), (["schemaType": "AVRO"], nil),
    ] as [([String: String], String?)])
  func onlyAvroIsRead(members: [String: String], fault: String?) throws {
    let registry = try open()
    let identifier = try registry.register(schema, under: subject)
    server.configure { $0.extraMembers[1] = members }
    guard let fault else {
      #expect(try registry.schema(identifier) == schema)
      return
    }
    let error = try failure { _ = try registry.schema(identifier) }
    guard case .unsupportedSchema(identifier, _, fault) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func aSchemaThatRefersToOthersIsNotRead() throws {
    let registry = try open()
    server.fail(with: [
      .body(#"{"schema":"\"a.B\"","references":[{"name":"a.B","subject":"b","version":1}]}"#)
    ])
    let error = try failure { _ = try registry.schema(SchemaIdentifier(rawValue: 1)) }
    #expect(error.description.contains("refers to other schemas"))
  }

  @Test func answersOfTheGreatestSizeAreRead() throws {
    let registry = try open()
    let length = (16 << 20) - #"{"schema":""}"#.utf8.count
    server.fail(with: [.huge(length)])
    #expect(try registry.schema(SchemaIdentifier(rawValue: 1)).utf8.count == length)
  }

  // MARK: Requests

  @Test func requestsAreWhatTheAPIWants() throws {
    let server = try RegistryServer(prefix: "/a/path")
    let registry = try open(server.url + "//")
    let subject = SubjectName("a b/ü%")
    try _ = registry.register(#"{"type":"string","doc":"\"quoted\""}"#, under: subject)
    let request = try #require(server.requests.first)
    #expect(request.method == "POST")
    #expect(request.target == "/a/path/subjects/a%20b%2F%C3%BC%25/versions")
    #expect(request.headers["content-type"] == "application/vnd.schemaregistry.v1+json")
    #expect(
      request.headers["accept"]?.hasPrefix("application/vnd.schemaregistry.v1+json") == true)
    #expect(request.headers["expect"] == nil && request.headers["authorization"] == nil)
    #expect(request.text == #"{"schema":"{\"type\":\"string\",\"doc\":\"\\\"quoted\\\"\"}"}"#)
  }

  // MARK: Access

  @Test(
    arguments: [
      (["basic.auth.user.info": "us:er's:p@ss"], "", [:], "us:er's:p@ss"),
      ([:], "us%3Aer:p%40ss@", [:], "us:er:p@ss"),
      ([:], "", ["KES_REGISTRY_USER_INFO": "user:"], "user:"),
      (["basic.auth.user.info": "a:1"], "b:2@", ["KES_REGISTRY_USER_INFO": "c:3"], "a:1"),
      ([:], "b:2@", ["KES_REGISTRY_USER_INFO": "c:3"], "b:2"),
    ] as [([String: String], String, [String: String], String)])
  func userAndPasswordComeFromSeveralPlaces(
    properties: [String: String], inURL: String, environment: [String: String], expected: String
  ) throws {
    let server = try RegistryServer(authorization: RegistryServer.basic(expected))
    let url = server.url.replacingOccurrences(of: "://", with: "://" + inURL)
    let registry = try open(url, properties, environment: environment)
    try _ = registry.register(schema, under: subject)
    #expect(
      server.requests.map { $0.headers["authorization"] } == [RegistryServer.basic(expected)])
  }

  @Test func aTokenIsSentAsSuch() throws {
    let server = try RegistryServer(authorization: "Bearer abc.def")
    let registry = try open(
      server.url, ["bearer.auth.token": "abc.def"],
      environment: ["KES_REGISTRY_USER_INFO": "c:3"])
    #expect(throws: Never.self) { try registry.register(schema, under: subject) }
  }

  @Test(arguments: ["", "user:wrongsecret@"])
  func whoIsNotLetInIsToldSo(userInfo: String) throws {
    let server = try RegistryServer(authorization: RegistryServer.basic("user:rightsecret"))
    let registry = try open(server.url.replacingOccurrences(of: "://", with: "://" + userInfo))
    let error = try failure { _ = try registry.register(schema, under: subject) }
    guard
      case .refused(server.url + "/subjects/events-value/versions", "status 401: Unauthorized") =
        error
    else {
      Issue.record("\(error)")
      return
    }
    #expect(!error.description.contains("secret"))
    #expect(error.kind == .configuration)
    #expect(server.requests.count == 1)
  }

  @Test func passwordsDoNotStandInAnyMessage() throws {
    let dead = try deadURL().replacingOccurrences(of: "://", with: "://user:secret@")
    let registry = try open(dead)
    let error = try failure { _ = try registry.latest(subject) }
    #expect(!error.description.contains("secret") && !error.description.contains("user"))
  }

  // MARK: The library

  /// Each of these leaves the client behind in another state.
  static let faults: [RegistryServer.Fault?] = [
    nil, .status(500), .close, .breakOff, .wrongLength, .silence, .stall, .body("{"),
    .raw("junk"), .huge((16 << 20) + 1),
  ]

  @Test(arguments: faults)
  func everyHandleIsFreedOnce(fault: RegistryServer.Fault?) throws {
    let library = try CurlLibrary(loading: CurlLibrary.name)
    do {
      let client = RegistryClient(
        urls: try RegistryURL.parse(list: server.url),
        settings: try RegistrySettings(
          properties: ["request.timeout.ms": fault == nil ? "10000" : "500", "max.retries": "1"],
          environment: [:]),
        clock: recorder.clock, library: { library })
      #expect(library.openCount == 0)
      server.fail(with: fault.map { [$0, $0] } ?? [])
      let registry = HTTPSchemaRegistry(client: client)
      let identifier = try? registry.register(schema, under: subject)
      #expect((identifier == nil) == (fault != nil))
      #expect(library.openCount == 1)
    }
    #expect(library.openCount == 0)
  }

  @Test func aHandleWithOptionsThatAreRefusedIsFreed() throws {
    let library = try CurlLibrary(loading: CurlLibrary.name)
    do {
      let client = RegistryClient(
        urls: try RegistryURL.parse(list: "https://127.0.0.1:\(server.port)"),
        settings: try RegistrySettings(
          properties: ["ssl.ca.location": "/does/not/exist"], environment: [:]),
        clock: recorder.clock, library: { library })
      let error = try failure { _ = try client.answer("GET", "/subjects") }
      guard case .badCertificate = error else {
        Issue.record("\(error)")
        return
      }
      #expect(error.kind == .configuration)
    }
    #expect(library.openCount == 0)
  }

  @Test(arguments: ["libkes-is-not-there.so.4", "libm.so.6"])
  func aMissingLibraryIsSaidToBe(name: String) throws {
    let client = RegistryClient(
      urls: try RegistryURL.parse(list: server.url),
      settings: try RegistrySettings(properties: [:], environment: [:]), clock: recorder.clock,
      library: { () throws(HTTPFailure) in try CurlLibrary(loading: name) })
    let error = try failure { _ = try client.answer("GET", "/subjects") }
    guard case .libraryMissing(let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains(name))
    #expect(error.kind == .environment)
    #expect(server.requests.isEmpty)
  }
}
