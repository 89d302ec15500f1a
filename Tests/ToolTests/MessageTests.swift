// What is said on the standard error is one line, and holds no control characters.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct MessageTests {
  /// Escape sequences, a bell, a line feed, delete, and a control character of two bytes (CSI).
  private static let controls = "\u{1B}[31m\u{07}\n\u{7F}\u{9B}2J\r\t"

  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func expectPlain(_ text: String, lines: Int = 1) {
    let controls = text.unicodeScalars.filter {
      $0 != "\n" && ($0.value < 0x20 || (0x7F..<0xA0).contains($0.value))
    }
    #expect(controls.isEmpty, "\(controls.map(\.value))")
    #expect(text.hasSuffix("\n") && text.split(separator: "\n").count == lines, "\(text)")
  }

  @Test(
    arguments: ["kes-segment", "kes-read", "kes-purge"],
    [
      ["name"], ["--output", "name/name"], ["--dead-letter", "name/name"],
      ["--state", "name/name"],
      ["--name"], ["--count", "name"], ["--output", "name", "--dead-letter", "name"],
    ])
  func namesOnTheCommandLine(tool: String, arguments: [String]) throws {
    let name = "a" + Self.controls + "b"
    let finished = try Program.run(
      tool, arguments.map { $0.replacingOccurrences(of: "name", with: name) },
      directory: directory)
    #expect((finished.status ?? 0) >= 64)
    #expect(finished.errors.contains(#"a\u001b[31m\u0007\n\u007f\u009b2J\r\t"#))
    expectPlain(finished.errors)
  }

  @Test(arguments: [
    "\u{1B}[31m", #"{"device":\#(controls)}"#, #"{"device":"a","timestamp":"\#u{1B}]0;x\#u{07}"}"#,
    #"{"device":"a","timestamp":1,"event":{"\#u{9B}2J":{}}}"#, "\r\u{1B}[K",
  ])
  func dataInMessages(record: String) throws {
    let name = "in\u{1B}[31m"
    try directory.write(record + "\n", to: name)
    for tool in ["kes-segment", "kes-read", "kes-purge"] {
      let failed = try Program.run(tool, [name], directory: directory)
      #expect(failed.status == 65)
      expectPlain(failed.errors)
      let skipped = try Program.run(
        tool, [name, "-v", "--on-error", "skip"], directory: directory)
      let records = record.split(separator: "\n").count
      expectPlain(skipped.errors, lines: records + 1)
    }
  }

  @Test func theNameInTheProgressBar() throws {
    let name = "in\u{1B}[31m\u{07}\n"
    try directory.write(EventLines.woke("a", 1), to: name)
    let reader = try RunningProgram(
      "kes-read", ["--follow", "--progress", name], directory: directory)
    #expect(reader.waits { reader.errorsSoFar.contains("records/s") })
    reader.send(SIGTERM)
    let finished = try reader.finish()
    // Its own are there to draw it again in its place.
    let drawn = finished.errors.replacingOccurrences(of: "\r\u{1B}[K", with: "")
    #expect(drawn.hasPrefix(#"in\u001b[31m\u0007\n ["#))
    expectPlain(drawn + "\n")
  }

  // MARK: What nobody sees

  /// Turns a line round, has no width, looks like a space or like a new line.
  private static let unseen = "\u{202E}\u{2067}\u{200B}\u{FEFF}\u{AD}\u{A0}\u{2028}\u{E0041}"
  private static let escaped = #"\u202e\u2067\u200b\ufeff\u00ad\u00a0\u2028\udb40\udc41"#

  @Test(arguments: ["kes-segment", "kes-read", "kes-purge", "kes-produce --replay"])
  func namesAndDataThatNobodySeesAreEscapesInMessages(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let name = "in" + Self.unseen
    try directory.write("\u{A0}{}\n", to: name)
    let failed = try Program.run(words[0], words.dropFirst() + [name], directory: directory)
    #expect(failed.status == 65)
    #expect(
      failed.errors == words[0] + ": in" + Self.escaped
        + #":1: expected a JSON object, found \u00a0{"# + "\n")
  }

  @Test(
    arguments: [
      "--format text", "--sessions", "--timeline", "--svg out && cat out", "--html out && cat out",
    ])
  func namesThatNobodySeesAreEscapesInWhatPeopleRead(options: String) throws {
    let device = "pump" + Self.unseen
    let lines = EventLines.woke(device, 1000) + EventLines.sent(device, 2000)
    let finished = try Program.shell(
      "kes-segment --emit all | kes-read \(options)", input: .text(lines), directory: directory)
    #expect(finished.status == 0, "\(finished.errors)")
    // A chart cuts long names.
    #expect(finished.text.contains(#"pump\u202e\u2067"#))
    for scalar in Self.unseen.unicodeScalars {
      #expect(!finished.text.unicodeScalars.contains(scalar), "\(scalar.value)")
    }
  }

  @Test(arguments: ["json", "csv"]) func otherProgramsGetTheBytes(format: String) throws {
    let device = "pump" + Self.unseen + "❤️"
    let finished = try Program.shell(
      "kes-segment | kes-read --format \(format)", input: .text(EventLines.woke(device, 1000)),
      directory: directory)
    #expect(finished.text.unicodeScalars.contains("\u{202E}") && finished.text.contains(device))
  }
}
