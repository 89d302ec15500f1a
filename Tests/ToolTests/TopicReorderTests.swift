// What a run on a topic holds for --reorder: with --state a next run applies it as it came.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct TopicReorderTests {
  private let kafka: TopicsUnderTest
  private let input: String
  private let output: String

  init() throws {
    kafka = try TopicsUnderTest()
    input = try kafka.topic("input")
    output = try kafka.topic("output")
  }

  private func arguments(_ options: [String]) -> [String] {
    ["--from", input, "--to", output, "--group", input, "--state", "state", "--stats=0.05"]
      + KafkaTestCluster.joiningAlone.flatMap { ["-X", $0] } + options
  }

  /// Has a run hold all that the input has, and stops it.
  private func hold(_ count: Int, _ options: [String] = []) throws {
    let running = try kafka.start(
      "kes-segment", arguments(["--reorder", "--lateness", "1h", "-o", "beginning"] + options))
    #expect(running.waits { running.errorsSoFar.contains("\"held\":\(count)") })
    running.send(SIGTERM)
    let ended = try running.finish()
    #expect(ended.signal == SIGTERM, "\(ended.errors)")
    #expect(try kafka.messages(output).isEmpty)
  }

  private static let messages = [
    TopicMessage(
      EventLines.data("a", 5000), key: "x", headers: ["name=1", "name=2", "name", "empty="]),
    TopicMessage(EventLines.woke("a", 4000)),
    TopicMessage(EventLines.sent("a", 4500), key: "y", headers: ["other=3"]),
  ]

  /// What comes of the messages, in the order of their times.
  private func expectThemInOrder() throws {
    let found = try kafka.messages(output)
    #expect(found.map(\.time) == [4000, 4500, 5000])
    #expect(found.map(\.headers) == [1, 2, 0].map { Self.messages[$0].headers })
    #expect(found.allSatisfy { $0.text?.contains(#","session":""#) ?? false })
  }

  @Test func headersAreThereInTheNextRun() throws {
    try kafka.send(Self.messages, to: input)
    try hold(3)
    let ended = try kafka.run(
      "kes-segment", arguments(["--reorder", "--lateness", "1h", "-e", "--flush"]))
    #expect(ended.status == 0, "\(ended.errors)")
    try expectThemInOrder()
  }

  @Test func aRunThatDoesNotReorderAppliesThemAtOnce() throws {
    try kafka.send(Self.messages, to: input)
    try hold(3)
    let running = try kafka.start("kes-segment", arguments([]))
    #expect(running.waits { running.errorsSoFar.contains("\"assigned\":3") })
    running.send(SIGTERM)
    let ended = try running.finish()
    #expect(ended.signal == SIGTERM, "\(ended.errors)")
    try expectThemInOrder()
  }

  @Test func avroIsReadByItsSchemaInTheNextRun() throws {
    try FileManager.default.createDirectory(
      atPath: kafka.directory.path("registry"), withIntermediateDirectories: true)
    try kafka.directory.write(eventSchema, to: "registry/1.avsc")
    try kafka.directory.write(sitedEventSchema, to: "registry/2.avsc")
    let options = ["--registry", "file:registry", "--format", "json"]
    for (identifier, time) in [(1, 5000), (2, 4000), (1, 4500), (2, 4600)] as [(Int32, Int64)] {
      var message = TopicMessage(nil, headers: ["id=\(identifier)"])
      message.value =
        Data([0]) + MessageFile.word(identifier) + RawContainer.woke("a", time)
        + (identifier == 2 ? siteSuffix : Data())
      try kafka.send([message], to: input)
    }
    try hold(4, options)
    let ended = try kafka.run(
      "kes-segment", arguments(["--reorder", "--lateness", "1h", "-e", "--flush"] + options))
    #expect(ended.status == 0, "\(ended.errors)")
    let found = try kafka.messages(output)
    #expect(found.map(\.time) == [4000, 4500, 4600, 5000])
    #expect(found.map(\.headers) == [2, 1, 2, 1].map { ["id=\($0)"] })
    #expect(
      found.map { $0.text?.contains(#""site":"north""#) ?? false } == [true, false, true, false])
  }
}
