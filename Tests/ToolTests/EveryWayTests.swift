// Every way in, every way out: the same sessions.

import Foundation
import TestSupport
import Testing

/// Where the cases stand in the source tree.
let casesDirectory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Cases")

/// How records stand between two tools.
private enum Way: String, CaseIterable {
  case lines, container, messages, topic, avroTopic

  static let files = [lines, container, messages]
  static let topics = [topic, avroTopic]

  var isTopic: Bool { Way.topics.contains(self) }
  var hasRegistry: Bool { self == .messages || self == .avroTopic }
  /// Whether lines come out as they went in: Avro keeps values, not how they were spelled.
  var keepsSpelling: Bool { self == .lines || self == .topic }

  /// The words by which a tool reads what is called so.
  func reading(_ name: String) -> String {
    switch self {
    case .lines, .container: name
    case .messages: "--framing confluent \(name)"
    case .topic: "--from \(name) -e -q --input-format json"
    case .avroTopic: "--from \(name) -e -q"
    }
  }

  /// The words by which a tool writes that.
  func writing(_ name: String) -> String {
    switch self {
    case .lines: "--format json > \(name)"
    case .container: "--format avro --output-framing container > \(name)"
    case .messages:
      "--format avro --output-framing confluent --registry-register > \(name)"
    case .topic: "--to \(name) --format json"
    case .avroTopic: "--to \(name) --format avro"
    }
  }
}

/// A stream, and rules and an emission for it.
struct SessionCase: CustomTestStringConvertible {
  let options: String
  /// Of a folder in `Cases/conformance`; nil for a simulated stream.
  let name: String?
  var testDescription: String { name ?? options }

  private static let folder = casesDirectory.appendingPathComponent("conformance")

  /// The cases in folders: input, options and expected output.
  static let conformance: [SessionCase] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (names ?? []).sorted().map { SessionCase(options: $0 + "/args", name: $0) }
  }()

  static let simulated = [
    "--emit events", "--emit closed", "--emit all", "--emit all --flush",
    "--emit all --duplicates mark", "--emit all --duplicates mark --retain 5s",
    "--duplicates drop", "--emit all --duplicates drop --retain 5s",
    "--emit all --lateness 1s --late drop", "--emit all --lateness 1s --reorder",
    "--emit all --lateness 1s --late drop --reorder", "--emit all --max-span 10s",
    "--emit all --max-events 3", "--emit closed --timeout none --flush", "--emit all -c 1003",
  ].map { SessionCase(options: $0, name: nil) }

  /// What a file of the case's folder holds.
  func text(_ file: String) throws -> String {
    let url = SessionCase.folder.appendingPathComponent("\(name ?? "none")/\(file)")
    return try String(contentsOf: url, encoding: .utf8)
  }
}

@Suite(.threadsOfTheirOwn) struct EveryWayTests: RunsCommands {
  private let kafka: TopicsUnderTest
  var directory: TemporaryDirectory { kafka.directory }

  init() throws {
    kafka = try TopicsUnderTest()
    try directory.makeDirectory("registry")
  }

  @Test func allCasesAreThere() { #expect(SessionCase.conformance.count >= 10) }

  @Test(arguments: Array((SessionCase.conformance + SessionCase.simulated).enumerated()))
  func theSessionsAreTheSame(number: Int, of sample: SessionCase) throws {
    let options: String
    if sample.name == nil {
      options = sample.options
      try shell("\(faultyEvents) --events 1500 > lines")
    } else {
      options = try sample.text("args").split { $0.isNewline }.joined(separator: " ")
      try directory.write(try sample.text("input.jsonl"), to: "lines")
    }
    let inputs = try makeInputs()
    let exact = try segmented(inputs[.lines], .lines, .lines, options)
    if sample.name != nil {
      #expect(try renamingSessions(exact) == sample.text("expected.jsonl"))
    }
    #expect(exact.split(separator: "\n").count > (sample.name == nil ? 40 : 0))
    let values = try segmented(inputs[.container], .container, .container, options)
    if sample.name == nil {
      #expect(values == exact)
    } else {
      #expect(try jsonObjects(values) == jsonObjects(exact))
    }
    for (from, to) in Self.passages(number) {
      let found = try segmented(inputs[from], from, to, options)
      let isSame = found == (from.keepsSpelling && to.keepsSpelling ? exact : values)
      #expect(isSame, "\(from) to \(to)")
    }
  }

  /// From every file to every file, and each topic with one other at either end: another in each case.
  private static func passages(_ number: Int) -> [(from: Way, to: Way)] {
    var passages = Way.files.flatMap { from in Way.files.map { (from: from, to: $0) } }
    for (index, topic) in Way.topics.enumerated() {
      passages.append((topic, Way.allCases[(number + index) % 5]))
      passages.append((Way.files[(number + index) % 3], topic))
    }
    return passages
  }

  /// The events of `lines` in every way, by the names that they have there.
  private func makeInputs() throws -> [Way: String] {
    var names = [Way.lines: "lines"]
    for way in Way.allCases where way != .lines {
      let name = way.isTopic ? try kafka.topic("in") : "in-\(way)"
      try shell(command("kes-read", (.lines, "lines"), (way, name)))
      names[way] = name
    }
    return names
  }

  /// The session events of an input, after a way out, as lines.
  private func segmented(
    _ input: String?, _ from: Way, _ to: Way, _ options: String
  ) throws -> String {
    let name = to.isTopic ? try kafka.topic("out") : "out-\(from)-\(to)"
    try shell(command("kes-segment \(options)", (from, try #require(input)), (to, name)))
    if to == .lines { return try directory.text(name) }
    return try shell(command("kes-read --format json", (to, name), nil)).text
  }

  private func command(
    _ tool: String, _ from: (way: Way, name: String), _ to: (way: Way, name: String)?
  ) -> String {
    let ways = [from.way, to?.way ?? .lines]
    let brokers = ways.contains(where: \.isTopic) ? kafka.options.joined(separator: " ") : ""
    let registry = ways.contains(where: \.hasRegistry) ? "--registry file:registry" : ""
    let writing = to.map { $0.way.writing($0.name) } ?? ""
    return [tool, from.way.reading(from.name), brokers, registry, writing].joined(separator: " ")
  }

  /// Of one partition, which makes the sessions that a file does.
  @Test(arguments: ["exactly-once", "at-least-once"], SessionCase.conformance)
  func anApplicationsSessionsAreTheSame(guarantee: String, of sample: SessionCase) throws {
    let topics = try ApplicationTopics(partitions: 1)
    try topics.send(try sample.text("input.jsonl").split(separator: "\n").map(String.init))
    let options = try sample.text("args").split { $0.isWhitespace }.map(String.init)
    let ended = try topics.finish(["--guarantee", guarantee] + options)
    #expect(ended.status == 0, "\(ended.messages)")
    let expected = try sample.text("expected.jsonl").split(separator: "\n").map(String.init)
    #expect(try topics.sessions()[0] == expected)
  }

  @Test func whoReadsOrWritesMessagesAsksItsRegistryOnce() throws {
    let registry = try ToolRegistry()
    let events = faultyEvents + " --events 3000"
    let lines = try shell("\(events) | kes-segment | kes-read --format json")
    let passed = try shell(
      "\(events) $M --registry-register | kes-segment $M --registry-register"
        + " | kes-read $M --format json", ["M": "--framing confluent --registry \(registry.name)"])
    #expect(passed.output == lines.output && lines.lines.count >= 3000)
    // Who writes looks up and registers, who reads asks: once, though there are thousands.
    #expect(registry.server?.requests.count == 6)
  }
}
