// Transactions that fail at each step: what was done is undone and done again, and nothing is lost.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn, .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
struct ApplicationFaultTests {
  /// A request that fails, and by what (Kafka protocol guide, "Error Codes").
  struct Fault: CustomTestStringConvertible {
    let api: KafkaTestCluster.API
    let codes: [Int]
    /// Whether what was asked for is done all the same.
    var isDone = false
    var testDescription: String { "\(api) \(codes)\(isDone ? " and done" : "")" }
  }

  /// Faults that pass by themselves, and those after which the transaction is aborted.
  private static let passing: [Fault] = [
    Fault(api: .addPartitionsToTransaction, codes: [51, 51]),
    Fault(api: .addPartitionsToTransaction, codes: [15, 16, 14]),
    Fault(api: .addPartitionsToTransaction, codes: [3]),
    Fault(api: .produce, codes: [6, 7]),
    Fault(api: .produce, codes: [-195]),
    Fault(api: .addOffsetsToTransaction, codes: [51]),
    Fault(api: .addOffsetsToTransaction, codes: [15, 14]),
    Fault(api: .transactionOffsetCommit, codes: [14, 16]),
    Fault(api: .endTransaction, codes: [15, 51]),
    Fault(api: .endTransaction, codes: [-195]),
  ]
  /// The answer is lost, or says too late that the coordinator is another.
  private static let done: [Fault] = [
    Fault(api: .addPartitionsToTransaction, codes: [-195], isDone: true),
    Fault(api: .produce, codes: [-195], isDone: true),
    Fault(api: .produce, codes: [-195, -195, 7], isDone: true),
    Fault(api: .addOffsetsToTransaction, codes: [-195, 16], isDone: true),
    Fault(api: .transactionOffsetCommit, codes: [-195, 14], isDone: true),
    Fault(api: .endTransaction, codes: [-195], isDone: true),
    Fault(api: .endTransaction, codes: [16, -195], isDone: true),
  ]
  private static let aborting: [Fault] = [
    Fault(api: .produce, codes: [45]),
    Fault(api: .addPartitionsToTransaction, codes: [29]),
    Fault(api: .transactionOffsetCommit, codes: [22]),
    Fault(api: .transactionOffsetCommit, codes: [25]),
  ]
  private static let fencing: [Fault] = [
    Fault(api: .addPartitionsToTransaction, codes: [47]),
    Fault(api: .addPartitionsToTransaction, codes: [90]),
    Fault(api: .produce, codes: [47]),
    Fault(api: .addOffsetsToTransaction, codes: [47]),
    Fault(api: .addOffsetsToTransaction, codes: [90]),
    Fault(api: .transactionOffsetCommit, codes: [47]),
    Fault(api: .endTransaction, codes: [47]),
    Fault(api: .endTransaction, codes: [48]),
    Fault(api: .endTransaction, codes: [90]),
  ]

