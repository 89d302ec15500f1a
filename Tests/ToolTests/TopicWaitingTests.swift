// Topics that are followed, and brokers that go and come.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct TopicWaitingTests {
  private static func lines(_ range: Range<Int64>) -> [TopicMessage] {
    range.map { TopicMessage(String(EventLines.data("a", $0).dropLast())) }
  }

  private func count(_ running: RunningProgram) -> Int {
    running.outputSoFar.split(separator: "\n").count
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aTopicIsFollowedUntilASignal(signal: Int32) throws {
    let kafka = try TopicsUnderTest()
    let topic = try kafka.topic()
    let running = try kafka.start("kes-read", ["--from", topic])
    for number in Int64(1)...3 {
      try kafka.send(Self.lines(number..<number + 1), to: topic, partition: 0)
      #expect(running.waits { count(running) == number })
    }
    running.send(signal)
    let finished = try running.finish()
    #expect(finished.signal == signal && finished.errors.isEmpty, "\(finished.errors)")
  }

  @Test func aSignalCommitsWhatWasWritten() throws {
    let kafka = try TopicsUnderTest()
    let (topic, group) = (try kafka.topic(), kafka.unique("group"))
    try kafka.send(Self.lines(0..<5), to: topic, partition: 0)
    let running = try kafka.start("kes-read", ["--from", topic, "-G", group])
    #expect(running.waits { count(running) == 5 })
    running.send(SIGINT)
    #expect(try running.finish().signal == SIGINT)
    try kafka.send(Self.lines(5..<7), to: topic, partition: 0)
    #expect(try kafka.read(topic, ["-G", group]).count == 2)
  }

  @Test func twoMembersOfAGroupShareTheMessages() throws {
    let kafka = try TopicsUnderTest()
    let (topic, group) = (try kafka.topic(partitions: 4), kafka.unique("group"))
    let arguments = ["--from", topic, "-G", group, "--format", "json"]
    var sent: [String] = []
    func send(_ count: Int) throws {
      let new = (0..<count).map { number in
        String(EventLines.data("device-\(sent.count + number)", Int64(number)).dropLast())
      }
      try kafka.send(new.map { TopicMessage($0, key: $0) }, to: topic)
      sent += new
    }
    let first = try kafka.start("kes-read", arguments)
    try send(100)
    #expect(first.waits { count(first) == 100 })
    let second = try kafka.start("kes-read", arguments)
    // Until the group has given the second one its share.
    let hasShare = second.waits {
      if Set(all(first, second)).count == sent.count { try? send(1) }
      return count(second) > 0
    }
    #expect(hasShare)
    first.send(SIGTERM)
    #expect(try first.finish().signal == SIGTERM)
    try send(100)
    #expect(second.waits { Set(all(first, second)) == Set(sent) })
    second.send(SIGTERM)
    let ended = try second.finish()
    #expect(ended.signal == SIGTERM && ended.errors.isEmpty, "\(ended.errors)")
  }

  private func all(_ programs: RunningProgram...) -> [String] {
    programs.flatMap { $0.outputSoFar.split(separator: "\n").map(String.init) }
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aCommitThatARebalanceRefusesIsTriedAgain() throws {
    let kafka = try TopicsUnderTest(isOwn: true)
    let mock = try #require(kafka.mock)
    let (topic, group) = (try kafka.topic(), kafka.unique("group"))
    try kafka.send(Self.lines(0..<10), to: topic, partition: 0)
    // REBALANCE_IN_PROGRESS.
    try mock.fail(.offsetCommit, with: [27])
    #expect(try kafka.read(topic, ["-G", group]).count == 10)
    #expect(try kafka.read(topic, ["-G", group]).isEmpty)
  }

  @Test func aClosedOutputEndsItBySigpipeAndCommitsNothing() throws {
    let kafka = try TopicsUnderTest()
    let (topic, group) = (try kafka.topic(), kafka.unique("group"))
    try kafka.send(Self.lines(0..<10), to: topic, partition: 0)
    let output = try PrivatePipe()
    try output.reading.close()
    let running = try RunningProgram(
      path: Program.path("kes-read"), kafka.options + ["--from", topic, "-G", group], input: .empty,
      environment: [:], directory: kafka.directory, standardOutput: output.writing)
    let finished = try running.finish()
    #expect(finished.signal == SIGPIPE && finished.errors.isEmpty, "\(finished.errors)")
    #expect(try kafka.read(topic, ["-G", group]).count == 10)
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aBrokerThatGoesAndComesLosesNothing() throws {
    let kafka = try TopicsUnderTest(isOwn: true)
    let mock = try #require(kafka.mock)
    let topic = try kafka.topic()
    let reader = try kafka.start("kes-read", ["--from", topic, "--format", "json", "-q"])
    let pipe = try PrivatePipe()
    let writer = try RunningProgram(
      path: Program.path("kes-read"), kafka.options + ["--to", topic, "-q"], input: .empty,
      environment: [:], directory: kafka.directory, standardInput: pipe.reading)
    try pipe.write(EventLines.data("a", 1))
    #expect(reader.waits { count(reader) == 1 })
    try mock.takeDown()
    try pipe.write(EventLines.data("a", 2))
    try pipe.close()
    try mock.bringUp()
    #expect(try writer.finish().status == 0)
    #expect(reader.waits { count(reader) == 2 })
    reader.send(SIGTERM)
    let finished = try reader.finish()
    #expect(finished.signal == SIGTERM && finished.errors.isEmpty)
    #expect(finished.text == EventLines.data("a", 1) + EventLines.data("a", 2))
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aSignalEndsAReaderWhoseBrokerIsDown() throws {
    let kafka = try TopicsUnderTest(isOwn: true)
    let mock = try #require(kafka.mock)
    let topic = try kafka.topic()
    try kafka.send(Self.lines(0..<3), to: topic, partition: 0)
    let reader = try kafka.start("kes-read", ["--from", topic])
    #expect(reader.waits { count(reader) == 3 })
    try mock.takeDown()
    // librdkafka says that the broker is gone, as a message of ours.
    #expect(reader.waits { reader.errorsSoFar.contains("kes-read: librdkafka: ") })
    reader.send(SIGINT)
    #expect(try reader.finish().signal == SIGINT)
  }

  @Test(arguments: ["--from", "--to"])
  func aSignalEndsTheWaitForAFirstBroker(end: String) throws {
    let brokers = try KafkaScriptedBroker().brokers
    let running = try RunningProgram(
      "kes-read", ["-b", brokers, "--connect-timeout", "1h", end, "events"])
    // The handler is there before anything is connected.
    #expect(running.waits { (try? running.catches(SIGINT)) == true })
    running.send(SIGINT)
    let finished = try running.finish()
    #expect(finished.signal == SIGINT && finished.errors.isEmpty, "\(finished.errors)")
  }

  @Test(
    .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"), .unlessLibraryHangs)
  func recordsThatTheirBrokerNeverTakesAreAFailure() throws {
    let kafka = try TopicsUnderTest(isOwn: true)
    let mock = try #require(kafka.mock)
    let topic = try kafka.topic()
    let pipe = try PrivatePipe()
    let writer = try RunningProgram(
      path: Program.path("kes-read"),
      kafka.options + ["--to", topic, "-q", "-X", "message.timeout.ms=1000"], input: .empty,
      environment: [:], directory: kafka.directory, standardInput: pipe.reading)
    try pipe.write(EventLines.data("a", 1))
    let isThere = { (try? kafka.messages(topic).count) == 1 }
    #expect(writer.waits(until: isThere))
    try mock.takeDown()
    try pipe.write(EventLines.data("a", 2))
    try pipe.close()
    let finished = try writer.finish()
    #expect(finished.status == 69)
    #expect(finished.errors.contains("topic \(topic), partition 0: cannot deliver a record: "))
  }
}
