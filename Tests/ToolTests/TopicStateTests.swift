// The state of a run on a topic: all its partitions, of that topic and of no other.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicStateTests {
  private let kafka: TopicsUnderTest

  init() throws { kafka = try TopicsUnderTest() }

  /// Segments a topic to its end, with the state in `state`.
  private func segment(_ topic: String, _ options: [String] = []) throws -> Finished {
    try kafka.run(
      "kes-segment",
      ["--from", topic, "-e", "--state", "state", "--output", "out.jsonl"] + options)
  }

  /// A topic of which partitions 0 to 2 have an open session each, of a to c, and stand at different
  /// times; segmented.
  private func threePartitions() throws -> String {
    let topic = try kafka.topic(partitions: 4)
    for (partition, device, latest) in [(0, "a", 1000), (1, "b", 9000), (2, "c", 3000)] {
      let lines = [EventLines.woke(device, 1000), EventLines.woke("z", Int64(latest))]
      try kafka.send(
        lines.map { TopicMessage($0) } + [TopicMessage(EventLines.sent("z", Int64(latest)))],
        to: topic, partition: Int32(partition))
    }
    let ended = try segment(topic, ["--timeout", "1h"])
    try #require(ended.status == 0, "\(ended.errors)")
    return topic
  }

  @Test func theSessionsOfAllPartitionsAreShown() throws {
    _ = try threePartitions()
    let ended = try Program.run(
      "kes-read", ["--state", "state", "--format", "json"], directory: kafka.directory)
    #expect(ended.lines.map(device(of:)) == ["a", "b", "c"])
    let two = try Program.run(
      "kes-read", ["--state", "state", "--format", "json", "-c", "2"], directory: kafka.directory)
    #expect(two.lines.map(device(of:)) == ["a", "b"])
  }

  @Test(arguments: [
    (["--device", "*"], ["a", "b", "c"]), (["--as-of", "now"], ["a", "b", "c"]),
    (["--timeout", "5s"], ["b"]), (["--timeout", "2s"], ["b", "c"]),
  ])
  func theSessionsOfAllPartitionsArePurgedByTheirOwnTime(
    options: [String], expected: [String]
  ) throws {
    _ = try threePartitions()
    let dry = try purge(options + ["--dry-run"])
    #expect(dry.lines.map(device(of:)) == expected)
    let ended = try purge(options)
    #expect(ended.text == dry.text)
    let (count, rest) = (expected.count, 3 - expected.count)
    #expect(
      ended.errors
        == "kes-purge: \(count) session\(count == 1 ? "" : "s") purged, \(rest)"
        + " stay\(rest == 1 ? "s" : "")\n")
    let others = try purge(["--device", "*", "--dry-run"])
    #expect(others.lines.map(device(of:)) == ["a", "b", "c"].filter { !expected.contains($0) })
  }

  private func purge(_ options: [String]) throws -> Finished {
    try Program.run("kes-purge", ["--state", "state"] + options, directory: kafka.directory)
  }

  // MARK: Of another kind

  @Test func aStateOfATopicServesNoOtherTopicAndNoFiles() throws {
    let topic = try threePartitions()
    let other = try kafka.topic("other")
    try kafka.send([TopicMessage(EventLines.woke("d", 1))], to: other)
    let written = try kafka.directory.read("out.jsonl")
    let refused = try segment(other)
    #expect(refused.status == 65)
    #expect(
      refused.errors == """
        kes-segment: state: the state is that of topic \(topic) without --application-id, and this \
        run is of topic \(other) without --application-id; use another directory, or remove this \
        one to begin anew

        """)
    let files = try Program.run(
      "kes-segment", ["--state", "state"], input: .text(EventLines.woke("a", 2)),
      directory: kafka.directory)
    #expect(files.status == 65 && files.text.isEmpty)
    #expect(files.errors.contains("and this run is of files or pipes"))
    #expect(try kafka.directory.read("out.jsonl") == written)
    #expect(try segment(topic).status == 0)
  }

  @Test func aStateOfFilesServesNoTopic() throws {
    _ = try Program.run(
      "kes-segment", ["--state", "state"], input: .text(EventLines.woke("a", 1)),
      directory: kafka.directory)
    let refused = try segment(try kafka.topic())
    #expect(refused.status == 65)
    #expect(refused.errors.contains("the state is that of files or pipes, and"))
  }

  /// A topic whose name was wrong leaves nothing behind that stands in the way.
  @Test func aStateInWhichNothingStandsServesAll() throws {
    #expect(try segment(try kafka.topic()).status == 0)
    let topic = try kafka.topic("other")
    try kafka.send([TopicMessage(EventLines.woke("d", 1))], to: topic)
    #expect(try segment(topic).status == 0)
    #expect(try kafka.directory.text("out.jsonl").contains(#""device":"d""#))
  }

  @Test func aStateOfAnApplicationServesNothingElse() throws {
    let topics = try ToolsOnTopics()
    try topics.send([EventLines.woke("a", 1000)])
    try topics.segment(["--state", "state"])
    let purges = [["--as-of", "now"], ["--as-of", "now", "--dry-run"]].map {
      ("kes-purge", ["--state", "state"] + $0)
    }
    for (tool, options) in purges {
      let refused = try Program.run(tool, options, directory: topics.directory)
      #expect(refused.status == 65 && refused.text.isEmpty)
      #expect(
        refused.errors == """
          kes-purge: state: the state is that of an application, whose changelog keeps the \
          sessions; say --application-id \(topics.application) instead of --state

          """)
    }
    let alone = try Program.run(
      "kes-segment", ["-b", topics.brokers, "--from", topics.input, "--state", "state", "-e"],
      directory: topics.directory)
    #expect(alone.status == 65 && alone.text.isEmpty)
    #expect(
      alone.errors.contains("application \(topics.application) on topic \(topics.input), and"))
    let files = try Program.run(
      "kes-segment", ["--state", "state"], input: .text(EventLines.woke("a", 2)),
      directory: topics.directory)
    #expect(files.status == 65 && files.text.isEmpty)
    // It is looked at all the same, and goes on.
    let shown = try Program.run(
      "kes-read", ["--state", "state", "--format", "json"], directory: topics.directory)
    #expect(shown.lines.map(device(of:)) == ["a"])
    try topics.segment(["--state", "state"])
  }
}