  /// On the mock, which lets read what was aborted, of the changelog, too, and keeps no offsets of
  /// transactions: who joins anew takes up sessions and places that were never committed, and goes on
  /// behind events whose output was not delivered. So there it shows only that the run goes on;
  /// `theOutputIsThatOfARunOverFiles` shows the rest.
  @Test(.unlessLibraryHangs, arguments: [passing, aborting, fencing])
  func nothingIsLost(_ faults: [Fault]) throws {
    let topics = try ApplicationTopics(partitions: 2)
    let mock = try #require(topics.mock)
    let process = try topics.start(state: "state")
    #expect(process.waitsForTasks(2))
    let lines = EventLines.numbered(count: 100 * (faults.count + 1), devices: 20, seed: 12)
    for (index, fault) in faults.enumerated() {
      // The fault is to meet the process, not those who send to it.
      process.program.send(SIGSTOP)
      try topics.send(Array(lines[(index * 100)..<(index * 100 + 100)]))
      try mock.fail(fault.api, with: fault.codes)
      process.program.send(SIGCONT)
      let isRead = try topics.waitUntilRead(by: [process])
      try #require(isRead, "\(fault.testDescription): \(process.messages)")
    }
    try topics.send(Array(lines[(faults.count * 100)...]))
    #expect(try topics.waitUntilRead(by: [process]))
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    let isAnew = ended.messages.contains("joining the group anew")
    if !isAnew { #expect(try topics.missingEvents() == [], "\(ended.messages)") }
    // What passes by itself aborts nothing.
    if !isAnew && !ended.messages.contains("going on from") {
      #expect(try topics.sessions() == topics.expectedSessions())
    }
  }

  /// With markers what is committed can be told from what is not: so the output is exactly that of a
  /// run over files.
  @Test(
    .enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"), .unlessLibraryHangs,
    arguments: [passing, done, aborting, fencing], [0, 30] as [Int64])
  func theOutputIsThatOfARunOverFiles(_ faults: [Fault], _ markerTime: Int64) throws {
    let topics = try ApplicationTopics(partitions: 2, hasMarkers: true)
    let model = try #require(topics.model)
    model.setMarkerTime(milliseconds: markerTime)
    let process = try topics.start(state: "state")
    #expect(process.waitsForTasks(2), "\(process.messages)")
    let lines = EventLines.numbered(count: 100 * (faults.count + 1), devices: 20, seed: 12)
    for (index, fault) in faults.enumerated() {
      process.program.send(SIGSTOP)
      try topics.send(Array(lines[(index * 100)..<(index * 100 + 100)]))
      model.fail(fault.api, with: fault.codes, isDone: fault.isDone)
      process.program.send(SIGCONT)
      let isRead = try topics.waitUntilRead(by: [process])
      try #require(isRead, "\(fault.testDescription): \(process.messages)")
      #expect(model.faultCount == 0, "\(fault.testDescription)")
    }
    try topics.send(Array(lines[(faults.count * 100)...]))
    #expect(try topics.waitUntilRead(by: [process]))
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    #expect(try topics.sessions() == topics.expectedSessions(), "\(ended.messages)")
    let (committed, ends) = try topics.places()
    #expect(committed == ends)
  }

  // MARK: Getting ready

  @Test func whatPassesWhileItGetsReadyIsWaitedOut() throws {
    let topics = try ApplicationTopics(partitions: 2, hasMarkers: true)
    let model = try #require(topics.model)
    let lines = EventLines.numbered(count: 200, devices: 20, seed: 13)
    try topics.send(Array(lines[..<100]))
    let passing = [15, 16, 14, 51, -195]
    model.fail(.initProducerIdentifier, with: passing)
    let process = try topics.start(state: "state")
    #expect(process.waitsForTasks(2), "\(process.messages)")
    #expect(try topics.waitUntilRead(by: [process]))
    // Once more, as the successor of a producer that was fenced.
    process.program.send(SIGSTOP)
    try topics.send(Array(lines[100...]))
    model.fail(.endTransaction, with: [47])
    model.fail(.initProducerIdentifier, with: passing)
    process.program.send(SIGCONT)
    #expect(try topics.waitUntilRead(by: [process]), "\(process.messages)")
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    #expect(ended.messages.contains("joining the group anew"), "\(ended.messages)")
    #expect(try topics.sessions() == topics.expectedSessions(), "\(ended.messages)")
  }

  /// What does not pass, by its code, its name and the exit status.
  private static let refusals: [(code: Int, name: String, status: Int32)] = [
    (53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", 69), (50, "INVALID_TRANSACTION_TIMEOUT", 78),
  ]

  @Test(arguments: refusals)
  func whoMayNotHaveTransactionsReadsNothing(code: Int, name: String, status: Int32) throws {
    let topics = try ApplicationTopics(partitions: 1)
    let mock = try #require(topics.mock)
    try topics.send(EventLines.numbered(count: 10, devices: 2, seed: 14))
    // Whoever asks, and however often.
    try mock.fail(.initProducerIdentifier, with: Array(repeating: code, count: 20))
    let refused = try topics.finish(state: "state")
    #expect(refused.status == status, "\(refused.messages)")
    #expect(refused.messages.contains("cannot prepare transactions"), "\(refused.messages)")
    #expect(refused.messages.contains(name), "\(refused.messages)")
    #expect(try topics.sessions() == [[]])
    try mock.clearFaults(.initProducerIdentifier)
    let last = try topics.finish(state: "state")
    #expect(last.status == 0, "\(last.messages)")
    #expect(try topics.sessions() == topics.expectedSessions())
  }

  // MARK: Aborting

  @Test(arguments: [[51, 51], [15, 16, 14], [-195], [47], [48], [90]])
  func anAbortThatFailsIsTakenAgainOrFollowedByAnotherProducer(_ codes: [Int]) throws {
    let topics = try ApplicationTopics(partitions: 2, hasMarkers: true)
    let model = try #require(topics.model)
    let process = try topics.start(state: "state")
    #expect(process.waitsForTasks(2))
    process.program.send(SIGSTOP)
    try topics.send(EventLines.numbered(count: 100, devices: 20, seed: 15))
    // ILLEGAL_GENERATION has the transaction aborted, and that fails.
    model.fail(.transactionOffsetCommit, with: [22])
    model.fail(.endTransaction, with: codes)
    process.program.send(SIGCONT)
    #expect(try topics.waitUntilRead(by: [process]), "\(process.messages)")
    let ended = try process.end()
    #expect(ended.signal == SIGTERM, "\(ended.messages)")
    #expect(ended.messages.contains("going on from the last commit"), "\(ended.messages)")
    let isFenced = [47, 48, 90].contains(codes[0])
    #expect(
      ended.messages.contains("cannot abort the transaction") == isFenced, "\(ended.messages)")
    #expect(ended.messages.contains("joining the group anew") == isFenced, "\(ended.messages)")
    #expect(try topics.sessions() == topics.expectedSessions(), "\(ended.messages)")
  }
}
