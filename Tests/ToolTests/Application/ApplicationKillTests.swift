// Kills at random: nothing is lost and nothing comes twice.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn, .serialized) struct ApplicationKillTests {
  private static let rules: [[String]] = [
    [], ["--reorder", "--lateness", "3s", "--duplicates", "drop"],
  ]

  @Test(arguments: rules, TestSeeds.each(1...1))
  func killsLeaveNoTrace(_ rules: [String], _ seed: UInt64) throws {
    let isReal = !KafkaTestCluster.isMock
    let topics = try ApplicationTopics(makesChangelog: false, hasMarkers: true)
    var generator = SeededGenerator(seed: seed)
    let options = rules + ["-X", "transaction.timeout.ms=6000"]
    var processes = try (0..<3).map { try topics.start(options, state: "state-\($0)") }
    let sending = SendingThread(topics, repeating(seed, count: isReal ? 20_000 : 3000))
    for kill in 0..<(isReal ? 20 : 6) {
      // The fault's own time: whatever is under way is to be cut off.
      usleep(UInt32.random(in: 200_000...(isReal ? 3_500_000 : 1_500_000), using: &generator))
      let index = Int.random(in: 0..<3, using: &generator)
      let ended = try processes[index].end(SIGKILL)
      #expect(ended.signal == SIGKILL, "kill \(kill): \(ended.messages)")
      // Now and then on another machine.
      let place = Int.random(in: 0..<4, using: &generator) == 0 ? "new-\(kill)" : "state-\(index)"
      processes[index] = try topics.start(options, state: place)
    }
    try sending.finish()
    #expect(try topics.waitUntilRead(by: processes))
    for process in processes {
      let ended = try process.end()
      #expect(ended.signal == SIGTERM, "\(ended.messages)")
    }
    // What is held comes at the end.
    let last = try topics.finish(options)
    #expect(last.status == 0, "signal \(last.signal ?? 0): \(last.errors.suffix(1500))")
    let (found, expected) = (try topics.sessions(), try topics.expectedSessions(rules))
    for partition in 0..<topics.partitions {
      let isSame = found[partition] == expected[partition]
      #expect(
        isSame,
        "partition \(partition): \(difference(found[partition], expected[partition]))")
    }
  }

  /// Events, some of which come again.
  private func repeating(_ seed: UInt64, count: Int) -> [String] {
    EventLines.numbered(count: count, devices: 100, seed: seed).enumerated().flatMap {
      index, line in
      index % 10 == 0 ? [line, line] : [line]
    }
  }

  private func difference(_ found: [String], _ expected: [String]) -> String {
    let place = zip(found, expected).enumerated().first { $1.0 != $1.1 }?.offset
    let index = place ?? min(found.count, expected.count)
    return "\(found.count) lines, expected \(expected.count); line \(index):"
      + " \(found.dropFirst(index).first ?? "none"), expected"
      + " \(expected.dropFirst(index).first ?? "none")"
  }
}
