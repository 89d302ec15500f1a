// A topic that a test has prepared, with the tools on it.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// The topic `events` of a scripted broker, and a directory that runs share.
final class PreparedTopic {
  let broker: KafkaScriptedBroker
  let directory: TemporaryDirectory

  init(_ logs: [KafkaLog]) throws {
    broker = try KafkaScriptedBroker()
    directory = try TemporaryDirectory()
    broker.model { $0.logs["events"] = logs }
  }

  convenience init(_ make: (inout KafkaLog) -> Void) throws {
    var log = KafkaLog()
    make(&log)
    try self.init([log])
  }

  // MARK: The topic

  /// Changes its first partition.
  func change(_ body: (inout KafkaLog) -> Void) {
    broker.model { body(&$0.logs["events", default: []][0]) }
  }

  var end: Int64? { broker.model { $0.logs["events"]?[0].end } }

  /// Where the group `g` stands in a partition.
  func committed(_ partition: Int32 = 0) -> Int64? {
    broker.model { $0.committed["g"]?["events"]?[partition] }
  }

  func commit(_ offset: Int64) { broker.model { $0.committed["g"] = ["events": [0: offset]] } }

  /// From where a partition was read last.
  func fetched(_ partition: Int32 = 0) -> Int64 {
    broker.model { $0.fetched["events"]?[partition] ?? -1 }
  }

  // MARK: The tools

  private func arguments(_ more: [String]) -> [String] {
    ["-b", broker.brokers, "--from", "events"] + more
  }

  func run(_ tool: String, _ more: [String]) throws -> Finished {
    try Program.run(tool, arguments(more), directory: directory)
  }

  func start(
    _ tool: String, _ more: [String], standardOutput: FileHandle? = nil
  ) throws -> RunningProgram {
    try RunningProgram(
      path: Program.path(tool), arguments(more), input: .empty, environment: [:],
      directory: directory, standardOutput: standardOutput)
  }

  // MARK: Records

  /// An event that every tool reads.
  static func event(_ time: Int64, session: Bool = false) -> KafkaLog.Record {
    let line = EventLines.data("a", time).dropLast(session ? 2 : 1)
    return KafkaLog.Record(session ? "\(line),\"session\":\"s\"}" : String(line), time: time)
  }
}

/// A tool that reads a topic, with what it needs for that.
struct TopicTool: Sendable, CustomTestStringConvertible {
  let name: String
  let options: [String]
  /// Whether it reads session events.
  var wantsSessions = false
  var testDescription: String { name }

  static let all = [
    TopicTool(name: "kes-read", options: ["--format", "json"]),
    TopicTool(name: "kes-segment", options: []),
    TopicTool(name: "kes-purge", options: [], wantsSessions: true),
    TopicTool(name: "kes-produce", options: ["--replay", "--speed", "max"]),
  ]

  func event(_ time: Int64) -> KafkaLog.Record { PreparedTopic.event(time, session: wantsSessions) }
}
