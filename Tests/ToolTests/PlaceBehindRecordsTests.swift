// Places behind what no record is left of: markers of transactions, and what was aborted or compacted.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct PlaceBehindRecordsTests {
  /// What stands behind the last record that can be read.
  struct Tail: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let append: @Sendable (inout KafkaLog, _ records: [KafkaLog.Record]) -> Void

    static let all = [
      Tail(testDescription: "a commit marker") {
        $0.append($1, producer: 7)
        $0.endTransaction(of: 7, commits: true)
      },
      Tail(testDescription: "an aborted transaction") {
        $0.append($1)
        $0.append([PreparedTopic.event(90), PreparedTopic.event(91)], producer: 8)
        $0.endTransaction(of: 8, commits: false)
      },
      Tail(testDescription: "a commit marker and an aborted transaction") {
        $0.append($1, producer: 7)
        $0.endTransaction(of: 7, commits: true)
        $0.append([PreparedTopic.event(90)], producer: 8)
        $0.endTransaction(of: 8, commits: false)
      },
      Tail(testDescription: "a compacted tail") { $0.append($1 + [nil, nil]) },
      Tail(testDescription: "empty batches") {
        $0.append($1)
        $0.append([nil, nil, nil])
        $0.append([nil, nil])
      },
    ]
  }

  private static let group = ["-G", "g", "-e"]

  /// A topic with the events of the times 1 and 2, and the tail behind them.
  private func topic(_ tail: Tail, for tool: TopicTool = TopicTool.all[0]) throws -> PreparedTopic {
    try PreparedTopic { tail.append(&$0, [tool.event(1), tool.event(2)]) }
  }

  // MARK: To the end

  @Test(arguments: TopicTool.all)
  func aGroupThatHasReadAllHasNoLag(tool: TopicTool) throws {
    for tail in Tail.all {
      let topic = try topic(tail, for: tool)
      let finished = try topic.run(tool.name, Self.group + tool.options + ["--stats"])
      #expect(finished.status == 0 && !finished.output.isEmpty, "\(tail): \(finished.errors)")
      #expect(topic.committed() == topic.end, "\(tail)")
      #expect(finished.errors.contains(#""records_behind":0,"#), "\(tail): \(finished.errors)")
    }
  }

  @Test(arguments: Tail.all)
  func theRetentionOfWhatNobodyCouldReadIsNothingToAGroup(tail: Tail) throws {
    let topic = try topic(tail)
    let reading = Self.group + ["--format", "json"]
    #expect(try topic.run("kes-read", reading).lines.count == 2)
    topic.change { $0.removeRecords(before: .max) }
    let idle = try topic.run("kes-read", reading)
    #expect(idle.status == 0 && idle.output.isEmpty && idle.errors.isEmpty, "\(idle.errors)")
    topic.change { $0.append([PreparedTopic.event(3)]) }
    let last = try topic.run("kes-read", reading)
    #expect(last.status == 0 && last.text == EventLines.data("a", 3), "\(last.errors)")
    #expect(topic.committed() == topic.end)
  }

  @Test(arguments: Tail.all)
  func theRetentionOfWhatNobodyCouldReadIsNothingToAState(tail: Tail) throws {
    let topic = try topic(tail)
    let segmenting = ["-e", "--state", "state", "--output", "out", "--stats"]
    let first = try topic.run("kes-segment", segmenting)
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.errors.contains(#""records_behind":0,"#), "\(first.errors)")
    topic.change { $0.removeRecords(before: .max) }
    let idle = try topic.run("kes-segment", segmenting + ["-q"])
    #expect(idle.status == 0 && !idle.errors.contains("gone"), "\(idle.errors)")
    topic.change { $0.append([PreparedTopic.event(3)]) }
    let last = try topic.run("kes-segment", segmenting)
    #expect(last.status == 0 && last.errors.contains(#""records":1,"#), "\(last.errors)")
    #expect(try topic.directory.text("out").split(separator: "\n").count == 3)
  }

  @Test func aPartitionWithoutARecordIsPassedToo() throws {
    let topic = try PreparedTopic {
      $0.append([PreparedTopic.event(1)], producer: 8)
      $0.endTransaction(of: 8, commits: false)
    }
    #expect(try topic.run("kes-read", Self.group).output.isEmpty)
    #expect(topic.committed() == 2)
  }

  // MARK: While it is followed

  @Test(arguments: [
    ("kes-read", []), ("kes-segment", ["--commit-interval", "50ms"]),
    ("kes-segment", ["--commit-interval", "50ms", "--state", "state", "--output", "out"]),
  ])
  func aGroupThatFollowsComesToTheEndWhereNothingIsRead(
    tool: String, options: [String]
  ) throws {
    let topic = try topic(Tail.all[0])
    let running = try topic.start(tool, ["-G", "g"] + options)
    #expect(running.waits { topic.committed() == 3 })
    topic.change {
      $0.append([PreparedTopic.event(3)], producer: 8)
      $0.endTransaction(of: 8, commits: false)
      $0.append([nil, nil])
    }
    #expect(running.waits { topic.committed() == 7 })
    // What is undecided is not passed over.
    topic.change { $0.append([PreparedTopic.event(4)], producer: 9) }
    topic.change { $0.append([nil]) }
    running.send(SIGTERM)
    #expect(try running.finish().signal == SIGTERM)
    #expect(topic.committed() == 7)
  }

  // MARK: Never beyond a record

  @Test(arguments: [(1, 1), (2, 5), (9, 5)])
  func aCountEndsBeforeTheRecordThatWasNotRead(count: Int, place: Int64) throws {
    let topic = try topic(Tail.all[1])
    let finished = try topic.run(
      "kes-read", Self.group + ["-c", "\(count)", "--format", "json"])
    #expect(finished.status == 0 && finished.lines.count == min(count, 2))
    // Where the last record was asked for the run may end before it sees what is behind it.
    #expect(topic.committed() == place || count == 2 && topic.committed() == 2)
  }

  @Test(arguments: ["kes-read", "kes-segment"])
  func aBadRecordIsNotPassedWithWhatStandsBehindIt(tool: String) throws {
    let topic = try PreparedTopic {
      $0.append([PreparedTopic.event(1), KafkaLog.Record("bad")], producer: 7)
      $0.endTransaction(of: 7, commits: true)
      $0.append([nil, nil])
    }
    let finished = try topic.run(tool, Self.group)
    #expect(finished.status == 65 && finished.lines.count == 1, "\(finished.errors)")
    #expect(topic.committed() == 1)
    let skipping = try topic.run(tool, Self.group + ["--on-error", "skip"])
    #expect(skipping.status == 1 && topic.committed() == topic.end)
  }

  /// A run that ends where the topic ended reads nothing of what has come since, nor passes it over.
  @Test(arguments: ["kes-read", "kes-segment"])
  func whatComesDuringARunToTheEndIsLeftToTheNext(tool: String) throws {
    var (first, second) = (KafkaLog(), KafkaLog())
    first.append([PreparedTopic.event(1), PreparedTopic.event(2)])
    second.append([PreparedTopic.event(3)])
    // Asked for its end, the other partition has a record more than its reader gets for now.
    let late = second
    second.append([PreparedTopic.event(4)])
    let topic = try PreparedTopic([first, second])
    topic.broker.model { [late] in
      $0.onFetch = { model, _, _, _ in
        model.logs["events"]?[1] = late
        model.onFetch = nil
      }
    }
    let running = try topic.start(tool, Self.group)
    #expect(running.waits { running.outputSoFar.split(separator: "\n").count == 3 })
    topic.change { $0.append([PreparedTopic.event(5)]) }
    #expect(running.waits { topic.fetched() == 3 })
    topic.change { $0.append([PreparedTopic.event(6), PreparedTopic.event(7)]) }
    #expect(running.waits { topic.fetched() == 5 })
    topic.broker.model { [second] in $0.logs["events"]?[1] = second }
    let finished = try running.finish()
    #expect(finished.status == 0 && finished.lines.count == 4, "\(finished.errors)")
    #expect(topic.committed(0) == 2 && topic.committed(1) == 2)
  }

  /// R9: what is held is lost with the process where nothing keeps it.
  @Test func whatIsHeldIsNotPassedWhereNothingKeepsIt() throws {
    let topic = try topic(Tail.all[0])
    let holding = [
      "-G", "g", "--lateness", "10s", "--reorder", "--commit-interval", "50ms",
    ]
    let running = try topic.start("kes-segment", holding)
    #expect(running.waits { topic.committed() != nil })
    #expect(topic.committed() == 0)
    topic.change { $0.append([PreparedTopic.event(60_000)]) }
    #expect(running.waits { topic.committed() == 3 })
    running.send(SIGKILL)
    _ = try running.finish()
    let next = try topic.run("kes-segment", holding + ["-e"])
    #expect(next.status == 0 && next.lines.count == 1, "\(next.errors)")
    #expect(topic.committed() == 4)
  }
}
