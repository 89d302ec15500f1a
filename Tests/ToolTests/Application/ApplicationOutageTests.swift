// Brokers that stay away, disks without room, topics that go: what an application makes of them.

import Foundation
import Glibc
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct ApplicationOutageTests {
  private let lines = EventLines.numbered(count: 300, devices: 20, seed: 51)

  // MARK: Brokers

  /// With a transaction that is to be committed, and with none: then the group gives the partitions up.
  @Test(
    .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"), .unlessLibraryHangs,
    arguments: [("1s", "trying again"), ("50ms", "were lost to the group")])
  func brokersThatStayAwayAreWaitedFor(_ interval: String, _ sign: String) throws {
    let topics = try ApplicationTopics(partitions: 2)
    let mock = try #require(topics.mock)
    let process = try topics.start(
      ApplicationTopics.alone + ["--commit-interval", interval], state: "state")
    #expect(process.waitsForTasks(2))
    try topics.send(Array(lines[..<100]))
    #expect(process.waitsForFigures { $0["records"] == 100 })
    if interval == "50ms" { #expect(try topics.waitUntilRead(by: [process])) }
    try mock.takeDown()
    #expect(process.waits(forText: sign), "\(process.messages)")
    try mock.bringUp()
    try topics.send(Array(lines[100...]))
    #expect(try topics.waitUntilRead(by: [process]), "\(process.messages)")
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    #expect(try topics.missingEvents() == [])
    #expect(try withoutRepetitions(topics.sessions()) == topics.expectedSessions())
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aSignalEndsTheWaitForATransactionThatBrokersDoNotEnd() throws {
    let topics = try ApplicationTopics(partitions: 2)
    let mock = try #require(topics.mock)
    let process = try topics.start(
      ApplicationTopics.alone + ["--commit-interval", "9s"], state: "state")
    #expect(process.waitsForTasks(2))
    try topics.send(Array(lines[..<100]))
    #expect(process.waitsForFigures { $0["records"] == 100 })
    try mock.takeDown()
    let began = ContinuousClock.now
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    // A step of a transaction may take a minute otherwise.
    #expect(ContinuousClock.now - began < .seconds(40))
    try mock.bringUp()
    let last = try topics.finish(state: "state")
    #expect(last.status == 0, "\(last.messages)")
    #expect(try topics.missingEvents() == [])
    #expect(try withoutRepetitions(topics.sessions()) == topics.expectedSessions())
  }

  /// The mock lets read what was aborted: what came twice came as the same.
  private func withoutRepetitions(_ partitions: [[String]]) -> [[String]] {
    partitions.map { lines in
      var seen: Set<String> = []
      return lines.filter { seen.insert($0).inserted }
    }
  }

  // MARK: Disks

  @Test(arguments: ["exactly-once", "at-least-once"])
  func aFullDiskEndsItAndWithRoomTheNextRunGoesOn(_ guarantee: String) throws {
    let topics = try ApplicationTopics(partitions: 2)
    // Each is a session in the state.
    let open = (0..<2000).map { String(EventLines.woke("device-\($0)", 1000).dropLast()) }
    try topics.send(open)
    let options = ["-e", "--guarantee", guarantee]
    let command = topics.arguments(ApplicationTopics.alone + options, state: "state")
    let full = try Program.shell(
      // A file of more than 64 KiB is refused, as by a disk without room.
      "ulimit -f 64; exec kes-segment \(quoted(command))")
    #expect(full.status == 74, "\(full.messages)")
    let state = topics.directory.path("state")
    #expect(
      full.messages.contains("\(state): the state cannot be used: committing: "),
      "\(full.messages)")
    #expect(full.messages.contains("see whether the disk is full"), "\(full.messages)")
    let ends = (0..<2000).map { String(EventLines.sent("device-\($0)", 2000).dropLast()) }
    try topics.send(ends)
    let last = try topics.run(options, state: "state")
    #expect(last.status == 0, "\(last.messages)")
    if guarantee == "exactly-once" {
      #expect(try topics.sessions() == topics.expectedSessions())
    }
    #expect(try topics.missingEvents() == [])
  }

  @Test(.enabled(if: SmallDisk.isMountable, SmallDisk.isNeeded))
  func aFullDiskForTheTemporaryStateIsNamed() throws {
    let topics = try ApplicationTopics(partitions: 2)
    try topics.send([String(EventLines.woke("device", 1000).dropLast())])
    let command = topics.arguments(ApplicationTopics.alone + ["-e"], state: nil)
    let ended = try SmallDisk.run(
      "export TMPDIR=$PWD/disk; fill 0; status kes-segment \(quoted(command)); ls disk;"
        + " rm disk/fill; status kes-segment \(quoted(command)); ls disk",
      pages: 1024, in: topics.directory)
    #expect(ended.lines == ["status 73", "fill", "status 0"], "\(ended)")
    let line = try #require(ended.messages.withoutCaution.first)
    #expect(
      line.hasPrefix("kes-segment: \(topics.directory.path("disk"))/kes-segment-"), "\(ended)")
    #expect(line.hasSuffix(": cannot open the state: No space left on device"), "\(ended)")
    #expect(try topics.missingEvents() == [])
  }

  private func quoted(_ words: [String]) -> String {
    words.map { "'\($0)'" }.joined(separator: " ")
  }

  // MARK: Topics

  /// UNKNOWN_TOPIC_OR_PART.
  private static let unknownTopic = 3

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func anInputThatGoesIsNamed() throws {
    let topics = try ApplicationTopics(partitions: 2)
    let mock = try #require(topics.mock)
    let process = try topics.start(
      ["-X", "topic.metadata.refresh.interval.ms=200"], state: "state")
    #expect(process.waitsForTasks(2))
    try topics.send(Array(lines[..<100]))
    #expect(try topics.waitUntilRead(by: [process]))
    try mock.setError(Self.unknownTopic, ofTopic: topics.input)
    let ended = try process.finish()
    #expect(ended.status == 66, "signal \(ended.signal ?? 0): \(ended.messages)")
    #expect(ended.messages.contains("topic \(topics.input), partition "), "\(ended.messages)")
  }

  @Test(
    .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"),
    arguments: ["output", "changelog"])
  func anOutputThatGoesIsNamedAndWhenItComesAgainTheRunGoesOn(_ role: String) throws {
    let topics = try ApplicationTopics(partitions: 2)
    let mock = try #require(topics.mock)
    let process = try topics.start(state: "state")
    #expect(process.waitsForTasks(2))
    process.program.send(SIGSTOP)
    try topics.send(lines)
    let name = role == "output" ? topics.output : topics.changelog
    try mock.setError(Self.unknownTopic, ofTopic: name)
    let failures = Array(repeating: Self.unknownTopic, count: 100)
    try mock.fail(.addPartitionsToTransaction, with: failures)
    process.program.send(SIGCONT)
    #expect(
      process.waits(forText: "topic \(name): cannot write to it: there is no such topic"),
      "\(process.messages)")
    try mock.setError(0, ofTopic: name)
    try mock.clearFaults(.addPartitionsToTransaction)
    #expect(try topics.waitUntilRead(by: [process]), "\(process.messages)")
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    #expect(try topics.missingEvents() == [])
    #expect(try withoutRepetitions(topics.sessions()) == topics.expectedSessions())
  }

  @Test(
    .enabled(if: !KafkaTestCluster.isMock, "the mock cluster deletes no topics"),
    arguments: [("input", [66]), ("output", [73]), ("changelog", [66, 73])] as [(String, [Int32])])
  func aTopicThatIsDeletedEndsTheRun(_ role: String, _ statuses: [Int32]) throws {
    let topics = try ApplicationTopics(partitions: 2)
    let process = try topics.start(state: "state")
    #expect(process.waitsForTasks(2))
    try topics.send(Array(lines[..<100]))
    #expect(try topics.waitUntilRead(by: [process]))
    let names = ["input": topics.input, "output": topics.output, "changelog": topics.changelog]
    let name = try #require(names[role])
    try topics.deleteTopic(name)
    if role != "input" { try topics.send(Array(lines[100...])) }
    let isOver = process.program.waits { !process.program.process.isRunning }
    // Brokers that make every topic that is asked for have made it again.
    if try !isOver && role == "output" && topics.describe(name) != nil { return }
    let ended = try process.finish()
    // A changelog is written to, and read where the group was joined anew.
    let isExpected = ended.status.map(statuses.contains) == true
    #expect(isExpected, "\(ended.status ?? -1): \(ended.messages)")
    #expect(ended.messages.contains("topic \(name)"), "\(ended.messages)")
  }

  // MARK: Time

  @Test(arguments: [
    (["--commit-interval", "10s"], 10_000),
    (["--commit-interval", "1s", "-X", "transaction.timeout.ms=1000"], 1000),
  ])
  func commitsThatComeAfterTheTransactionsTimeAreRefused(options: [String], time: Int) throws {
    let topics = try ApplicationTopics(partitions: 1)
    let refused = try topics.finish(options)
    #expect(refused.status == 64)
    #expect(
      refused.messages.contains(
        "--commit-interval must be shorter than transaction.timeout.ms, which is \(time)"),
      "\(refused.messages)")
    let other = try topics.finish(options + ["--guarantee", "at-least-once"])
    #expect(other.status == 0, "\(other.messages)")
  }
}
