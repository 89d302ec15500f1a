// Topics with a schema registry: keys and values as other clients write and read them.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicAvroTests {
  private let kafka: TopicsUnderTest

  init() throws {
    kafka = try TopicsUnderTest()
    try FileManager.default.createDirectory(
      atPath: kafka.directory.path("registry"), withIntermediateDirectories: true)
  }

  private static let produced = [
    "--full-speed", "--events", "300", "--seed", "7", "--start-time", "1700000000000",
  ]
  private static let files = ["--registry", "file:registry"]

  private func events() throws -> [String] {
    try Program.run("kes-produce", Self.produced).lines
  }

  @Test(arguments: [true, false])
  func eventsHaveDevicesForKeys(isDirectory: Bool) throws {
    let server = isDirectory ? nil : try RegistryServer()
    let registry = server.map { ["--registry", $0.url] } ?? Self.files
    let topic = try kafka.topic(partitions: 2)
    expectDone(try kafka.run("kes-produce", Self.produced + ["--to", topic] + registry))
    let messages = try kafka.messages(topic)
    #expect(messages.count == 300)
    for message in messages {
      let (key, value) = (try #require(message.key), try #require(message.value))
      // Magic byte 0 and an id of 4 bytes; then the device's name, in both.
      #expect(key[0] == 0 && value[0] == 0 && key[1..<5] != value[1..<5])
      #expect(value.dropFirst(5).starts(with: key.dropFirst(5)))
      #expect(message.partition == KafkaPartitioner.partition(ofKey: Array(key).span, count: 2))
    }
    #expect(
      try kafka.read(topic, registry + ["--format", "json"]).sorted() == (try events()).sorted())
  }

  @Test func sessionEventsHaveSessionKeysAndTheirSubjects() throws {
    let topic = try kafka.topic()
    let input = ProgramInput.text(try events().map { $0 + "\n" }.joined())
    expectDone(
      try kafka.run("kes-segment", ["--emit", "all", "--to", topic] + Self.files, input: input))
    let subjects = try kafka.directory.text("registry/subjects.json")
    #expect(subjects.contains("\"\(topic)-key\"") && subjects.contains("\"\(topic)-value\""))
    let expected = try Program.run("kes-segment", ["--emit", "all"], input: input).lines
    #expect(try kafka.read(topic, Self.files + ["--format", "json"]) == expected)
    for (message, line) in zip(try kafka.messages(topic), expected) {
      let session = try #require(line.components(separatedBy: "\"session\":\"").last).dropLast(2)
      #expect(try #require(message.key).suffix(14) == Data([26]) + Data(session.utf8))
    }
  }

  @Test func avroAndJSONTurnIntoEachOther() throws {
    let (avro, json) = (try kafka.topic("avro"), try kafka.topic("json"))
    let container = try Program.run("kes-produce", Self.produced + ["--format", "avro"])
    expectDone(
      try kafka.run("kes-read", ["--to", avro] + Self.files, input: .data(container.output)))
    expectDone(
      try kafka.run(
        "kes-read",
        ["--from", avro, "-e", "--to", json, "--format", "json", "-q"] + Self.files))
    #expect(try kafka.read(json) == (try events()))
    let file = try kafka.run(
      "kes-read", ["--from", avro, "-e", "--format", "avro"] + Self.files)
    #expect(
      try Program.run("kes-read", ["--format", "json"], input: .data(file.output)).lines
        == (try events()))
    // Through kes-purge and a replay the values stay what they are.
    let again = try kafka.topic("again")
    expectDone(
      try kafka.run(
        "kes-produce",
        ["--replay", "--speed", "max", "--from", avro, "-e", "--to", again, "-q"]
          + Self.files))
    #expect(try kafka.read(again, Self.files + ["--format", "json"]) == (try events()))
  }

  @Test func anotherSubjectMayBeNamed() throws {
    let topic = try kafka.topic()
    expectDone(
      try kafka.run(
        "kes-produce", Self.produced + ["--to", topic, "--subject", "mine"] + Self.files))
    let subjects = try kafka.directory.text("registry/subjects.json")
    #expect(subjects.contains("\"mine\"") && !subjects.contains("\(topic)-value"))
  }

  @Test func avroWithoutARegistryIsBadDataWithARemedy() throws {
    let topic = try kafka.topic()
    expectDone(try kafka.run("kes-produce", Self.produced + ["--to", topic] + Self.files))
    let finished = try kafka.run("kes-read", ["--from", topic, "-e"])
    #expect(finished.status == 65)
    #expect(finished.errors.hasSuffix("; Avro is read with --registry\n"))
  }

  @Test func whoMayOnlyReadTheRegistryWritesWhatIsThere() throws {
    let server = try RegistryServer()
    let topic = try kafka.topic()
    let arguments = Self.produced + ["--to", topic, "--registry", server.url]
    expectDone(try kafka.run("kes-produce", arguments))
    server.configure { $0.refusesRegistering = true }
    expectDone(try kafka.run("kes-produce", arguments))
    #expect(server.requests.count { $0.target.hasSuffix("/versions") } == 2)
    #expect(try kafka.messages(topic).count == 600)
    let refused = try kafka.run("kes-produce", arguments + ["--subject", "other"])
    #expect(refused.status == 78 && refused.errors.contains("status 403"), "\(refused.errors)")
  }

  @Test func aRegistryThatRefusesASchemaEndsTheRun() throws {
    let server = try RegistryServer()
    server.configure { $0.rule = { _, _ in ["no"] } }
    let topic = try kafka.topic()
    let arguments = ["--to", topic, "--registry", server.url]
    expectDone(try kafka.run("kes-produce", Self.produced + arguments))
    let sessions = try Program.shell("kes-produce --full-speed --events 10 | kes-segment")
    let refused = try kafka.run("kes-read", arguments, input: .data(sessions.output))
    #expect(refused.status == 65 || refused.status == 78, "\(refused.errors)")
    #expect(try kafka.messages(topic).count == 300)
  }

  @Test func bytesOfDeadLettersStayWhatTheyAre() throws {
    let (topic, dead) = (try kafka.topic(), try kafka.topic("dead"))
    try kafka.send([TopicMessage("\u{1}odd", key: "k")], to: topic, partition: 0)
    let arguments = ["--from", topic, "-e", "--dead-letter"]
    expectDone(try kafka.run("kes-read", arguments + ["topic:\(dead)"] + Self.files))
    let letters = try kafka.messages(dead)
    #expect(letters.map(\.text) == ["\u{1}odd"] && letters.map(\.keyText) == ["k"])
    expectDone(try kafka.run("kes-read", arguments + ["letters"] + Self.files))
    #expect(try kafka.directory.text("letters").hasSuffix("\t016f6464\n"))
  }
}
