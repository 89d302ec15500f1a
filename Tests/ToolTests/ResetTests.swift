// kes-purge --reset: offsets, changelog and local state together.

import Foundation
import TestSupport
import Testing

/// By a broker that answers as it is told: the mock cluster has neither offsets nor topics to remove.
@Suite(.threadsOfTheirOwn) struct ResetTests {
  private let broker: KafkaScriptedBroker
  private let directory: TemporaryDirectory

  /// An application `a` that has read two topics, and its state.
  init() throws {
    broker = try KafkaScriptedBroker()
    directory = try TemporaryDirectory()
    broker.model {
      $0.topics["a-sessions-changelog"] = 3
      $0.committed["a"] = ["events": [0: 5, 1: 7, 2: -1], "others": [0: 1]]
    }
    let made = try Program.run(
      "kes-segment", ["--state", "state"], input: .text(EventLines.woke("a", 1)),
      directory: directory)
    try #require(made.status == 0)
  }

  private func reset(_ options: [String] = ["--state", "state"]) throws -> Finished {
    // The scripted broker knows no idempotent producers, which nobody needs here.
    try Program.run(
      "kes-purge",
      ["-b", broker.brokers, "-X", "enable.idempotence=false", "--application-id", "a", "--reset"]
        + options, directory: directory)
  }

  private var hasState: Bool { FileManager.default.fileExists(atPath: directory.path("state")) }
  private var hasChangelog: Bool { broker.model { $0.topics["a-sessions-changelog"] != nil } }

  /// Of which partitions of a topic the group has committed offsets.
  private func committed(_ topic: String) -> Int {
    broker.model { $0.committed["a"]?[topic]?.values.filter { $0 >= 0 }.count ?? 0 }
  }

  @Test func everythingGoesAndASecondTimeNothing() throws {
    let ended = try reset()
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(
      ended.errors == """
        kes-purge: state: the state is removed
        kes-purge: group a: what is committed of 2 partitions of events is removed
        kes-purge: group a: what is committed of 1 partition of others is removed
        kes-purge: topic a-sessions-changelog is removed

        """)
    #expect(!hasState && !hasChangelog && committed("events") + committed("others") == 0)
    let again = try reset()
    #expect(again.status == 0)
    #expect(
      again.errors == """
        kes-purge: state: there is no state here
        kes-purge: group a: there are no committed offsets
        kes-purge: topic a-sessions-changelog: there is no such topic
        kes-purge: there is nothing to reset: see how --application-id is spelled

        """)
  }

  @Test func aDryRunChangesNothing() throws {
    let ended = try reset(["--state", "state", "--dry-run"])
    #expect(ended.status == 0)
    #expect(ended.errors.components(separatedBy: "would be removed").count == 5)
    #expect(hasState && hasChangelog && committed("events") == 2 && committed("others") == 1)
  }

  @Test func aTopicThatIsNamedIsTheOnlyOneWhoseOffsetsGo() throws {
    #expect(try reset(["--from", "events"]).status == 0)
    #expect(hasState && !hasChangelog && committed("events") == 0 && committed("others") == 1)
  }

  @Test func aGroupThatHasMembersIsLeftAlone() throws {
    broker.model { $0.groups["a"] = ("Stable", ["member-1"]) }
    let ended = try reset()
    #expect(ended.status == 75)
    #expect(ended.errors.contains("it has 1 member"))
    #expect(hasState && hasChangelog && committed("events") == 2)
    #expect(try reset(["--state", "state", "--dry-run"]).status == 0)
  }

  @Test func stateThatIsInUseIsLeftAlone() throws {
    let pipe = try PrivatePipe()
    let running = try RunningProgram(
      path: Program.path("kes-segment"), ["--state", "state"], input: .empty, environment: [:],
      directory: directory, standardInput: pipe.reading)
    try pipe.write(EventLines.woke("b", 2))
    #expect(running.waits { running.outputSoFar.contains("b") })
    let ended = try reset()
    #expect(ended.status == 75)
    #expect(ended.errors.contains("in use by process \(running.process.processIdentifier)"))
    let dry = try reset(["--state", "state", "--dry-run"])
    #expect(dry.status == 0 && dry.errors.contains("state: the state would be removed"))
    #expect(hasState && hasChangelog && committed("events") == 2)
    try pipe.close()
    #expect(try running.finish().status == 0)
  }

  @Test func whatElseLiesInTheDirectoryStays() throws {
    try directory.write("mine", to: "state/notes")
    #expect(try reset().status == 0)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory.path("state")) == ["notes"])
  }

  @Test func aDirectoryOfOthersIsLeftAlone() throws {
    try FileManager.default.removeItem(atPath: directory.path("state/kes.lock"))
    #expect(try reset().errors.contains("there is no state here"))
    #expect(FileManager.default.fileExists(atPath: directory.path("state/data.mdb")))
  }

  @Test func damagedStateIsRemovedToo() throws {
    try directory.write("rubbish", to: "state/data.mdb")
    #expect(try reset().status == 0)
    #expect(!hasState)
  }

  /// Each step that fails leaves what comes behind it, and the next run does the rest.
  @Test func theSameCommandCompletesWhatFailed() throws {
    broker.model { $0.topicError = 29 }
    let failed = try reset()
    #expect(failed.status == 69, "\(failed.errors)")
    #expect(hasChangelog && !hasState)
    broker.model { $0.topicError = 0 }
    #expect(try reset().status == 0)
    #expect(!hasChangelog && committed("events") == 0)
  }
}

@Suite(.threadsOfTheirOwn) struct RealResetTests {
  @Test(.enabled(if: !KafkaTestCluster.isMock, "the mock cluster removes nothing"))
  func anApplicationBeginsAnew() throws {
    let topics = try ToolsOnTopics()
    try topics.send([EventLines.woke("a", 1000)])
    try topics.segment(["--state", "state"])
    let ended = try topics.purge(["--reset", "--state", "state"])
    #expect(ended.status == 0, "\(ended.errors)")
    try topics.send([EventLines.sent("a", 2000)])
    try topics.segment(["--state", "state"])
    let lines = try topics.sessions()
    #expect(lines.filter { $0.contains("DeviceWokeUp") }.count == 2)
    #expect(lines.last?.contains(#""events":2,"partial":false"#) ?? false)
  }
}
