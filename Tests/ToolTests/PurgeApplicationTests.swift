// kes-purge on the changelog of an application.

import Foundation
import Glibc
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct PurgeApplicationTests {
  /// Sessions of a and b in partition 0, which stands at 5000, and of c in partition 1, at 2000; the
  /// timeout is 4 s.
  private static func threeSessions(cluster: KafkaTestCluster? = nil) throws -> ToolsOnTopics {
    let topics = try ToolsOnTopics(cluster: cluster)
    try topics.send([EventLines.woke("a", 1500), EventLines.woke("b", 5000)])
    try topics.send([EventLines.woke("c", 2000)], partition: 1)
    try topics.segment(["--state", "state"])
    return topics
  }

  private static func devices(_ ended: Finished) -> [String] {
    ended.lines.map(device(of:)).sorted()
  }

  @Test(arguments: [
    ([], []), (["--as-of", "5999"], ["a"]), (["--as-of", "6000"], ["a", "c"]),
    (["--timeout", "3500ms"], ["a"]), (["--as-of", "now"], ["a", "b", "c"]),
    (["--device", "[bc]"], ["b", "c"]), (["--timeout", "none"], []),
  ])
  func closesWhatIsDueInEachPartitionByItsOwnTime(options: [String], expected: [String]) throws {
    let topics = try Self.threeSessions()
    let dry = try topics.purge(options + ["--dry-run"])
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(Self.devices(dry) == expected)
    let ended = try topics.purge(options)
    #expect(ended.text == dry.text)
    let status = options.contains("--device") ? "purged" : "timeout"
    #expect(ended.lines.allSatisfy { $0.contains(#""status":"\#(status)""#) })
    let (count, rest) = (expected.count, 3 - expected.count)
    #expect(
      ended.errors.contains(
        "\(count) session\(count == 1 ? "" : "s") purged, \(rest) stay\(rest == 1 ? "s" : "")\n"))
    let others = try topics.purge(["--device", "*", "--dry-run", "-q"])
    #expect(Self.devices(others) == ["a", "b", "c"].filter { !expected.contains($0) })
  }

  @Test(arguments: [["--state", "state"], []])
  func processesThatComeLaterDoNotKnowTheSession(options: [String]) throws {
    let topics = try Self.threeSessions()
    #expect(try topics.purge(["--device", "a"]).lines.count == 1)
    try topics.send([EventLines.sent("a", 5100), EventLines.sent("b", 5200)])
    try topics.segment(options)
    let closings = try topics.sessions().filter { $0.contains("SessionClosed") }
    #expect(closings.map(device(of:)) == ["a", "b"])
    #expect(closings.map { $0.contains(#""partial":true"#) } == [true, false])
  }

  @Test func closingsGoToATopicOrANewFile() throws {
    let topics = try Self.threeSessions()
    #expect(try topics.purge(["--device", "a", "--to", topics.output]).status == 0)
    let sent = try topics.sessions().filter { $0.contains("SessionClosed") }
    #expect(sent.map(device(of:)) == ["a"])
    #expect(try topics.purge(["--device", "b", "--output", "closed"]).status == 0)
    #expect(try topics.directory.text("closed").contains(#""device":"b""#))
    let refused = try topics.purge(["--device", "*", "--output", "closed"])
    #expect(refused.status == 64)
    #expect(refused.errors.contains("closed holds something already"))
    #expect(try topics.directory.text("closed").contains(#""device":"b""#))
    #expect(Self.devices(try topics.purge(["--device", "*"])) == ["c"])
  }

  @Test func whatCannotBeWrittenIsNotRemoved() throws {
    let topics = try Self.threeSessions()
    #expect(try topics.purge(["--device", "*", "--output", "/dev/full"]).status == 74)
    #expect(Self.devices(try topics.purge(["--device", "*"])) == ["a", "b", "c"])
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func whatIsNotRemovedIsWrittenAgain() throws {
    let cluster = try KafkaTestCluster()
    let topics = try Self.threeSessions(cluster: cluster)
    // TOPIC_AUTHORIZATION_FAILED, for the tombstones of both partitions.
    try cluster.fail(.produce, with: [29, 29])
    let failed = try topics.purge(["--device", "*"])
    #expect(failed.status == 69, "\(failed.errors)")
    #expect(!failed.errors.contains("purged"))
    try cluster.clearFaults(.produce)
    let again = try topics.purge(["--device", "*"])
    #expect(again.status == 0)
    #expect(Set(failed.lines + again.lines) == Set(again.lines))
    #expect(Self.devices(again).contains("c"))
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aKilledPurgeIsCompletedAndWhatItRemovedIsNotClosedAgain() throws {
    let cluster = try KafkaTestCluster()
    let topics = try Self.threeSessions(cluster: cluster)
    // The tombstones of partition 0 are taken; those of partition 1 are not, as long as it is tried:
    // NOT_LEADER_FOR_PARTITION.
    try cluster.fail(.produce, with: [0] + Array(repeating: 6, count: 10_000))
    let purge = try RunningProgram(
      "kes-purge", topics.purging(["--device", "*", "--output", "first"]),
      directory: topics.directory)
    #expect(purge.waits { Self.lines(topics, "first").count == 3 })
    purge.send(SIGKILL)
    #expect(try purge.finish().signal == SIGKILL)
    try cluster.clearFaults(.produce)
    let first = Self.lines(topics, "first")
    #expect(first.map(device(of:)).sorted() == ["a", "b", "c"])
    let second = try topics.purge(["--device", "*"])
    #expect(second.status == 0, "\(second.errors)")
    // What is not removed is written again, as it was.
    #expect(second.lines == first.filter { device(of: $0) == "c" })
    #expect(try topics.purge(["--device", "*"]).lines.isEmpty)
  }

  private static func lines(_ topics: ToolsOnTopics, _ file: String) -> [String] {
    let text = (try? topics.directory.text(file)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  @Test(.enabled(if: !KafkaTestCluster.isMock, "needs markers of transactions"))
  func aTransactionThatALostProcessLeftOpenIsWaitedFor() throws {
    let topics = try Self.threeSessions()
    let lost = try topics.openTransaction(on: topics.changelog)
    let purge = try RunningProgram(
      "kes-purge", topics.purging(["--device", "*"]), directory: topics.directory)
    #expect(
      purge.waits {
        purge.errorsSoFar.contains("waiting for a transaction that a lost process left open")
      })
    #expect(purge.outputSoFar.isEmpty)
    try lost.abortTransaction(ToolsOnTopics.patience)
    let ended = try purge.finish()
    #expect(ended.status == 0, "\(ended.errors)")
    // Nothing of what was not committed counts.
    #expect(Self.devices(ended) == ["a", "b", "c"])
    #expect(try topics.purge(["--device", "*"]).lines.isEmpty)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "only the mock cluster does not tell"))
  func brokersThatDoNotTellWhoIsInAGroupAreNoHindrance() throws {
    let topics = try Self.threeSessions()
    let ended = try topics.purge(["--device", "a"])
    #expect(ended.status == 0)
    let note = "these brokers do not tell who is in the group \(topics.application)"
    #expect(ended.errors.components(separatedBy: note).count == 2, "\(ended.errors)")
  }

  @Test(.enabled(if: !KafkaTestCluster.isMock, "the mock cluster knows no groups"))
  func anApplicationThatRunsIsLeftAlone() throws {
    let topics = try Self.threeSessions()
    let running = try RunningProgram(
      "kes-segment", topics.segmenting(["--state", "state"]), directory: topics.directory)
    #expect(running.waits { running.errorsSoFar.contains("taken up") })
    let refused = try topics.purge(["--device", "*"])
    #expect(refused.status == 75, "\(refused.errors)")
    #expect(refused.errors.contains("it has 1 member, kes at "))
    #expect(try topics.purge(["--device", "*", "--dry-run"]).lines.count == 3)
    running.send(SIGTERM)
    #expect(try running.finish().signal == SIGTERM)
    #expect(try topics.purge(["--device", "*"]).lines.count == 3)
  }

  @Test(arguments: [
    (["--application-id", ""], "--application-id needs a name"),
    (["--application-id", "a", "--state", "s"], "it goes without --application-id"),
    (["--application-id", "a", "--from", "t"], "it goes without --application-id"),
    (["--application-id", "a", "events.jsonl"], "reads files"),
    (["--application-id", "a", "--flush"], "it goes without --application-id"),
    (["--reset"], "--reset needs --application-id"),
    (["--application-id", "a", "--reset", "--device", "x"], "--reset closes none"),
    (["--application-id", "a", "--reset", "--to", "t"], "--reset closes none"),
    (["--application-id", "a", "-G", "g", "--from", "t"], "it goes without the application"),
  ])
  func whatDoesNotGoTogetherIsRefused(options: [String], message: String) throws {
    let ended = try Program.run("kes-purge", ["-b", "127.0.0.1:1"] + options)
    #expect(ended.status == 64)
    #expect(ended.errors.contains(message), "\(ended.errors)")
  }

  @Test func anApplicationNeedsBrokers() throws {
    let ended = try Program.run("kes-purge", ["--application-id", "a"])
    #expect(ended.status == 64)
    #expect(ended.errors.contains("topics need --brokers"))
    let absent = try Program.run(
      "kes-purge",
      ["-b", "127.0.0.1:1", "--application-id", "a", "--connect-timeout", "100ms", "-q"])
    #expect(absent.status == 69)
    #expect(absent.errors.contains("127.0.0.1:1"))
  }
}
