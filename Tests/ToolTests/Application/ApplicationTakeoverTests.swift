// Processes of an application that come, go and are killed: their partitions and sessions move on.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn, .serialized) struct ApplicationTakeoverTests {
  private let topics: ApplicationTopics

  init() throws { topics = try ApplicationTopics() }

  private func lines(_ part: Int) -> [String] {
    let all = EventLines.numbered(count: 3000, devices: 60, seed: 11)
    return Array(all[(part * 1000)..<((part + 1) * 1000)])
  }

  /// Processes with states of their own, each with some of the partitions.
  private func start(_ count: Int, _ options: [String] = []) throws -> [SegmentProcess] {
    let processes = try (0..<count).map { try topics.start(options, state: "state-\($0)") }
    #expect(areSettled(processes))
    return processes
  }

  /// Waits until the processes have all partitions among them.
  private func areSettled(_ processes: [SegmentProcess]) -> Bool {
    processes[0].program.waits {
      if !processes.allSatisfy(\.program.process.isRunning) { return true }
      let last = processes.map { $0.figures.last ?? [:] }
      return last.allSatisfy { $0["active_tasks", default: 0] > 0 && $0["restoring_tasks"] == 0 }
        && last.reduce(0) { $0 + $1["active_tasks", default: 0] } == topics.partitions
    } && processes.allSatisfy(\.program.process.isRunning)
  }

  private func expectTheSessionsOfOneRun(_ options: [String] = []) throws {
    #expect(try topics.sessions() == topics.expectedSessions(options))
  }

  @Test(arguments: [2, 3]) func processesShareThePartitions(_ count: Int) throws {
    let processes = try start(count)
    try topics.send(lines(0) + lines(1))
    #expect(try topics.waitUntilRead(by: processes))
    for process in processes {
      #expect(process.figures.last?["records", default: 0] ?? 0 > 0)
      let ended = try process.end()
      #expect(ended.signal == SIGTERM, "\(ended.errors)")
    }
    try expectTheSessionsOfOneRun()
  }

  @Test(arguments: ["exactly-once", "at-least-once"])
  func aKilledProcessLeavesItsPartitionsAndSessions(_ guarantee: String) throws {
    let processes = try start(3, ["--guarantee", guarantee])
    try topics.send(lines(0))
    #expect(try topics.waitUntilRead(by: processes))
    #expect(try processes[0].end(SIGKILL).signal == SIGKILL)
    try topics.send(lines(1))
    #expect(try topics.waitUntilRead(by: Array(processes[1...])))
    #expect(areSettled(Array(processes[1...])))
    for process in processes[1...] { try process.end() }
    if guarantee == "exactly-once" { try expectTheSessionsOfOneRun() }
    #expect(try topics.missingEvents() == [])
  }
}
