// An application that was taken back to its beginning, and the state of before that another machine
// has kept.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ApplicationResetTests {
  private func lines(_ seed: UInt64) -> [String] {
    EventLines.numbered(count: 600, devices: 40, seed: seed)
  }

  /// Devices that are met before the reset, and again at the end.
  private let returning = (0..<20).map { "returning-\($0)" }

  /// A line of events for each of them.
  private func lines(_ event: (String, Int64) -> String, _ time: Int64) -> [String] {
    returning.map { String(event($0, time).dropLast()) }
  }

  @Test func stateOfBeforeTheResetIsOfNoUse() throws {
    let before = try ApplicationTopics(partitions: 4)
    // Two machines; each has sessions of all partitions, its own ones and the other's as a standby.
    let processes = try (0..<2).map { try before.start(state: "machine-\($0)") }
    try before.send(lines(1) + lines(EventLines.woke, 1_700_000_005_000))
    #expect(try before.waitUntilRead(by: processes))
    #expect(processes[1].waitsForFigures { $0["standby_tasks", default: 0] > 0 })
    for process in processes { #expect(try process.end().signal == SIGTERM) }

    let after = try reset(before)
    let first = try after.start(state: "new")
    #expect(first.waitsForTasks(4))
    // More commits than before: the new changelog grows past where the old one was left.
    for seed in 2..<8 as Range<UInt64> {
      try after.send(lines(seed))
      #expect(try after.waitUntilRead(by: [first]))
    }
    let stale = try after.start(["--state", before.directory.path("machine-1")])
    #expect(
      stale.waitsForFigures { $0["active_tasks", default: 0] > 0 && $0["restoring_tasks"] == 0 })
    // Their sessions began before the reset: now they have lost their beginnings.
    try after.send(lines(8) + lines(EventLines.sent, 1_700_000_005_500))
    #expect(try after.waitUntilRead(by: [first, stale]))
    for process in [first, stale] {
      let ended = try process.end()
      #expect(ended.signal == SIGTERM, "\(ended.messages)")
    }
    #expect(stale.messages.contains("the state here is of a changelog"), "\(stale.messages)")
    #expect(try after.sessions() == after.expectedSessions())
  }

  /// What `kes-purge --reset` leaves, with the state of the first machine. The mock removes neither
  /// topics nor offsets: another cluster that knows nothing of the application takes its place.
  private func reset(_ topics: ApplicationTopics) throws -> ApplicationTopics {
    if KafkaTestCluster.isMock {
      return try ApplicationTopics(partitions: 4, replacing: topics)
    }
    let ended = try Program.run(
      "kes-purge",
      [
        "-b", topics.brokers, "--application-id", topics.identifier, "--reset", "--state",
        topics.directory.path("machine-0"),
      ])
    #expect(ended.status == 0, "\(ended.errors)")
    return try ApplicationTopics(partitions: 4, makesChangelog: false, replacing: topics)
  }
}
