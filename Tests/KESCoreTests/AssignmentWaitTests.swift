// A group that gives no partitions is spoken of, not waited for in silence.

import Synchronization
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct AssignmentWaitTests {
  @Test func waitingIsSaidAfterAWhileAndThenRarely() {
    var wait = AssignmentWait()
    #expect(wait.takeNote(now: 100_000) == nil)
    wait.begin(now: 1000)
    // Another beginning changes nothing: it is the same waiting.
    wait.begin(now: 5000)
    #expect(wait.takeNote(now: 10_999) == nil)
    #expect(wait.takeNote(now: 11_000) == .waiting(10_000))
    #expect(wait.takeNote(now: 70_999) == nil)
    #expect(wait.takeNote(now: 71_500) == .waiting(70_500))
    #expect(wait.takeNote(now: 131_000) == nil)
  }

  @Test func whoHasAnAssignmentDoesNotWait() {
    var wait = AssignmentWait()
    wait.begin(now: 0)
    wait.end()
    #expect(wait.takeNote(now: 100_000) == nil)
    wait.begin(now: 100_000)
    #expect(wait.takeNote(now: 109_000) == nil)
    #expect(wait.takeNote(now: 110_000) == .waiting(10_000))
  }

  @Test func whoGetsNothingIsToldOnceEachTime() {
    var wait = AssignmentWait()
    wait.begin(now: 0)
    wait.idle(now: 9000)
    // The group answers again, and nothing is new.
    wait.idle(now: 15_000)
    #expect(wait.takeNote(now: 18_999) == nil)
    #expect(wait.takeNote(now: 19_000) == .idle)
    #expect(wait.takeNote(now: 1_000_000) == nil)
    wait.end()
    wait.begin(now: 2_000_000)
    wait.idle(now: 2_000_001)
    #expect(wait.takeNote(now: 2_010_001) == .idle)
    // Who joins anew waits for an answer again.
    wait.begin(now: 2_020_000)
    #expect(wait.takeNote(now: 2_030_000) == .waiting(10_000))
  }

  /// A clock that goes on by ten seconds whenever it is asked.
  private final class HastyClock: Sendable {
    private let now = Mutex<Int64>(0)

    var clock: Clock {
      Clock(
        monotonic: {
          self.now.withLock { now in
            now += 10_000
            return now
          }
        }, wall: { 0 })
    }
  }

  @Test func aMemberThatGetsNoPartitionSaysWhoHasThem() throws {
    let kafka = try KafkaUnderTest()
    var reading = TopicReading(topic: try kafka.topic())
    reading.group = kafka.unique("group")
    var notes: [String] = []
    let readers = try (0..<2).map { _ in
      try TopicReader(
        kafka.configuration, reading, signals: Signals(), clock: HastyClock().clock
      ) { notes.append($0) }
    }
    var batch = KafkaMessageBatch()
    let deadline = KafkaDeadline(KafkaUnderTest.patience)
    let said = { notes.filter { $0.contains("stands by") } }
    while said().isEmpty && !deadline.isOver {
      for reader in readers {
        switch try reader.next(into: &batch, deadline: 0, willWait: {}) {
        case .assigned(let partitions): try reader.accept(partitions)
        case .revoked(let partitions), .lost(let partitions): try reader.giveUp(partitions)
        default: break
        }
      }
    }
    let group = try #require(reading.group)
    #expect(
      said() == [
        "topic \(reading.topic) has 1 partition, and another member of the group \(group) reads it:"
          + " this process stands by, and takes over when one ends"
      ])
    readers.forEach { $0.close() }
  }

  /// The mock cluster forgets whoever waits for a first join longer than the session's timeout, and
  /// never answers.
  @Test(.enabled(if: KafkaTestCluster.isMock, "\(KafkaTestCluster.needsFaults)"))
  func aReaderWithoutPartitionsSaysWhomItWaitsFor() throws {
    let kafka = try KafkaUnderTest()
    var reading = TopicReading(topic: try kafka.topic())
    reading.group = kafka.unique("group")
    var notes: [String] = []
    let reader = try TopicReader(
      try kafka.configuration(["session.timeout.ms=1500"]), reading, signals: Signals(),
      clock: HastyClock().clock
    ) { notes.append($0) }
    var batch = KafkaMessageBatch()
    while notes.isEmpty {
      let turn = try reader.next(into: &batch, deadline: 0) {}
      try #require(turn == .idle)
    }
    let group = try #require(reading.group)
    #expect(notes[0].hasPrefix("waiting for the group \(group) to give partitions, for "))
    #expect(notes[0].contains("session.timeout.ms"))
    reader.close()
  }
}
