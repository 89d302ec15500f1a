// What the units in `examples` start does what they say.

import Foundation
import Testing

@Suite struct ExampleUnitTests {
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
    #expect(try Program.shell(segment).status == 65)
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

  /// The statuses that the unit takes as a success: there is no state yet.
  @Test func aPurgeBeforeTheFirstRunIsNoFailure() throws {
    let directory = try TemporaryDirectory()
    let status = try Program.shell(try command("kes-purge.service", in: directory)).status
    let statuses = try ExampleUnit("kes-purge.service").value(of: "SuccessExitStatus")
    #expect(statuses?.split(separator: " ").contains { Int32($0) == status } ?? false)
  }
}
