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
    var testDescription: String { "\(api) \(codes)" }
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

  @Test(arguments: [passing, aborting, fencing]) func nothingIsLost(_ faults: [Fault]) throws {
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
    // The mock lets read what was aborted: what came twice came as the same.
    #expect(
      try topics.sessions().map(firstAppearances)
        == topics.expectedSessions().map(firstAppearances), "\(ended.messages)")
  }

  private func firstAppearances(_ lines: [String]) -> [String] {
    var seen: Set<String> = []
    return lines.filter { seen.insert($0).inserted }
  }
}
