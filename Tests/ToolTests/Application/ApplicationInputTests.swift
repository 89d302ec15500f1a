// What an application makes of its input: silence, counts, records that are none or too large.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite(.threadsOfTheirOwn) struct ApplicationInputTests {
  private func line(_ text: String) -> String { String(text.dropLast()) }

  /// What a run over a file makes of `lines`, sessions renamed.
  private func segmented(_ lines: [String], _ options: [String] = []) throws -> [String] {
    let text = lines.map { $0 + "\n" }.joined()
    let ended = try Program.run(
      "kes-segment", ["--emit", "all"] + options, input: .text(text))
    #expect(ended.status == 0, "\(ended.errors)")
    return renamingSessions(ended.lines.joined(separator: "\n")).components(separatedBy: "\n")
  }

  // MARK: Time

  @Test func silenceClosesSessions() throws {
    let topics = try ApplicationTopics(partitions: 2)
    let process = try topics.start(["--timeout", "300ms", "--idle-timeout", "100ms"])
    #expect(process.waitsForTasks(2))
    try topics.send([line(EventLines.woke("a", 1000))], partition: 0)
    try topics.send([line(EventLines.woke("b", 900_000))], partition: 1)
    #expect(process.waitsForFigures { $0["records"] == 2 && $0["open_sessions"] == 0 })
    #expect(try topics.waitUntilRead(by: [process]))
    #expect(try process.end().signal == SIGTERM)
    // Each key's are in one partition of the output, whichever.
    let lines = try topics.sessions().joined()
    for (device, end) in [("a", 1000), ("b", 900_000)] {
      let last = lines.last { $0.contains(#""device":"\#(device)""#) }
      #expect(last?.contains(#""status":"timeout""#) == true, "\(lines)")
      #expect(last?.contains(#""timestamp":\#(end + 300),"#) == true, "\(lines)")
    }
    #expect(lines.count == 4)
  }

  @Test(arguments: [[], ["--reorder", "--lateness", "1s"]])
  func anIdlePartitionDoesNotHoldAnotherBack(_ rules: [String]) throws {
    let topics = try ApplicationTopics(partitions: 2)
    let process = try topics.start(rules)
    #expect(process.waitsForTasks(2))
    let lines = EventLines.numbered(count: 500, devices: 20, seed: 31)
    try topics.send(lines, partition: 0)
    // The last of them pushes all others out, of what is held as well.
    try topics.send([line(EventLines.woke("last", 1_800_000_000_000))], partition: 0)
    #expect(
      process.waitsForFigures { $0["records"] == 501 && $0["open_sessions", default: 0] <= 1 })
    #expect(try topics.waitUntilRead(by: [process]))
    #expect(try process.end().signal == SIGTERM)
    let found = withoutSessions(try topics.sessions().joined())
    let all = withoutSessions(try topics.expectedSessions(rules)[0])
    // Where records are held, the last one still is.
    let last = all.filter { $0.contains(#""device":"last""#) }
    #expect(last.count == 1)
    #expect(found.filter { !last.contains($0) } == all.filter { !last.contains($0) })
  }

  /// Sorted, because each key is in a partition of its own choice.
  private func withoutSessions(_ lines: some Sequence<String>) -> [String] {
    lines.map { $0.components(separatedBy: #","session":"#)[0] }.sorted()
  }

  // MARK: Counts

  @Test(arguments: ["exactly-once", "at-least-once"])
  func aCountCommitsOnlyWhatWasRead(_ guarantee: String) throws {
    let topics = try ApplicationTopics(partitions: 1)
    let lines = EventLines.numbered(count: 200, devices: 5, seed: 32)
    try topics.send(lines)
    for (count, end) in [(70, 70), (30, 100)] {
      let ended = try topics.run(["-c", "\(count)", "--guarantee", guarantee], state: "state")
      #expect(ended.status == 0, "\(ended.messages)")
      #expect(try topics.uncommittedCount() == Int64(200 - end))
      #expect(try topics.sessions()[0] == segmented(Array(lines[..<end])))
    }
    #expect(try topics.finish(["--guarantee", guarantee], state: "state").status == 0)
    #expect(try topics.sessions() == topics.expectedSessions())
  }

  // MARK: Records that are none

  @Test func aRecordThatIsNoneGoesToTheDeadLettersAndTheRestIsSegmented() throws {
    let topics = try ApplicationTopics(partitions: 1)
    let dead = topics.unique("dead")
    try topics.makeTopic(dead, partitions: 1)
    let lines = EventLines.numbered(count: 40, devices: 5, seed: 33)
    try topics.send(Array(lines[..<20]))
    try topics.send("bad", headers: [("own", "1"), ("trace", "abc")])
    try topics.send(Array(lines[20...]))
    let ended = try topics.finish(["--dead-letter", "topic:\(dead)"])
    #expect(ended.status == 0, "\(ended.messages)")
    let letters = try topics.read(dead, partitions: 1)[0]
    #expect(letters.map(\.text) == ["bad"])
    #expect(
      letters.map(\.headers) == [
        [
          "own": "1", "trace": "abc", "kes.reason": "expected a JSON object, found bad",
          "kes.topic": topics.input, "kes.partition": "0", "kes.offset": "20",
        ]
      ])
    #expect(try topics.sessions()[0] == segmented(lines))
    #expect(try topics.uncommittedCount() == 0)
  }

  @Test(arguments: ["exactly-once", "at-least-once"])
  func aRecordThatIsNoneEndsItAndTheNextRunStopsThere(_ guarantee: String) throws {
    let topics = try ApplicationTopics(partitions: 1)
    let lines = EventLines.numbered(count: 40, devices: 5, seed: 34)
    try topics.send(Array(lines[..<20]))
    try topics.send("bad", headers: [])
    try topics.send(Array(lines[20...]))
    let options = ["--guarantee", guarantee]
    for _ in 0..<2 {
      let ended = try topics.finish(["--on-error", "fail"] + options, state: "state")
      #expect(ended.status == 65)
      #expect(
        ended.messages.contains(
          "topic \(topics.input), partition 0, offset 20: expected a JSON object, found bad"),
        "\(ended.messages)")
      #expect(try topics.sessions()[0] == segmented(Array(lines[..<20])))
      #expect(try topics.uncommittedCount() == 21)
    }
    let last = try topics.finish(["--on-error", "skip"] + options, state: "state")
    #expect(last.status == 1, "\(last.messages)")
    #expect(try topics.sessions()[0] == segmented(lines))
    #expect(try topics.uncommittedCount() == 0)
  }

  // MARK: What does not fit

  @Test func aRecordThatIsTooLargeForTheOutputIsBadData() throws {
    let topics = try ApplicationTopics(partitions: 1)
    let lines = EventLines.numbered(count: 10, devices: 5, seed: 35)
    let large = line(EventLines.woke(String(repeating: "x", count: 5000), 1_800_000_000_000))
    try topics.send(lines + [large])
    let ended = try topics.finish(["-X", "message.max.bytes=3000"])
    #expect(ended.status == 65, "\(ended.messages)")
    #expect(ended.messages.contains("topic \(topics.output)"), "\(ended.messages)")
    #expect(ended.messages.contains("message.max.bytes"), "\(ended.messages)")
  }

  @Test func aChangelogWithAnotherNumberOfPartitionsIsRefused() throws {
    let topics = try ApplicationTopics(partitions: 2, makesChangelog: false)
    try topics.makeTopic(topics.changelog, partitions: 3)
    try topics.send(EventLines.numbered(count: 10, devices: 5, seed: 36))
    let ended = try topics.finish()
    #expect(ended.status == 78)
    #expect(
      ended.messages.contains("it has 3 partitions, but \(topics.input) has 2"),
      "\(ended.messages)")
    #expect(ended.messages.contains("kes-purge --reset"), "\(ended.messages)")
    #expect(ended.messages.withoutCaution.count == 1, "\(ended.messages)")
    #expect(try topics.sessions() == [[], []])
  }

  @Test func brokersThatAreNotThereAreUnavailable() throws {
    // A port that was free a moment ago.
    let brokers = try KafkaScriptedBroker().brokers
    let finished = try Program.run(
      "kes-segment",
      [
        "-b", brokers, "--connect-timeout", "300ms", "--from", "events", "--to", "sessions",
        "--application-id", "application",
      ])
    #expect(finished.status == 69 && finished.output.isEmpty)
    let errors = finished.errors.withoutCaution
    #expect(errors.count == 1, "\(finished.errors)")
    #expect(
      errors.first?.hasPrefix("kes-segment: \(brokers): cannot connect: ") == true, "\(errors)")
  }
}
