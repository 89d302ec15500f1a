// What goes wrong with messages, and with the registry of their schemas.

import Foundation
import KESCore
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct MessageFaultTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
    try directory.write(eventSchema, to: "registry/1.avsc")
  }

  private static let offline = ["--framing", "confluent", "--registry", "file:registry"]

  private func read(
    _ input: Data, _ arguments: [String] = [], tool: String = "kes-read"
  ) throws -> Finished {
    try Program.run(
      tool, Self.offline + ["--format", "json"] + arguments, input: .data(input),
      directory: directory)
  }

  private static func woke(_ device: String, _ time: Int64 = 1000) -> Data {
    MessageFile.framed(1, RawContainer.woke(device, time))
  }

  /// What a tool says: one line, with its name.
  private func expectOneLine(
    _ ended: Finished, _ tool: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      ended.errors.hasPrefix("\(tool): ") && ended.errors.count { $0.isNewline } == 1
        && ended.errors.hasSuffix("\n"), "\(ended.errors)", sourceLocation: sourceLocation)
  }

  // MARK: Messages

  /// What stands between two good messages, its place and what is said of it, and whether the second
  /// good message can be read.
  static let faults: [(bytes: Data, reason: String, isPassed: Bool)] = [
    (MessageFile.framed(Data()), "expected a message with a schema id, found no bytes", true),
    (
      MessageFile.framed(Data([1, 2])), "expected the magic byte 0 before a schema id, found 1",
      true
    ),
    (
      MessageFile.framed(Data([0, 2])), "expected 5 bytes of magic byte and schema id, found 2",
      true
    ),
    (
      MessageFile.framed(1, RawContainer.woke("b", 1) + Data([0])),
      "bytes behind the message's last record", true
    ),
    (
      MessageFile.framed(1, Data([200, 200])), "a value goes on behind the end of its message",
      true
    ),
    (
      MessageFile.framed(1, Data([2, 0xFF]) + RawContainer.long(1) + Data([0])),
      "a string that is not UTF-8 for \"device\"", true
    ),
    (
      MessageFile.framed(9, Data()),
      "registry: there is no schema with the id 9; name the registry that the record was written"
        + " with", true
    ),
    (
      MessageFile.framed(Data(repeating: 0, count: 1001)),
      "a message longer than 1000 bytes; --max-record SIZE allows longer ones", true
    ),
    (
      MessageFile.word(-7),
      "a length of -7, which no message has; expected messages behind their lengths, as"
        + " kcat -f '%R%s' writes them", false
    ),
    (
      MessageFile.word(900) + Data(repeating: 1, count: 100), "it ends inside a message", false
    ),
  ]

  @Test(arguments: faults)
  func aWrongMessageEndsTheRunOrIsPassedOver(bytes: Data, reason: String, isPassed: Bool) throws {
    let good = Self.woke("a")
    let input = good + bytes + Self.woke("z")
    let place = "stdin: message 2, byte \(good.count)"
    for tool in ["kes-read", "kes-segment"] {
      let failed = try read(input, ["--max-record", "1000"], tool: tool)
      #expect(failed.status == 65 && failed.lines.count == 1)
      #expect(failed.errors == "\(tool): \(place): \(reason)\n")
      let skipped = try read(
        input, ["--max-record", "1000", "--on-error", "skip", "--stats"], tool: tool)
      #expect(skipped.status == 1 && skipped.lines.count == (isPassed ? 2 : 1))
      let figures = try #require(try stats(of: skipped))
      #expect(figures["records"] == (isPassed ? 3 : 2) && figures["rejected"] == 1)
      let kept = try read(input, ["--max-record", "1000", "--dead-letter", "dead"], tool: tool)
      #expect(kept.status == 0 && kept.errors == "")
      let letter = try directory.text("dead").dropLast().components(separatedBy: "\t")
      #expect(letter.count == 3 && letter[0] == place && letter[1] == reason)
      // Of a message that has an end, that is kept; else all that came.
      let lost = isPassed ? bytes.dropFirst(4) : bytes + Self.woke("z")
      #expect(letter[2] == lost.map { String(format: "%02x", $0) }.joined())
    }
  }

  @Test(arguments: ["kes-read", "kes-segment", "kes-purge", "kes-produce --replay --speed max"])
  func messagesThatNobodyExpectsAreSaidToBe(tool: String) throws {
    let messages = ProgramInput.data(Self.woke("a") + Self.woke("b"))
    let failed = try Program.shell(tool, input: messages, directory: directory)
    #expect(failed.status == 65)
    #expect(failed.errors.contains("; messages of topics are read with --framing confluent\n"))
    let lines = try Program.shell(
      tool, input: .text("x" + EventLines.woke("a", 1)), directory: directory)
    #expect(lines.status == 65 && !lines.errors.contains("--framing"))
  }

  @Test func tombstonesAreFilteredWhereverTheyStand() throws {
    // As many as make whole batches without any event.
    let many = Data((0..<60_000).flatMap { _ in MessageFile.tombstone })
    let input = many + Self.woke("a") + MessageFile.tombstone + Self.woke("b", 1001) + many
    for tool in ["kes-read", "kes-segment", "kes-purge"] {
      let ended = try read(input, ["--stats"], tool: tool)
      #expect(ended.status == 0 && ended.lines.count == 2, "\(tool): \(ended.errors)")
      let figures = try #require(try stats(of: ended))
      #expect(figures["records"] == 120_003 && figures["filtered"] == 120_001)
    }
    let replayed = try read(
      input, ["--replay", "--speed", "max", "--stats"], tool: "kes-produce")
    #expect(try #require(try stats(of: replayed))["filtered"] == 120_001)
    let counted = try read(input, ["-c", "1", "--stats"])
    #expect(counted.status == 0 && counted.lines.count == 1)
    let segmented = try read(input, ["-c", "60002", "--stats"], tool: "kes-segment")
    #expect(try #require(try stats(of: segmented))["filtered"] == 60_001)
  }

  @Test func aMessageThatGrowsIsReadWhenItIsWhole() throws {
    let events = [Self.woke("a"), Self.woke("b", 1001), Self.woke("c", 1002)]
    let whole = events.reduce(Data(), +)
    let run =
      Self.offline + [
        "in", "--format", "json", "--state", "state", "--output", "out", "--dead-letter", "dead",
      ]
    for end in [events[0].count + 2, events[0].count + 9, whole.count - 1, whole.count] {
      try directory.write(whole.prefix(end), to: "in")
      let ended = try Program.run("kes-segment", run, directory: directory)
      #expect(ended.status == 0)
    }
    let undisturbed = try read(whole, tool: "kes-segment")
    #expect(try directory.read("out") == undisturbed.output)
    #expect(try directory.text("dead").isEmpty)
  }

  // MARK: The registry

  private static let quick = ["--registry-property", "retries.wait.ms=1"]
  private static let impatient = quick + ["--registry-property", "request.timeout.ms=1000"]

  private static func online(_ server: RegistryServer) -> [String] {
    ["--framing", "confluent", "--registry", server.url]
  }

  /// A server that has `Event` with the id 1, and session events with the id 2.
  private func makeServer(authorization: String? = nil) throws -> RegistryServer {
    let server = try RegistryServer(authorization: authorization)
    server.configure { model in
      for (subject, name) in [("events-value", "event"), ("session-events-value", "session")] {
        let schema = name == "event" ? eventSchema : sessionEventSchema
        let body = try? JSONSerialization.data(withJSONObject: ["schema": schema])
        _ = model.respond(
          to: ReceivedRequest(
            method: "POST", target: "/subjects/\(subject)/versions",
            headers: ["content-type": "application/json"], body: body ?? Data()))
      }
    }
    return server
  }

  static let passingFaults: [RegistryServer.Fault] = [
    .status(500), .status(503), .status(429), .silence, .stall, .close, .breakOff, .wrongLength,
  ]

  @Test(arguments: passingFaults.indices)
  func whatPassesIsTriedAgain(index: Int) throws {
    let server = try makeServer()
    server.fail(with: [Self.passingFaults[index], Self.passingFaults[index]])
    let ended = try Program.run(
      "kes-segment", Self.online(server) + Self.impatient, input: .data(Self.woke("a")))
    #expect(ended.status == 0 && ended.errors == "")
    #expect(MessageFile.identifiers(ended.output) == [2])
    #expect(server.requests.count == 4)
  }

  @Test func aServerThatIsSilentIsNotWaitedForLongerThanIsSaid() throws {
    let server = try makeServer()
    server.fail(with: [.silence, .stall])
    let ended = try Program.run(
      "kes-read", Self.online(server) + Self.impatient + ["--registry-property", "max.retries=1"],
      input: .data(Self.woke("a")))
    #expect(ended.status == 69 && ended.output.isEmpty)
    expectOneLine(ended, "kes-read")
    #expect(ended.errors.contains("the schema registry does not answer: Operation timed out"))
  }

  /// What the server does for ever, and what that means.
  static let lastingFaults: [(RegistryServer.Fault, Int32, String)] = [
    (.status(500), 69, "does not answer: status 500: scripted (2 attempts)"),
    (.close, 69, "does not answer: "),
    (.raw("garbage\r\n\r\n"), 69, "expected the answer of a schema registry, found "),
    (
      .body("<html>\n</html>"), 69,
      "expected the answer of a schema registry, found what is not JSON"
    ),
    (.body("{}"), 69, "found no text \"schema\""),
    (.huge(17 << 20), 69, "expected the answer of a schema registry, found more than "),
    (
      .status(302, headers: ["Location": "http://elsewhere/"]), 69,
      "a redirect to http://elsewhere/"
    ),
    (.status(401), 78, "the schema registry refuses access: status 401"),
    (.status(403), 78, "the schema registry refuses access: status 403"),
    (.status(404), 69, "found status 404"),
    (.status(422), 78, "the schema registry rejects the request: status 422"),
  ]

  @Test(arguments: lastingFaults.indices)
  func whatLastsEndsTheRunWithItsStatusAndOneLine(index: Int) throws {
    let (fault, status, reason) = Self.lastingFaults[index]
    let server = try makeServer()
    server.fail(with: [fault, fault])
    let ended = try Program.run(
      "kes-read", Self.online(server) + Self.quick + ["--registry-property", "max.retries=1"],
      input: .data(Self.woke("a")))
    #expect(ended.status == status && ended.output.isEmpty)
    expectOneLine(ended, "kes-read")
    #expect(ended.errors.contains("\(server.url)/schemas/ids/1: "), "\(ended.errors)")
    #expect(ended.errors.contains(reason), "\(ended.errors)")
  }

  @Test func whereNobodyListensNothingIsAnswered() throws {
    let server = try makeServer()
    let url = server.url
    server.stop()
    let arguments = ["--framing", "confluent", "--registry", url, "--full-speed", "--events", "9"]
    let ended = try Program.run("kes-produce", arguments + Self.quick)
    #expect(ended.status == 69 && ended.output.isEmpty)
    expectOneLine(ended, "kes-produce")
    #expect(
      ended.errors.contains("\(url)/subjects/events-value: the schema registry does not answer"))
  }

  @Test func credentialsComeFromTheEnvironmentOrTheURLAndAreNeverShown() throws {
    let server = try makeServer(authorization: RegistryServer.basic("ann:s3cret"))
    let withUser = server.url.replacingOccurrences(of: "//", with: "//ann:s3cret@")
    let withOther = server.url.replacingOccurrences(of: "//", with: "//ann:wr0ng@")
    let cases: [(url: String, property: String?, environment: [String: String], status: Int32)] = [
      (server.url, nil, [:], 78),
      (server.url, nil, ["KES_REGISTRY_USER_INFO": "ann:s3cret"], 0),
      (server.url, nil, ["KES_REGISTRY_USER_INFO": "ann:wr0ng"], 78),
      (server.url, nil, ["KES_REGISTRY_USER_INFO": "s3cret"], 78),
      (withUser, nil, [:], 0),
      (withOther, nil, [:], 78),
      (withOther, "basic.auth.user.info=ann:s3cret", [:], 0),
      (server.url, "basic.auth.user.info=s3cret", [:], 78),
      (server.url, "bearer.auth.token=s3cret", [:], 78),
      (server.url, "basic.auth.user.inf=s3cret", [:], 78),
      (server.url, "s3cret", [:], 64),
      (server.url, "=s3cret", [:], 64),
      ("http://ann:s3cret@:8081", nil, [:], 78),
      ("ann:s3cret@localhost:8081", nil, [:], 78),
    ]
    for (url, property, environment, status) in cases {
      let ended = try Program.run(
        "kes-read",
        ["--framing", "confluent", "--registry", url]
          + (property.map { ["--registry-property", $0] } ?? []),
        input: .data(Self.woke("a")), environment: environment)
      #expect(ended.status == status, "\(url) \(property ?? ""): \(ended.errors)")
      if status == 0 {
        #expect(ended.text == "[a] DeviceWokeUp()\n")
      } else {
        expectOneLine(ended, "kes-read")
        #expect(!ended.errors.contains("s3cret") && !ended.errors.contains("wr0ng"))
        #expect(ended.output.isEmpty)
      }
    }
  }

  @Test(
    .enabled(
      if: OpenSSL.isThere, "there is no openssl on the PATH; scripts/setup check installs it"))
  func theAuthorityOfAServerIsNamedByTheEnvironment() throws {
    let authority = try CertificateAuthority("authority", in: directory.url)
    try FileManager.default.createDirectory(
      atPath: directory.path("schemas/ids"), withIntermediateDirectories: true)
    let answer = try JSONSerialization.data(withJSONObject: ["schema": eventSchema])
    try directory.write(answer, to: "schemas/ids/1")
    let server = try TLSFileServer(directory: directory.url, identity: authority.issue("server"))
    let arguments = ["--framing", "confluent", "--registry", server.url]
    let trusted = try Program.run(
      "kes-read", arguments, input: .data(Self.woke("a")),
      environment: ["KES_REGISTRY_CA": authority.certificate])
    #expect(trusted.status == 0 && trusted.text == "[a] DeviceWokeUp()\n", "\(trusted.errors)")
    let untrusted = try Program.run("kes-read", arguments, input: .data(Self.woke("a")))
    #expect(untrusted.status == 78 && untrusted.output.isEmpty)
    expectOneLine(untrusted, "kes-read")
    #expect(untrusted.errors.contains("cannot trust the schema registry"))
    #expect(untrusted.errors.contains("KES_REGISTRY_CA"))
  }

  @Test func aSchemaThatDoesNotFitIsBadData() throws {
    let server = try makeServer()
    server.configure { $0.rule = { _, _ in ["a field is missing"] } }
    let ended = try Program.run(
      "kes-segment", Self.online(server) + ["--registry-register", "--subject", "events-value"],
      input: .data(Self.woke("a")))
    #expect(ended.status == 65 && ended.output.isEmpty)
    expectOneLine(ended, "kes-segment")
    #expect(
      ended.errors.contains("does not fit the earlier ones under the subject events-value"))
    #expect(ended.errors.contains("a field is missing"))
  }

  @Test func whatStandsBeforeAMessageThatCannotBeReadIsWrittenAndCommitted() throws {
    let server = try makeServer()
    let events = [
      Self.woke("a"), Self.woke("b", 1001), MessageFile.framed(2, sessionOf("c", 1002)),
    ]
    try directory.write(events.reduce(Data(), +), to: "in")
    let run =
      Self.online(server) + Self.quick + [
        "in", "--format", "json", "--state", "state", "--output", "out",
        "--session-field", "sid",
      ]
    server.fail(with: [.answerAndClose, .body("{}")])
    let failed = try Program.run("kes-segment", run, directory: directory)
    #expect(failed.status == 69)
    #expect(failed.errors.contains("\(server.url)/schemas/ids/2: "), "\(failed.errors)")
    #expect(try directory.text("out").split(separator: "\n").count == 2)
    server.fail(with: [.body("{}")])
    let again = try Program.run("kes-segment", run, directory: directory)
    #expect(again.status == 69)
    #expect(try directory.text("out").split(separator: "\n").count == 2)
    let last = try Program.run("kes-segment", run, directory: directory)
    #expect(last.status == 0, "\(last.errors)")
    let lines = try directory.text("out").split(separator: "\n")
    #expect(lines.count == 3 && lines[2].contains(#""device":"c""#))
    let undisturbed = try Program.run(
      "kes-segment", Self.online(server) + ["in", "--format", "json", "--session-field", "sid"],
      directory: directory)
    #expect(try directory.read("out") == undisturbed.output)
  }

  // MARK: Signals

  @Test func aSignalEndsTheWaitForARegistryAtOnce() throws {
    let server = try makeServer()
    server.fail(with: [.answerAndClose] + Array(repeating: .status(500), count: 1000))
    let arguments = Self.online(server) + ["--format", "json", "-q"]
    let input = Self.woke("a") + MessageFile.framed(2, sessionOf("c", 1002))
    let reader = try RunningProgram("kes-read", arguments, input: .data(input))
    #expect(reader.waits { server.requests.count == 2 })
    reader.send(SIGTERM)
    let ended = try reader.finish()
    // What came before is written.
    #expect(ended.signal == SIGTERM && ended.errors == "" && ended.lines.count == 1)
  }

  @Test func aSignalEndsARequestThatIsUnderWay() throws {
    let server = try makeServer()
    server.fail(with: [.answerAndClose, .silence])
    let arguments = Self.online(server) + ["--format", "json", "-q", "--registry-property"]
    let input = Self.woke("a") + MessageFile.framed(2, sessionOf("c", 1002))
    // Without the signal it would wait as long as the test does.
    let reader = try RunningProgram(
      "kes-read", arguments + ["request.timeout.ms=3600000"], input: .data(input))
    #expect(reader.waits { server.requests.count == 2 })
    reader.send(SIGTERM)
    let ended = try reader.finish()
    #expect(ended.signal == SIGTERM && ended.errors == "" && ended.lines.count == 1)
  }

  @Test func aRegistryThatComesBackIsWaitedFor() throws {
    let server = try makeServer()
    server.fail(with: [.answerAndClose] + Array(repeating: .status(503), count: 6))
    let arguments = Self.online(server) + ["--format", "json", "--stats=0.1"]
    let input = Self.woke("a") + MessageFile.framed(2, sessionOf("c", 1002))
    let ended = try Program.run("kes-read", arguments, input: .data(input))
    #expect(ended.status == 0 && ended.lines.count == 2, "\(ended.errors)")
    let messages = ended.errors.split(separator: "\n").filter { !$0.hasPrefix("{") }
    let place = "kes-read: \(server.url)"
    #expect(messages.count == 2, "\(messages)")
    #expect(
      messages.first?.hasPrefix(
        "\(place)/schemas/ids/2: the schema registry does not answer: status 503: scripted; waiting"
      )
        == true)
    #expect(messages.last?.hasPrefix("\(place): the schema registry answers again") == true)
    // The figures go on meanwhile.
    let figures = ended.errors.split(separator: "\n").filter { $0.hasPrefix("{\"records\":1,") }
    #expect(figures.count >= 10, "\(ended.errors)")
  }

  @Test func aSignalEndsTheWaitForTheSubjectOfTheOutputAtOnce() throws {
    let server = try makeServer()
    server.fail(with: [.status(500)])
    let arguments = Self.online(server) + ["--registry-property", "retries.wait.ms=3600000"]
    let writer = try RunningProgram("kes-produce", arguments)
    #expect(writer.waits { server.requests.count == 1 })
    writer.send(SIGINT)
    let ended = try writer.finish()
    #expect(ended.signal == SIGINT && ended.output.isEmpty)
    expectOneLine(ended, "kes-produce")
  }

  // MARK: Usage

  static let usage: [(tool: String, arguments: String, message: String)] = [
    (
      "kes-segment", "--framing confluent",
      "--framing confluent needs --registry: where the schemas are"
    ),
    (
      "kes-segment", "--output-framing confluent",
      "--output-framing confluent needs --registry: where the schemas are"
    ),
    (
      "kes-read", "--registry file:registry",
      "--registry is for messages: say --framing confluent, or --output-framing confluent, or name a"
        + " topic"
    ),
    ("kes-read", "--registry-property max.retries=1", "--registry-property needs --registry"),
    ("kes-read", "$M --registry-property max.retries", "--registry-property takes NAME=VALUE"),
    (
      "kes-segment", "--subject a",
      "--subject is for output of messages: say --output-framing confluent"
    ),
    (
      "kes-segment", "--registry-register",
      "--registry-register is for output of messages: say --output-framing confluent"
    ),
    (
      "kes-segment", "$M --output-framing container --subject a",
      "--subject is for output of messages: say --output-framing confluent"
    ),
    ("kes-segment", "$M --subject ''", "--subject needs a name"),
    (
      "kes-segment", "$M --format json --subject a",
      "--subject is for output of messages: say --format avro"
    ),
    (
      "kes-produce", "$M --format text --registry-register",
      "--registry-register is for output of messages: say --format avro"
    ),
    ("kes-read", "$M --subject a", "--subject is for output of messages: say --format avro"),
    (
      "kes-segment", "--output-framing confluent --registry file:registry --format json",
      "--output-framing confluent is for Avro output: say --format avro"
    ),
    (
      "kes-purge", "--output-framing confluent --registry file:registry --format text",
      "--output-framing confluent is for Avro output: say --format avro"
    ),
    (
      "kes-segment", "$M --codec deflate",
      "--codec is for container files: messages are not compressed"
    ),
    ("kes-read", "$M --codec deflate", "--codec is for Avro output: say --format avro"),
    ("kes-read", "$M --state state", "--framing and --registry are for records, not for --state"),
    ("kes-segment", "--framing kafka", "'kafka' is invalid for '--framing"),
  ]

  @Test(arguments: usage)
  func whatDoesNotGoTogetherIsRefused(tool: String, arguments: String, message: String) throws {
    let ended = try Program.shell(
      "\(tool) \(arguments)", environment: ["M": "--framing confluent --registry file:registry"],
      directory: directory)
    #expect(ended.status == 64 && ended.output.isEmpty)
    expectOneLine(ended, tool)
    #expect(ended.errors.hasPrefix("\(tool): "))
    #expect(ended.errors.contains(message), "\(ended.errors)")
  }

  static let configurations: [(registry: String, message: String)] = [
    (
      "localhost:8081",
      "expected http://HOST:PORT, https://HOST:PORT or file:DIRECTORY, found one without"
    ),
    ("", "found one without http:// or https://"),
    ("http://localhost:99999", "found one with a bad host or port"),
    ("http://localhost:8081,", "found one without http:// or https://"),
    ("file:", "found file: without a name"),
    ("file:nowhere", "nowhere: there is no such directory of schemas; create it, or name another"),
    ("file://host/registry", "found file:// with the name of a host"),
  ]

  @Test(arguments: configurations)
  func aRegistryThatCannotBeOneIsRefusedBeforeAnythingIsTouched(
    registry: String, message: String
  ) throws {
    try directory.write("precious", to: "out")
    for tool in ["kes-read", "kes-segment", "kes-purge"] {
      let ended = try Program.run(
        tool,
        ["--framing", "confluent", "--registry", registry, "--format", "avro", "--output", "out"],
        directory: directory)
      #expect(ended.status == 78)
      expectOneLine(ended, tool)
      #expect(ended.errors.contains(message), "\(ended.errors)")
      #expect(try directory.text("out") == "precious", "\(tool)")
    }
  }
}

/// The schema of session events.
private let sessionEventSchema = AvroSchema.event.withSession(marksDuplicates: false)?.text ?? ""

/// A datum of that.
private func sessionOf(_ device: String, _ time: Int64) -> Data {
  RawContainer.woke(device, time) + RawContainer.text("0123456789abc")
}
