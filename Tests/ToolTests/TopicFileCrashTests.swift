// A topic into a file with a state, under kills: the file is as if nothing had happened.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct TopicFileCrashTests {
  private let kafka: TopicsUnderTest
  private let topic: String

  init() throws {
    kafka = try TopicsUnderTest()
    topic = try kafka.topic("events", partitions: 2)
  }

  private func arguments(_ name: String, _ options: [String]) -> [String] {
    [
      "--from", topic, "--state", "state-\(name)", "--output", "\(name).jsonl", "--emit", "all",
      "--commit-interval", "10ms",
    ] + options
  }

  private func send(_ lines: ArraySlice<String>) throws {
    for partition: Int32 in 0...1 {
      let messages = lines.enumerated().filter { $0.offset % 2 == Int(partition) }
      try kafka.send(
        messages.map { TopicMessage($0.element) }, to: topic, partition: partition)
    }
  }

  private func size(_ name: String) -> Int {
    (try? kafka.directory.read("\(name).jsonl").count) ?? 0
  }

  /// The lines of events by partition: which partition comes first is nobody's promise.
  private func lines(_ name: String) throws -> [[String]] {
    let lines = try kafka.directory.text("\(name).jsonl").split(separator: "\n").map(String.init)
    return ["even", "odd"].map { side in
      let own = lines.filter { $0.contains(#""device":"\#(side)"#) }
      return renamingSessions(own.joined(separator: "\n")).components(separatedBy: "\n")
    }
  }

  @Test(arguments: [[], ["--reorder", "--lateness", "2s"]])
  func killsLeaveTheFileOfOneRun(_ rules: [String]) throws {
    let events = EventLines.numbered(count: 1200, devices: 20, seed: 41).enumerated().map {
      index, line in
      line.replacingOccurrences(
        of: #""device":""#, with: #""device":"\#(index.isMultiple(of: 2) ? "even" : "odd")-"#)
    }
    for part in 0..<6 {
      let before = size("killed")
      let running = try kafka.start("kes-segment", arguments("killed", rules))
      try send(events[(part * 200)..<(part * 200 + 200)])
      // At another place each time: between what is written and what is committed.
      #expect(running.waits { size("killed") > before + part * 2000 })
      running.send(SIGKILL)
      #expect(try running.finish().signal == SIGKILL)
    }
    for name in ["killed", "whole"] {
      let ended = try kafka.run("kes-segment", arguments(name, rules + ["-e"]))
      #expect(ended.status == 0, "\(ended.errors)")
    }
    let expected = try lines("whole")
    #expect(expected.allSatisfy { $0.count > 600 })
    #expect(try lines("killed") == expected)
  }
}
