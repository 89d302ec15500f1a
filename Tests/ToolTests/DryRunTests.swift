// kes-segment --dry-run.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct DryRunTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private let shown = """
    POSITION  KEY                     TIME                      ROLE
    0         a                       1970-01-01T00:00:00.001Z  start
    1         温度                    1970-01-01T00:00:00.002Z  data
    2         a                       1970-01-01T00:00:00.003Z  end

    """

  private let events =
    EventLines.woke("a", 1) + EventLines.data("温度", 2) + EventLines.sent("a", 3) + "bad\n"

  private func run(_ arguments: String...) throws -> Finished {
    try directory.write(events, to: "events")
    return try Program.run("kes-segment", arguments, directory: directory)
  }

  @Test func showsHowTheFirstRecordsAreUnderstood() throws {
    let finished = try run("--dry-run", "3", "events")
    #expect(finished.status == 0 && finished.errors == "")
    #expect(finished.text == shown)
    #expect(try run("--dry-run", "1", "events").lines.count == 2)
  }

  @Test func touchesNothingElse() throws {
    let finished = try run(
      "--dry-run", "3", "events", "--state", "state", "--output", "out", "--late-output", "late",
      "--dead-letter", "dead")
    #expect(finished.status == 0 && finished.text == shown)
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
    #expect(files == ["events"])
  }

  @Test func saysWhatIsNotUnderstood() throws {
    let finished = try run("--dry-run", "9", "events")
    #expect(finished.status == 65 && finished.text == shown)
    #expect(finished.errors.hasPrefix("kes-segment: events:4: expected a JSON object"))
    let skipped = try run("--dry-run", "9", "events", "--on-error", "skip")
    #expect(skipped.status == 1 && skipped.text == shown)
    #expect(skipped.errors.contains("events:4: "))
    #expect(try run("--dry-run", "0", "events").status == 64)
  }

  @Test func understandsAvroAsWell() throws {
    let finished = try Program.shell(
      """
      grep -v bad events | kes-read --format avro > events.avro
      kes-segment --dry-run 3 events.avro
      """, directory: prepared())
    #expect(finished.status == 0 && finished.text == shown && finished.errors == "")
  }

  /// As the pipe it stands in goes on, it must not read to its end.
  @Test func endsWhileItsInputGoesOn() throws {
    let pipe = try PrivatePipe()
    let running = try RunningProgram(
      path: Program.path("kes-segment"), ["--dry-run", "2"], input: .empty, environment: [:],
      directory: directory, standardInput: pipe.reading)
    try pipe.write(EventLines.woke("a", 1) + EventLines.data("a", 2))
    #expect(try running.finish().lines.count == 3)
    try pipe.close()
  }

  private func prepared() throws -> TemporaryDirectory {
    try directory.write(events, to: "events")
    return directory
  }
}
