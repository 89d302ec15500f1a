// What only a cluster with transactions' markers shows: what is hidden, what is given up.

import Foundation
import Glibc
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct ApplicationTransactionTests {
  private let lines = EventLines.numbered(count: 300, devices: 20, seed: 61)

  @Test func whatWasAbortedIsNotSegmentedAndHoldsNobodyUp() throws {
    let topics = try ApplicationTopics(partitions: 1, hasMarkers: true)
    try topics.send(Array(lines[..<100]))
    let producer = try topics.transactionalProducer()
    try producer.beginTransaction()
    let aborted = Array(EventLines.woke("aborted", 1_700_000_000_000).utf8.dropLast())
    try producer.produce(
      key: nil, value: aborted.span, to: try producer.topic(topics.input), partition: 0,
      patience: ApplicationTopics.patience)
    try producer.flush(ApplicationTopics.patience)
    try producer.abortTransaction(ApplicationTopics.patience)
    try topics.send(Array(lines[100...]))
    let ended = try topics.finish()
    #expect(ended.status == 0, "\(ended.messages)")
    let found = try topics.sessions()
    #expect(found == (try topics.expectedSessions()))
    #expect(!found[0].contains { $0.contains("aborted") })
    #expect(found[0].filter { !$0.contains("SessionClosed") }.count == 300)
  }

  @Test func aTransactionThatBrokersGaveUpIsDoneAgain() throws {
    let topics = try ApplicationTopics(partitions: 2, hasMarkers: true)
    let process = try topics.start(
      [
        "--commit-interval", "1900ms", "-X", "transaction.timeout.ms=2000",
        // It stays a member: only its transaction is lost.
        "-X", "session.timeout.ms=60000",
      ], state: "state")
    #expect(process.waitsForTasks(2))
    try topics.send(Array(lines[..<100]))
    // Stopped between what it sends and its commit.
    #expect(try topics.waitForTransaction(toBeOpen: true))
    process.program.send(SIGSTOP)
    #expect(try topics.waitForTransaction(toBeOpen: false))
    process.program.send(SIGCONT)
    try topics.send(Array(lines[100...]))
    #expect(try topics.waitUntilRead(by: [process]), "\(process.messages)")
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    #expect(ended.messages.contains("joining the group anew"), "\(ended.messages)")
    #expect(try topics.sessions() == topics.expectedSessions())
  }

  @Test(arguments: [3, 5]) func theChangelogIsMadeAsItMustBe(_ partitions: Int) throws {
    let topics = try ApplicationTopics(
      partitions: partitions, makesChangelog: false, hasMarkers: true)
    try topics.send(lines)
    #expect(try topics.finish(["--create-topics"]).status == 0)
    let found = try topics.describe(topics.changelog)
    #expect(found?.partitionCount == Int32(partitions))
    #expect(try topics.read(topics.changelog).contains { !$0.isEmpty })
  }
}
