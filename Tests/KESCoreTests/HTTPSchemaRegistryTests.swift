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

  private func failure(_ action: () throws -> Void) throws -> Failure {
    try #require(#expect(throws: Failure.self) { try action() })
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
    let error = try failure { _ = try registry.identifier(of: schema, under: subject) }
    #expect(error.registryFault == .unreachable)
    #expect(error.reason.hasSuffix("(3 attempts)"), "\(error)")
    #expect(error.place == Place(server.url + "/subjects/events-value"))
    #expect(error.kind == .unavailable)
    #expect(server.requests.count == 3)
    #expect(recorder.pauses == [7, 14])
  }

  @Test func pausesGrowToALimit() throws {
    let registry = try open(nil, ["max.retries": "100"])
    server.fail(with: Array(repeating: .status(500), count: 101))
    _ = try failure { _ = try registry.identifier(of: schema, under: subject) }
    #expect(recorder.pauses.count == 100)
    #expect(recorder.pauses[7] == 12_800 && recorder.pauses[8...].allSatisfy { $0 == 20_000 })
  }

  @Test func anEndingProcessTriesNoMore() throws {
    let recorder = PauseRecorder(greatestPauses: 1)
    let registry = try HTTPSchemaRegistry(urls: server.url, clock: recorder.clock)
    server.fail(with: Array(repeating: .status(500), count: 10))
    let error = try failure { _ = try registry.identifier(of: schema, under: subject) }
    #expect(error.registryFault == .unreachable)
    #expect(error.reason.hasSuffix(": status 500: scripted (2 attempts)"), "\(error)")
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
    let error = try failure { _ = try hasty.identifier(of: schema, under: subject) }
    #expect(error.description.contains("timed out"))
    #expect(error.kind == .unavailable)
  }

  @Test func aServerThatIsNotThereIsSaidToBe() throws {
    let url = try deadURL()
    let registry = try open(url)
    let error = try failure { _ = try registry.schema(SchemaIdentifier(rawValue: 1)) }
    #expect(error.registryFault == .unreachable)
    #expect(error.place == Place(url + "/schemas/ids/1"))
    #expect(error.description.hasSuffix("(4 attempts); see that it runs there"))
    #expect(error.kind == .unavailable)
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
    let none = try open("\(try deadURL()),\(server.url), \(try deadURL())/")
    let error = try failure { _ = try none.identifier(of: schema, under: subject) }
    #expect(error.registryFault == .unreachable)
    #expect(error.reason.hasSuffix("(12 attempts)"), "\(error)")
  }

  // MARK: A registry that was there

  @Test func aRegistryThatHasAnsweredIsWaitedForAndThatIsTold() throws {
    var notes: [(text: String, paused: Int64)] = []
    var questions = 0
    let recorder = PauseRecorder()
    let watch = RegistryWatch(
      goesOn: {
        questions += 1
        return true
      }, note: { notes.append(($0, recorder.pauses.reduce(0, +))) })
    let registry = try HTTPSchemaRegistry(
      urls: server.url, properties: ["max.retries": "1"], clock: recorder.clock, watch: watch)
    let identifier = try registry.register(schema, under: subject)
    #expect(notes.isEmpty)
    server.fail(with: Array(repeating: .status(503), count: 200))
    #expect(try registry.schema(identifier) == schema)
    let place = server.url + "/schemas/ids/1"
    let waiting =
      "\(place): the schema registry does not answer: status 503: scripted; waiting for it"
    // After a second, every minute, and at the end.
    #expect(notes.count == 5, "\(notes)")
    for note in notes.dropLast() { #expect(note.text.hasPrefix(waiting), "\(note)") }
    #expect(
      notes.last?.text.hasPrefix("\(server.url): the schema registry answers again, after ") == true
    )
    #expect(
      zip(notes.dropLast(), [1000, 61_000, 121_000, 181_000]).allSatisfy {
        (Int64($1)...Int64($1) + 1300).contains($0.paused)
      }, "\(notes)")
    #expect(recorder.pauses.allSatisfy { $0 <= 250 } && questions >= recorder.pauses.count)
    #expect(server.requests.count == 202)
  }

  @Test func whatDoesNotPassEndsTheWaiting() throws {
    let registry = try open()
    let identifier = try registry.register(schema, under: subject)
    server.fail(with: [.status(503), .close, .status(401)])
    let error = try failure { _ = try registry.schema(identifier) }
    #expect(error.registryFault == .refused, "\(error)")
  }

  @Test(arguments: [RegistryServer.Fault.silence, .stall])
  func whoDoesNotWaitAnyMoreEndsARequestUnderWay(fault: RegistryServer.Fault) throws {
    let server = self.server
    let watch = RegistryWatch(goesOn: { server.requests.isEmpty })
    let registry = try HTTPSchemaRegistry(urls: server.url, clock: recorder.clock, watch: watch)
    server.fail(with: [fault])
    let began = ContinuousClock.now
    let error = try failure { _ = try registry.identifier(of: schema, under: subject) }
    #expect(error.registryFault == .unreachable)
    #expect(error.reason.hasSuffix("(1 attempt)"), "\(error)")
    // Much sooner than after request.timeout.ms.
    #expect(ContinuousClock.now - began < .seconds(8))
    #expect(recorder.pauses.isEmpty)
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
    let error = try failure { _ = try registry.identifier(of: schema, under: subject) }
    #expect(error.registryFault == .badAnswer)
    #expect(error.place == Place(server.url + "/subjects/events-value"))
    #expect(error.description.contains(message), "\(error)")
    #expect(error.kind == .unavailable)
    #expect(server.requests.count == 1 && recorder.pauses.isEmpty)
    // And the client goes on.
    #expect(throws: Never.self) { try registry.register(schema, under: subject) }
  }

  @Test func anAnswerWithoutASchemaIsNone() throws {
    server.fail(with: [.body(#"{"schema":7}"#)])
    let error = try failure { _ = try open().schema(SchemaIdentifier(rawValue: 1)) }
    #expect(error.description.contains("found no text \"schema\""), "\(error)")
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func redirectsAreNotFollowed(status: Int) throws {
    let other = try RegistryServer()
    let registry = try open()
    let target = other.url + "/elsewhere"
    server.fail(with: [.status(status, headers: ["Location": target])])
    let error = try failure { _ = try registry.identifier(of: schema, under: subject) }
    #expect(error.description.contains("status \(status), a redirect to \(target)"))
    #expect(other.requests.isEmpty && server.requests.count == 1)
  }

  @Test(arguments: [400, 405, 408, 415, 422])
  func anotherStatusOfTheClientsIsNotTriedAgain(status: Int) throws {
    let registry = try open()
    server.fail(with: [.status(status)])
    let error = try failure { _ = try registry.register(schema, under: subject) }
    #expect(error.registryFault == .rejected)
    #expect(error.reason.hasSuffix(": status \(status): scripted"), "\(error)")
    #expect(error.kind == .configuration)
    #expect(server.requests.count == 1)
  }

  @Test func anIncompatibleSchemaSaysWhy() throws {
    server.configure { $0.rule = { _, _ in ["line one\nline two"] } }
    let registry = try open()
    try _ = registry.register(schema, under: subject)
    let error = try failure { _ = try registry.register(#""long""#, under: subject) }
    #expect(error.registryFault == .incompatible && error.description.contains("line one"))
    #expect(!error.description.contains("\n"))
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
    #expect(
      error == .unsupportedSchema(identifier, place: error.place.name ?? "", what: fault))
  }

  // MARK: References

  private static func record(_ name: String, _ types: String...) -> String {
    let fields = types.enumerated().map { #"{"name":"f\#($0)","type":"\#($1)"}"# }
    return
      #"{"type":"record","name":"\#(name)","namespace":"a","fields":[\#(fields.joined(separator: ","))]}"#
  }

  /// Registers a schema under a subject of its name, which refers to the first versions of others.
  @discardableResult
  private func add(
    _ name: String, _ types: String..., named version: Int = 1
  ) throws -> SchemaIdentifier {
    let text = Self.record(name, types.first ?? "int", types.count > 1 ? types[1] : "int")
    let references = types.filter { $0.hasPrefix("a.") }.map {
      ["name": $0, "subject": $0, "version": version] as [String: Any]
    }
    let body = try JSONSerialization.data(
      withJSONObject: ["schema": text, "references": references])
    var answer = SentResponse(500, body: "")
    server.configure {
      answer = $0.respond(
        to: ReceivedRequest(
          method: "POST", target: "/subjects/a.\(name)/versions",
          headers: ["content-type": "application/json"], body: body))
    }
    let document = try JSONValue(parsing: String(decoding: answer.body, as: UTF8.self))
    return SchemaIdentifier(rawValue: Int32(try #require(document["id"]?.integer)))
  }

  @Test func referencesArePutInWhereTheyAreNamedAndAskedForOnce() throws {
    // a.Top refers to a.Left and a.Right, and both to a.Base.
    try add("Base")
    try add("Left", "a.Base")
    try add("Right", "a.Base")
    let top = try add("Top", "a.Left", "a.Right")
    let registry = try open()
    let text = try registry.schema(top)
    let schema = try AvroSchema(parsing: text)
    #expect(
      schema.types.map(\.name).filter { $0.hasPrefix("a.") } == [
        "a.Top", "a.Left", "a.Base", "a.Right",
      ])
    #expect(try registry.schema(top) == text)
    let versions = server.requests.map(\.target).filter { $0.contains("/versions/") }
    #expect(
      versions == ["a.Left", "a.Base", "a.Right"].map { "/subjects/\($0)/versions/1" })
    // Looked up, it is what it is to the registry.
    #expect(try registry.identifier(of: text, under: SubjectName("a.Top")) == top)
    #expect(server.requests.last?.text.contains(#""references":[{"name":"a.Left""#) == true)
  }

  @Test func aReferenceThatIsMissingIsNamed() throws {
    let top = try add("Top", "a.None", named: 7)
    let error = try failure { _ = try self.open().schema(top) }
    #expect(
      error.description
        == "\(server.url)/subjects/a.None/versions/7: the schema with the id \(top) refers to a.None,"
        + " version 7 of the subject a.None, which is not there; register it, or name the registry that"
        + " the record was written with")
    #expect(error.kind == .badData)
    #expect(server.requests.last?.target == "/subjects/a.None/versions/7?deleted=true")
  }

  @Test func aSchemaThatNeedsItselfIsRefused() throws {
    try add("One", "a.Two")
    try add("Two", "a.One")
    let top = try add("Top", "a.One")
    let error = try failure { _ = try self.open().schema(top) }
    let what = "refers to version 1 of the subject a.One, which refers to itself"
    #expect(error == .unsupportedSchema(top, place: error.place.name ?? "", what: what))
  }

  @Test(
    arguments: [
      #"{"schema":"\"int\"","references":[{"name":"a.B","subject":"b"}]}"#,
      #"{"schema":"\"int\"","references":[7]}"#,
    ])
  func whatIsNoReferenceIsNoAnswer(body: String) throws {
    server.fail(with: [.body(body)])
    let error = try failure { _ = try self.open().schema(SchemaIdentifier(rawValue: 1)) }
    #expect(error.description.contains("found references that are none"))
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
    #expect(
      error
        == .refused(
          place: server.url + "/subjects/events-value/versions", reason: "status 401: Unauthorized")
    )
    #expect(!error.description.contains("secret"))
    #expect(error.kind == .configuration)
    #expect(server.requests.count == 1)
  }

  @Test func passwordsDoNotStandInAnyMessage() throws {
    let dead = try deadURL().replacingOccurrences(of: "://", with: "://user:secret@")
    let registry = try open(dead)
    let error = try failure { _ = try registry.identifier(of: schema, under: subject) }
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
      #expect(error.registryFault == .badCertificate, "\(error)")
      #expect(error.kind == .configuration)
    }
    #expect(library.openCount == 0)
  }

  @Test(arguments: ["libkes-is-not-there.so.4", "libm.so.6"])
  func aMissingLibraryIsSaidToBe(name: String) throws {
    let client = RegistryClient(
      urls: try RegistryURL.parse(list: server.url),
      settings: try RegistrySettings(properties: [:], environment: [:]), clock: recorder.clock,
      library: { () throws(Failure) in try CurlLibrary(loading: name) })
    let error = try failure { _ = try client.answer("GET", "/subjects") }
    #expect(error.registryFault == .libraryMissing)
    #expect(error.reason.contains(name))
    #expect(error.kind == .unavailable)
    #expect(server.requests.isEmpty)
  }
}
