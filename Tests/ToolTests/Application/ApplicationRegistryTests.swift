// An application whose events and session events are Avro, with a schema registry.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ApplicationRegistryTests {
  private let topics: ApplicationTopics
  private let registry: [String]

  init() throws {
    topics = try ApplicationTopics(partitions: 2)
    registry = ["--registry", "file:\(topics.directory.path("registry"))"]
    try FileManager.default.createDirectory(
      atPath: topics.directory.path("registry"), withIntermediateDirectories: true)
  }

  private func lines(_ count: Int) -> [String] {
    // Numbers as they are written of what comes in Avro.
    EventLines.random(count: count, devices: 20, seed: 71)
      .replacingOccurrences(of: #""value":0.5}"#, with: #""value":0.500}"#)
      .split(separator: "\n").map(String.init)
  }

  /// Sends the events as Avro.
  private func send(_ lines: [String]) throws {
    let sent = try Program.run(
      "kes-read", ["-b", topics.brokers, "--to", topics.input] + registry,
      input: .text(lines.map { $0 + "\n" }.joined()))
    try #require(sent.status == 0, "\(sent.errors)")
  }

  private func read(_ topic: String) throws -> [String] {
    let read = try Program.run(
      "kes-read", ["-b", topics.brokers, "--from", topic, "-e", "--format", "json"] + registry)
    try #require(read.status == 0, "\(read.errors)")
    return read.lines
  }

  /// The lines of each session, in their order: its key has it in one partition.
  private func bySession(_ lines: [String]) -> [String] {
    let marked = lines.map { $0.components(separatedBy: #","session":""#) }
    return Dictionary(grouping: marked, by: \.last)
      .values.map { $0.map { $0[0] }.joined(separator: "\n") }.sorted()
  }

  @Test(arguments: ["exactly-once", "at-least-once"])
  func sessionEventsAreAvroOfARegisteredSchema(_ guarantee: String) throws {
    let options = registry + ["--guarantee", guarantee, "--timeout", "none"]
    let lines = lines(400)
    // The second run finds sessions of the first one, in the changelog alone.
    for part in [lines[..<200], lines[200...]] {
      try send(Array(part))
      let ended = try topics.finish(options)
      #expect(ended.status == 0, "\(ended.messages)")
    }
    let subjects = try topics.directory.text("registry/subjects.json")
    #expect(subjects.contains("\"\(topics.output)-key\""), "\(subjects)")
    #expect(subjects.contains("\"\(topics.output)-value\""), "\(subjects)")
    // Without timeouts the partitions do not matter.
    let expected = try Program.run(
      "kes-segment", ["--emit", "all", "--timeout", "none"],
      input: .text(lines.map { $0 + "\n" }.joined()))
    #expect(try bySession(read(topics.output)) == bySession(expected.lines))
  }

  @Test func aSchemaThatTheRegistryDoesNotHaveIsBadData() throws {
    try send(lines(20))
    try topics.send("\0\0\0\u{3}\u{9}abc", headers: [])
    let options = registry + ["--timeout", "none"]
    let refused = try topics.finish(options, state: "state")
    #expect(refused.status == 65, "\(refused.messages)")
    #expect(
      refused.messages.contains("topic \(topics.input), partition 0, offset "),
      "\(refused.messages)")
    #expect(
      refused.messages.contains("there is no schema with the id 777; name the registry"),
      "\(refused.messages)")
    let dead = topics.unique("dead")
    try topics.makeTopic(dead, partitions: 1)
    let last = try topics.finish(options + ["--dead-letter", "topic:\(dead)"], state: "state")
    #expect(last.status == 0, "\(last.messages)")
    #expect(try topics.read(dead, partitions: 1)[0].count == 1)
    let expected = try Program.run(
      "kes-segment", ["--emit", "all", "--timeout", "none"],
      input: .text(lines(20).map { $0 + "\n" }.joined()))
    #expect(try bySession(read(topics.output)) == bySession(expected.lines))
  }
}
