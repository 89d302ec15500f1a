// Messages of topics in pipes: the same as JSON-lines in pipes.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct MessagePipeTests: RunsCommands {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A directory of schemas: as a variable for commands.
  private func makeDirectoryRegistry() throws -> [String: String] {
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
    return ["M": "--framing confluent --registry file:registry"]
  }

  // MARK: Registries

  @Test(
    .enabled(if: ToolRegistry.realURL != nil, "KES_TEST_REGISTRY names no registry"))
  func aRealRegistryGivesTheSessionsOfTheLines() throws {
    try checkRegistry(ToolRegistry(isReal: true))
  }

  @Test func aServerGivesTheSessionsOfTheLines() throws { try checkRegistry(ToolRegistry()) }

  /// Events and session events through a registry's schemas, registered and then looked up.
  private func checkRegistry(_ registry: ToolRegistry) throws {
    let variables = [
      "M": "--framing confluent --registry \(registry.name)",
      "E": registry.subject("events-value"), "S": registry.subject("session-events-value"),
    ]
    let lines = try shell("\(faultyEvents) --events 2000 | kes-segment --emit all")
    for option in ["--registry-register", ""] {
      let pipe = try shell(
        "\(faultyEvents) --events 2000 $M --subject $E \(option) | tee events"
          + " | kes-segment $M --emit all --subject $S \(option) | tee sessions"
          + " | kes-read $M --format json", variables)
      #expect(pipe.output == lines.output)
    }
    for name in ["events", "sessions"] {
      #expect(Set(MessageFile.identifiers(try directory.read(name))).count == 1)
    }
    // Ids are a registry's own: another's schemas do not fit them.
    let unknown = try Program.shell(
      "kes-segment $M --subject $S-none events", environment: variables, directory: directory)
    #expect(unknown.status == 78)
    #expect(unknown.errors.contains("there is no subject \(variables["S"] ?? "")-none"))
  }

  // MARK: Subjects and ids

  @Test func schemasAreLookedUpAndRegisteredOnlyWhereThatIsSaid() throws {
    let variables = try makeDirectoryRegistry()
    let events = "kes-produce --full-speed --seed 1 --start-time 0 --events 10"
    let missing = try Program.shell(
      "\(events) $M", environment: variables, directory: directory)
    #expect(missing.status == 78 && missing.output.isEmpty)
    #expect(
      missing.errors
        == "kes-produce: registry: there is no subject events-value; register the schema under it"
        + " (--registry-register), or name another (--subject)\n")
    try shell("\(events) $M --registry-register > events", variables)
    try shell("\(events) $M > again", variables)
    #expect(try directory.read("again") == directory.read("events"))
    let other = try Program.shell(
      "kes-segment $M events --subject events-value", environment: variables, directory: directory)
    #expect(other.status == 78)
    #expect(
      other.errors
        == "kes-segment: registry: the subject events-value does not have this schema; register it"
        + " first (--registry-register)\n")
    try shell(
      "kes-segment $M events --subject events-value --registry-register > sessions", variables)
    #expect(
      try json(directory.text("registry/subjects.json")) as? NSDictionary == [
        "events-value": [1, 2]
      ])
  }

  @Test func whatIsWrittenAsItWasReadKeepsItsIdWithoutSubjects() throws {
    let variables = try makeDirectoryRegistry()
    try directory.write(eventSchema, to: "registry/12.avsc")
    try shell("\(faultyEvents) --events 3000 > events.jsonl", variables)
    let events = "kes-produce --replay --speed max events.jsonl"
    try shell(
      "\(events) $M --registry-register > events; rm registry/subjects.json", variables)
    #expect(Set(MessageFile.identifiers(try directory.read("events"))) == [12])
    for command in [
      "kes-read $M --format avro events", "kes-purge $M events",
      "kes-produce $M --replay --speed max events",
    ] {
      try shell("\(command) > passed", variables)
      #expect(try directory.read("passed") == directory.read("events"), "\(command)")
    }
    // Late events are events as they were; --subject speaks of the session events.
    try shell(
      "kes-segment $M --lateness 1s --late-output late --subject mine --registry-register events"
        + " > sessions; kes-read $M --format json late > late.jsonl;"
        + " kes-segment --lateness 1s --late-output late.lines events.jsonl > sessions.jsonl;"
        + " kes-read --format json late.lines > late.expected", variables)
    #expect(try directory.read("late.jsonl") == directory.read("late.expected"))
    #expect(Set(MessageFile.identifiers(try directory.read("late"))) == [12])
    #expect(
      try json(directory.text("registry/subjects.json")) as? NSDictionary == ["mine": [13]])
  }

  @Test func aDumpIsReplayedOfflineFromSchemasByTheirIds() throws {
    let server = try ToolRegistry()
    let online = ["M": "--framing confluent --registry \(server.name)"]
    let offline = try makeDirectoryRegistry()
    let lines = try shell("\(faultyEvents) --events 500")
    try shell("\(faultyEvents) --events 500 $M --registry-register > dump", online)
    server.server?.stop()
    let identifier = MessageFile.identifiers(try directory.read("dump"))[0]
    try directory.write(eventSchema, to: "registry/\(identifier).avsc")
    #expect(try shell("kes-read $M --format json dump", offline).output == lines.output)
    #expect(
      try shell("kes-segment $M --format json dump", offline).output
        == shell("\(faultyEvents) --events 500 | kes-segment").output)
  }

  @Test func otherFormsAmongTheInputsAreKnownByTheirFirstBytes() throws {
    let variables = try makeDirectoryRegistry()
    try shell(
      "\(faultyEvents) --events 300 > 1.jsonl; \(faultyEvents) --events 300 --format avro > 2.avro;"
        + " \(faultyEvents) --events 300 $M --registry-register > 3.frames", variables)
    let lines = try shell("cat 1.jsonl 1.jsonl 1.jsonl 1.jsonl")
    for order in ["1.jsonl 2.avro 3.frames 1.jsonl", "3.frames 2.avro 1.jsonl 3.frames"] {
      #expect(try shell("kes-read $M --format json \(order)", variables).output == lines.output)
    }
    let all = try shell(
      "kes-read $M --input-format avro 2.avro 3.frames --format json -c 600", variables)
    #expect(all.lines.count == 600)
    let read = try shell(
      "kes-segment $M --registry-register < 1.jsonl > s; kes-read $M s -c 1", variables)
    #expect(read.lines.count == 1)
  }

  @Test func messagesOfManySchemasKeepTheirOwn() throws {
    let variables = try makeDirectoryRegistry()
    try shell("\(faultyEvents) --events 1000 $M --registry-register > one", variables)
    try directory.write(sitedEventSchema, to: "registry/2.avsc")
    let varied = MessageFile.varied(
      try directory.read("one"), every: 3, to: 2, suffix: siteSuffix)
    try directory.write(varied, to: "many")
    // As JSON-lines each stays what it is.
    let shown = try shell("kes-read $M --format json many", variables).lines
    #expect(shown.count { $0.contains(#""site":"north""#) } * 3 >= shown.count)
    #expect(shown.count { $0.contains(#""site":"none""#) } == 0)
    for command in [
      "kes-read $M --format avro many", "kes-purge $M many",
      "kes-produce $M --replay --speed max many",
    ] {
      #expect(try shell(command, variables).output == varied, "\(command)")
    }
    // A container has one schema: that of the first.
    let first = MessageFile.framed(MessageFile.messages(varied)[0] ?? Data())
    try directory.write(varied.dropFirst(first.count), to: "rest")
    let container = "--output-framing container --format avro"
    let sited = try shell("kes-read $M \(container) many | kes-read --format json", variables)
    #expect(sited.lines.count { $0.contains(#""site":"none""#) } * 3 > shown.count)
    let plain = try shell("kes-read $M \(container) rest | kes-read --format json", variables)
    #expect(plain.lines.count == shown.count - 1 && !plain.text.contains("site"))
    let lines = try shell("kes-segment --emit all < <(kes-read $M --format json one)", variables)
    // Each session event has the schema of its event, and a closing that of the event before it.
    for rules in ["", "--lateness 2s --reorder", "--duplicates mark"] {
      let events = try shell(
        "kes-segment \(rules) --emit all < <(kes-read $M --format json many)", variables)
      let sessions = try shell(
        "kes-segment $M \(rules) --emit all --registry-register many | tee sessions"
          + " | kes-read $M --format json", variables)
      expectOwnSchemas(sessions.lines, of: events.lines, rules)
    }
    let late = try shell(
      "kes-segment $M --lateness 1s --late-output late many | cat > /dev/null;"
        + " kes-read $M --format json late", variables)
    #expect(late.text.contains("site") && !late.text.contains("none"))
    for name in ["one", "many"] {
      let sessions = try shell(
        "kes-segment $M --emit all --registry-register \(name) --schema registry/1.avsc"
          + " | kes-read $M --format json", variables)
      #expect(sessions.output == lines.output, "\(name)")
    }
  }

  /// Compares session events of many schemas with those of JSON lines: events are alike, closings have
  /// the field of the event before them, empty or its default.
  private func expectOwnSchemas(
    _ found: [String], of expected: [String], _ remark: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count == expected.count, "\(remark)", sourceLocation: sourceLocation)
    var isSited = false
    for (line, other) in zip(found, expected) {
      let isClosing = line.contains("SessionClosed")
      if !isClosing { isSited = line.contains(#""site":"north""#) }
      let bare = line.replacingOccurrences(of: #","site":"none""#, with: "")
      #expect(bare == other, "\(remark)", sourceLocation: sourceLocation)
      let hasField = line.contains(#""site":"#)
      #expect(hasField == isSited, "\(remark): \(line)", sourceLocation: sourceLocation)
    }
  }

  @Test func schemasThatReferToOthersAreReadAndKeepTheirIds() throws {
    let (server, registry) = (try RegistryServer(), try makeDirectoryRegistry())
    let branches = ["DeviceWokeUp", "DataReceived", "AllDataSent"]
    let whole = try json(eventSchema) as? [String: Any]
    let fields = try #require(whole?["fields"] as? [[String: Any]])
    let declared = try #require(fields[2]["type"] as? [[String: Any]])
    var refers = try #require(whole)
    refers["namespace"] = "com.acme"
    refers["fields"] = [
      fields[0], fields[1], ["name": "event", "type": branches.map { "com.acme." + $0 }],
    ]
    func text(_ document: Any) throws -> String {
      String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
    }
    func add(_ subject: String, _ schema: String, _ references: [[String: Any]] = []) throws {
      let body = try JSONSerialization.data(
        withJSONObject: ["schema": schema, "references": references])
      server.configure { model in
        _ = model.respond(
          to: ReceivedRequest(
            method: "POST", target: "/subjects/\(subject)/versions",
            headers: ["content-type": "application/json"], body: body))
      }
    }
    for (name, var type) in zip(branches, declared) {
      type["namespace"] = "com.acme"
      try add("com.acme." + name, try text(type))
      try directory.write(try text(type), to: "registry/com.acme.\(name).avsc")
    }
    try add(
      "events-value", try text(refers),
      branches.map { ["name": "com.acme." + $0, "subject": "com.acme." + $0, "version": 1] })
    try directory.write(try text(refers), to: "registry/4.avsc")
    let events = try shell(
      "\(faultyEvents) --events 500 --format avro > plain; kes-read --format json plain")
    try directory.write(eventSchema, to: "registry/9.avsc")
    try shell(
      "kes-read $M --format avro plain --subject plain --registry-register > nine", registry)
    let messages = MessageFile.messages(try directory.read("nine")).map {
      MessageFile.framed(4, $0?.dropFirst(5) ?? Data())
    }
    try directory.write(messages.reduce(Data(), +), to: "events")
    let lines = try shell("kes-segment --emit all", [:], input: .text(events.text))
    for variables in [["M": "--framing confluent --registry \(server.url)"], registry] {
      #expect(try shell("kes-read $M --format json events", variables).text == events.text)
      #expect(
        try shell("kes-read $M --format avro events", variables).output == directory.read("events"))
      let sessions = try shell(
        "kes-segment $M --emit all --registry-register events | kes-read $M --format json",
        variables)
      #expect(sessions.text == lines.text)
    }
  }

  // MARK: Live

  @Test func aFileThatGrowsIsFollowed() throws {
    let variables = try makeDirectoryRegistry()
    try shell("\(faultyEvents) --events 200 $M --registry-register > whole", variables)
    let whole = try directory.read("whole")
    let ends = MessageFile.messages(whole).reduce(into: [0]) { ends, message in
      ends.append(ends[ends.count - 1] + MessageFile.framed(message ?? Data()).count)
    }
    try directory.write(Data(), to: "growing")
    let running = try RunningProgram(
      "kes-read",
      [
        "--follow", "--format", "json", "--framing", "confluent", "--registry", "file:registry",
        "growing",
      ], directory: directory)
    let growing = try FileHandle(forWritingTo: directory.url.appendingPathComponent("growing"))
    let lines = try shell("kes-read $M --format json whole", variables).lines
    var start = 0
    // Ends inside a length, inside a message, between two.
    for cut in [2, 4, 9, ends[1], ends[1] + 1, ends[7] - 1, ends[100], whole.count] {
      try growing.write(contentsOf: whole[start..<cut])
      start = cut
      let shown = lines.prefix(ends.count { $0 <= cut } - 1).map { $0 + "\n" }.joined()
      #expect(running.waits { running.outputSoFar == shown }, "cut at \(cut)")
    }
    running.send(SIGTERM)
    let ended = try running.finish()
    #expect(ended.signal == SIGTERM && ended.errors == "")
  }

  @Test func eventsAtTheirPaceAreNotHeldBack() throws {
    _ = try makeDirectoryRegistry()
    let running = try RunningProgram(
      path: "/bin/bash",
      [
        "-c",
        "kes-produce --rate 20 --framing confluent --registry file:registry --registry-register"
          + " | kes-read --framing confluent --registry file:registry & echo $!; wait",
      ], input: .empty, environment: [:], directory: directory)
    #expect(running.waits { running.outputSoFar.contains("DeviceWokeUp()") })
    // The shell may name it later than it writes.
    let names = { running.outputSoFar.split(separator: "\n").compactMap { Int32($0) } }
    #expect(running.waits { !names().isEmpty })
    kill(try #require(names().first), SIGTERM)
    _ = try running.finish()
  }

  @Test func aClosedPipeEndsItQuietly() throws {
    let variables = try makeDirectoryRegistry()
    try shell("\(faultyEvents) --events 50000 $M --registry-register > events", variables)
    let ended = try Program.shell(
      "kes-segment $M --registry-register events | head -c 10 > /dev/null; exit ${PIPESTATUS[0]}",
      environment: variables, directory: directory)
    #expect(ended.status == 128 + SIGPIPE && ended.errors == "")
  }
}
