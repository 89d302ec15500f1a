// Processes of an application that come, go and are killed: their partitions and sessions move on.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ApplicationTakeoverTests {
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

  @Test func whatIsTakenUpAndGivenAwayIsToldInALineEach() throws {
    func words(_ process: SegmentProcess, _ deed: String) -> [String] {
      process.messages.split(separator: "\n").filter { $0.contains(deed) }.map(String.init)
    }
    var processes = try start(1)
    #expect(
      words(processes[0], "taken up")
        == ["kes-segment: partitions 0, 1, 2, 3, 4, 5, 6, 7 taken up"])
    try topics.send(lines(0))
    #expect(try topics.waitUntilRead(by: processes))
    processes.append(try topics.start(state: "state-1"))
    #expect(areSettled(processes))
    let given = words(processes[0], " given away")
    let taken = words(processes[1], "taken up")
    #expect(given.count == 1 && taken.count == 1, "\(given) \(taken)")
    let partitions = try #require(given.first?.dropLast(" given away".count))
    #expect(taken.first?.hasPrefix("\(partitions) taken up, with ") == true, "\(taken) \(given)")
    #expect(words(processes[0], "taken up").count == 1)
    for process in processes { try process.end() }
  }

  @Test func aProcessThatComesTakesItsShareAndOneThatLeavesGivesItBack() throws {
    var processes = try start(2)
    try topics.send(lines(0))
    processes.append(try topics.start(state: "state-2"))
    #expect(areSettled(processes))
    try topics.send(lines(1))
    #expect(try topics.waitUntilRead(by: processes))
    let left = try processes.removeFirst().end()
    #expect(left.signal == SIGTERM, "\(left.messages)")
    try topics.send(lines(2))
    #expect(areSettled(processes))
    #expect(try topics.waitUntilRead(by: processes))
    for process in processes { try process.end() }
    try expectTheSessionsOfOneRun()
  }

  @Test func aZombieWritesNothingAndJoinsAnew() throws {
    let processes = try start(2, ["-X", "transaction.timeout.ms=2000"])
    try topics.send(lines(0))
    #expect(try topics.waitUntilRead(by: processes))
    processes[0].program.send(SIGSTOP)
    try topics.send(lines(1))
    #expect(areSettled([processes[1]]))
    #expect(try topics.waitUntilRead(by: [processes[1]]))
    processes[0].program.send(SIGCONT)
    try topics.send(lines(2))
    #expect(areSettled(processes))
    #expect(try topics.waitUntilRead(by: processes))
    for process in processes {
      let ended = try process.end()
      #expect(ended.signal == SIGTERM, "\(ended.messages)")
    }
    #expect(try topics.missingEvents() == [])
    // The mock lets read what the zombie began to write before it heard of the other.
    if !KafkaTestCluster.isMock { try expectTheSessionsOfOneRun() }
  }

  @Test func theSecondProcessFollowsAndTakesOverByTheTailAlone() throws {
    let processes = try start(2)
    try topics.send(lines(0))
    #expect(try topics.waitUntilRead(by: processes))
    let last = processes[1]
    #expect(
      last.waitsForFigures {
        $0["standby_tasks", default: 0] == topics.partitions - $0["active_tasks", default: 0]
          && $0["standby_records", default: 0] > 0
      })
    let before = last.figures.last?["restored_records", default: 0] ?? 0
    // What is followed is there before its owner goes.
    #expect(areFollowed(by: last))
    try processes[0].end(SIGKILL)
    #expect(areSettled([last]))
    let restored = (last.figures.last?["restored_records", default: 0] ?? 0) - before
    #expect(restored == 0, "\(restored) records")
    try topics.send(lines(1))
    #expect(try topics.waitUntilRead(by: [last]))
    try last.end()
    try expectTheSessionsOfOneRun()
  }

  /// Waits until a process has read all of the changelog that it is to follow.
  private func areFollowed(by process: SegmentProcess) -> Bool {
    var known = -1
    // Followed every tenth of a second: what does not grow over several lines has come to its end.
    return process.waitsForFigures(5) {
      let count = $0["standby_records", default: 0]
      defer { known = count }
      return count == known
    }
  }

  @Test(arguments: [true, false]) func aNextRunReadsOnlyWhatItHasNot(_ keepsState: Bool) throws {
    try topics.send(lines(0))
    #expect(try topics.finish(state: "first").status == 0)
    try topics.send(lines(1))
    let second = try topics.start(
      ApplicationTopics.alone + ["-e"], state: keepsState ? "first" : "second")
    let ended = try second.finish()
    #expect(ended.status == 0, "\(ended.messages)")
    let restored = second.figures.last?["restored_records", default: 0] ?? 0
    #expect(keepsState ? restored == 0 : restored > 0, "\(restored) records")
    try expectTheSessionsOfOneRun()
  }

  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func brokersGoAndComeBack() throws {
    let processes = try start(2)
    let mock = try #require(topics.mock)
    try topics.send(lines(0))
    try mock.takeDown()
    try mock.bringUp()
    try topics.send(lines(1))
    #expect(try topics.waitUntilRead(by: processes))
    for process in processes {
      let ended = try process.end()
      #expect(ended.signal == SIGTERM, "\(ended.messages)")
    }
    #expect(try topics.missingEvents() == [])
  }

  @Test func aSignalDuringARebalanceLosesNothing() throws {
    var processes = try start(2)
    try topics.send(lines(0))
    processes.append(try topics.start(state: "state-2"))
    // It joins; nobody waits for the others to share with it.
    #expect(processes[2].waitsForFigures { _ in true })
    for process in processes { process.program.send(SIGTERM) }
    for process in processes {
      let ended = try process.finish()
      #expect(ended.signal == SIGTERM, "\(ended.messages)")
    }
    let last = try topics.finish(state: "state-0")
    #expect(last.status == 0, "\(last.messages)")
    try expectTheSessionsOfOneRun()
  }
}
