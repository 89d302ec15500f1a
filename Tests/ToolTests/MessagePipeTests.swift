// Messages of topics in pipes: the same as JSON-lines in pipes.

import Foundation
import TestSupport
import Testing

@Suite struct MessagePipeTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @discardableResult
  private func shell(
    _ command: String, _ variables: [String: String] = [:]
  ) throws -> Finished {
    let ended = try Program.shell(
      "set -o pipefail; " + command, environment: variables, directory: directory)
    #expect(ended.status == 0 && ended.errors == "", "\(command): \(ended.errors)")
    return ended
  }

  /// A directory of schemas: as a variable for commands.
  private func makeDirectoryRegistry() throws -> [String: String] {
    try FileManager.default.createDirectory(
      atPath: directory.path("registry"), withIntermediateDirectories: true)
    return ["M": "--framing confluent --registry file:registry"]
  }

  // MARK: All ways

  /// How records stand between two tools.
  enum Passage: String, CaseIterable, CustomTestStringConvertible {
    case json, container, messages
    var testDescription: String { rawValue }

    /// The options by which they are written.
    var writing: String {
      switch self {
      case .json: "--format json"
      case .container: "--format avro"
      case .messages: "--output-framing confluent --registry $R --registry-register"
      }
    }

    /// The options by which they are read, where what is written needs a registry, or does not.
    func reading(_ output: Passage?) -> String {
      if self != .messages { return "" }
      switch output {
      case .messages: return "--framing confluent"
      case .container: return "--framing confluent --output-framing container --registry $R"
      case .json, nil: return "--framing confluent --registry $R"
      }
    }
  }

  @Test(arguments: Passage.allCases, Passage.allCases)
  func everyFormInAndOutGivesTheSessionsOfTheLines(first: Passage, second: Passage) throws {
    let registry = try ToolRegistry()
    let rules = "--emit all --duplicates mark --retain 5s"
    let events = faultyEvents + " --events 3000"
    let lines = try shell("\(events) | kes-segment \(rules) | kes-read --format json")
    let mixed = try shell(
      "\(events) \(first.writing)"
        + " | kes-segment \(rules) \(first.reading(second)) \(second.writing)"
        + " | kes-read --format json \(second.reading(nil))", ["R": registry.name])
    #expect(mixed.output == lines.output && lines.lines.count > 3000)
    // Whoever reads or writes messages asks once, though there are thousands.
    let messages = [first, second].count { $0 == .messages }
    #expect(registry.server?.requests.count == 2 * messages)
  }

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

  @Test func messagesOfManySchemasBecomeWhatTheFirstIs() throws {
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
    let sited = try shell("kes-read $M --format avro many | kes-read $M --format json", variables)
    #expect(sited.lines.count { $0.contains(#""site":"none""#) } * 3 > shown.count)
    let first = MessageFile.framed(MessageFile.messages(varied)[0] ?? Data())
    try directory.write(varied.dropFirst(first.count), to: "rest")
    let plain = try shell("kes-read $M --format avro rest", variables)
    #expect(Set(MessageFile.identifiers(plain.output)) == [1])
    let lines = try shell("kes-segment --emit all < <(kes-read $M --format json one)", variables)
    for name in ["one", "many"] {
      let sessions = try shell(
        "kes-segment $M --emit all --registry-register \(name) --schema registry/1.avsc"
          + " | kes-read $M --format json", variables)
      #expect(sessions.output == lines.output, "\(name)")
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
    let reader = Int32(running.outputSoFar.prefix { $0.isNumber }) ?? 0
    kill(reader, SIGTERM)
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
