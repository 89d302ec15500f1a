// Places of a group that its topic does not have any more, and records that go while they are read.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct PlaceGoneTests {
  private static let gone =
    "topic events, partition 0: records 2 to 4 are gone before they were read: see the topic's"
    + " retention; say by --offset where to go on without them"

  /// Adds three records that go before anybody reads them, and one that stays.
  private static func pass(_ log: inout KafkaLog, _ tool: TopicTool = TopicTool.all[0]) {
    log.append([3, 4, 5].map { tool.event($0) })
    log.removeRecords(before: 5)
    log.append([tool.event(6)])
  }

  @Test(arguments: TopicTool.all)
  func aGroupWhosePlaceIsGoneIsToldWhatIsGone(tool: TopicTool) throws {
    let topic = try PreparedTopic { $0.append([tool.event(1), tool.event(2)]) }
    topic.commit(2)
    topic.change { Self.pass(&$0, tool) }
    let reading = ["-G", "g", "-e"] + tool.options
    let refused = try topic.run(tool.name, reading)
    #expect(refused.status == 65 && refused.output.isEmpty)
    #expect(refused.errors == "\(tool.name): \(Self.gone)\n")
    #expect(topic.committed() == 2)
    let ended = try topic.run(tool.name, reading + ["-o", "beginning"])
    #expect(ended.status == 0 && ended.lines.count == 1, "\(ended.errors)")
    #expect(topic.committed() == 6)
  }

  @Test(arguments: [
    ("kes-read", ["--format", "json"]), ("kes-read", ["--format", "json", "-G", "g"]),
    ("kes-segment", ["-G", "g"]), ("kes-segment", ["--state", "state"]),
  ])
  func recordsThatGoWhileTheyAreReadEndARunInTheSameWords(
    tool: String, options: [String]
  ) throws {
    let topic = try PreparedTopic {
      $0.append([PreparedTopic.event(1), PreparedTopic.event(2)])
    }
    let running = try topic.start(tool, options)
    #expect(running.waits { topic.fetched() == 2 })
    topic.change { Self.pass(&$0) }
    let finished = try running.finish()
    #expect(finished.status == 65 && finished.lines.count == 2)
    #expect(finished.errors == "\(tool): \(Self.gone)\n")
    if options.contains("-G") { #expect(topic.committed() == 2) }
    let ended = try topic.run(tool, options + ["-e", "-o", "beginning"])
    #expect(ended.status == 0 && ended.lines.count == 1, "\(ended.errors)")
  }

  /// Also where nothing came that was read from there.
  @Test(arguments: [
    ("kes-read", ["-G", "g", "-e"]), ("kes-segment", ["-G", "g", "-e"]),
    ("kes-segment", ["--state", "state", "-e"]),
  ])
  func whatWasGivenUpOnceIsNotAskedForAgain(tool: String, options: [String]) throws {
    let topic = try PreparedTopic {
      $0.append([PreparedTopic.event(1), PreparedTopic.event(2)])
    }
    #expect(try topic.run(tool, options).status == 0)
    topic.change {
      $0.append([3, 4, 5].map { PreparedTopic.event($0) })
      $0.removeRecords(before: 5)
    }
    #expect(try topic.run(tool, options).status == 65)
    let given = try topic.run(tool, options + ["-o", "beginning"])
    #expect(given.status == 0 && given.output.isEmpty, "\(given.errors)")
    if options.contains("-G") { #expect(topic.committed() == 5) }
    let next = try topic.run(tool, options)
    #expect(next.status == 0 && next.output.isEmpty && next.errors.isEmpty, "\(next.errors)")
  }

  @Test func aGroupThatStandsBehindTheEndOfItsTopicIsRefused() throws {
    let topic = try PreparedTopic { $0.append([PreparedTopic.event(1)]) }
    topic.commit(7)
    let refused = try topic.run("kes-read", ["-G", "g", "-e"])
    #expect(refused.status == 65 && refused.output.isEmpty)
    #expect(
      refused.errors == """
        kes-read: topic events, partition 0: ends at offset 1, but was read up to 7 in an earlier \
        run; the topic was made anew: use another --group, or say by --offset where to begin

        """)
  }

  /// As where another client of the group reads what is not committed.
  @Test func aGroupThatStandsInAnOpenTransactionWaitsForItsEnd() throws {
    let topic = try PreparedTopic {
      $0.append([PreparedTopic.event(1), PreparedTopic.event(2)], producer: 7)
    }
    topic.commit(1)
    let reading = ["-G", "g", "-e", "--format", "json"]
    let early = try topic.run("kes-read", reading)
    #expect(early.status == 0 && early.output.isEmpty && early.errors.isEmpty, "\(early.errors)")
    #expect(topic.committed() == 1)
    topic.change { $0.endTransaction(of: 7, commits: true) }
    #expect(try topic.run("kes-read", reading).text == EventLines.data("a", 2))
  }
}
