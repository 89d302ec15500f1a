// What the units in `examples` start does what they say.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ExampleUnitTests {
  /// The command of a service, with its folders moved into `directory`.
  private func command(_ service: String, in directory: TemporaryDirectory) throws -> String {
    try #require(try ExampleUnit(service).value(of: "ExecStart"))
      .replacingOccurrences(of: "/var/lib/kes", with: directory.url.path)
      .replacingOccurrences(of: "/var/log/devices", with: directory.url.path)
  }

  @Test func everyTimerHasItsService() throws {
    let names = try ExampleUnit.names()
    let timers = names.filter { $0.hasSuffix(".timer") }
    #expect(!timers.isEmpty)
    for timer in timers {
      #expect(names.contains(timer.replacing(".timer", with: ".service")))
      #expect(try ExampleUnit(timer).value(of: "WantedBy") == "timers.target")
    }
  }

  /// Twice the first, as its timer starts it again, then the second. At first the last line is half
  /// written; the next run reads it whole.
  @Test func sessionsAreWrittenAndThenPurged() throws {
    let directory = try TemporaryDirectory()
    let events = EventLines.random(count: 400, devices: 20, seed: 5)
    try directory.write(String(events.prefix(20_000)), to: "events.jsonl")
    let segment = try command("kes-sessions.service", in: directory)
    #expect(try Program.shell(segment).status == 0)
    try directory.write(events, to: "events.jsonl")
    #expect(try Program.shell(segment).status == 0)
    let whole = try Program.run("kes-segment", ["--emit", "all"], input: .text(events))
    #expect(try directory.text("sessions.jsonl") == whole.text)

    let open = try Program.run("kes-read", ["--state", directory.path("state")]).lines.count - 1
    #expect(open > 0)
    #expect(try Program.shell(try command("kes-purge.service", in: directory)).status == 0)
    let written = try directory.text("sessions.jsonl")
    #expect(written.hasPrefix(whole.text))
    #expect(written.dropFirst(whole.text.count).split(separator: "\n").count == open)
  }

  /// Its file is rotated between two runs, with a line half written.
  @Test func theFileOfAServiceMayBeRotated() throws {
    let directory = try TemporaryDirectory()
    let events = Array(EventLines.random(count: 400, devices: 20, seed: 6).utf8)
    let segment = try command("kes-sessions.service", in: directory)
    func write(_ range: Range<Int>, to name: String) throws {
      let before = (try? directory.read(name)) ?? Data()
      try directory.write(before + Data(events[range]), to: name)
    }
    try write(0..<9000, to: "events.jsonl")
    #expect(try Program.shell(segment).status == 0)
    let lineEnd = try #require(events[12_000...].firstIndex(of: UInt8(ascii: "\n"))) + 1
    try write(9000..<lineEnd, to: "events.jsonl")
    try FileManager.default.moveItem(
      atPath: directory.path("events.jsonl"), toPath: directory.path("events.jsonl.1"))
    try write(lineEnd..<20_000, to: "events.jsonl")
    #expect(try Program.shell(segment).status == 0)
    try write(20_000..<events.count, to: "events.jsonl")
    #expect(try Program.shell(segment).status == 0)
    let whole = try Program.run("kes-segment", ["--emit", "all"], input: .data(Data(events)))
    #expect(try directory.text("sessions.jsonl") == whole.text)
  }

  /// With the brokers that its file of properties names.
  @Test func anApplicationGoesFromTopicToTopic() throws {
    let directory = try TemporaryDirectory()
    let cluster = try KafkaTestCluster()
    let events = EventLines.random(count: 400, devices: 20, seed: 5)
    let sent = try Program.run(
      "kes-produce",
      ["--replay", "--speed", "max", "--brokers", cluster.brokers, "--to", "events"],
      input: .text(events))
    #expect(sent.status == 0)
    try directory.write("bootstrap.servers=\(cluster.brokers)\n", to: "kafka.properties")
    let service = "kes-segment@.service"
    #expect(
      try ExampleUnit(service).value(of: "Environment")
        == "KES_CONFIG=/etc/kes/kafka.properties")
    let command = try command(service, in: directory)
      .replacing("%H", with: "host").replacing("%i", with: "1")
    let finished = try Program.shell(
      "\(command) --exit", environment: ["KES_CONFIG": directory.path("kafka.properties")])
    #expect(finished.status == 0)
    #expect(finished.errors.contains(#""active_tasks":4"#))
    let written = try Program.run(
      "kes-read",
      ["--brokers", cluster.brokers, "--from", "session-events", "--exit", "--format", "json"])
    #expect(written.lines.filter { !$0.contains("SessionClosed") }.count == 400)
    #expect(FileManager.default.fileExists(atPath: directory.path("1/data.mdb")))
  }

  /// The statuses that the unit takes as a success: there is no state yet.
  @Test func aPurgeBeforeTheFirstRunIsNoFailure() throws {
    let directory = try TemporaryDirectory()
    let status = try Program.shell(try command("kes-purge.service", in: directory)).status
    let statuses = try ExampleUnit("kes-purge.service").value(of: "SuccessExitStatus")
    #expect(statuses?.split(separator: " ").contains { Int32($0) == status } ?? false)
  }
}
