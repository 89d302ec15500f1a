// Standard descriptors that the parent closed: no file of ours takes their place.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ClosedDescriptorTests {
  private let directory: TemporaryDirectory
  private let events = EventLines.random(count: 2000, devices: 20, seed: 31)

  /// With a bad record in the middle, so that there is something to say on the standard error.
  init() throws {
    directory = try TemporaryDirectory()
    let lines = events.split(separator: "\n").map { $0 + "\n" }
    try directory.write(
      lines[..<900].joined() + "bad\n" + lines[900...].joined(), to: "in")
  }

  /// Where a pipe of its own took the place of its input, a tool would read that for ever.
  private func shell(_ command: String) throws -> Finished {
    try Program.shell("timeout 60 \(command)", directory: directory)
  }

  /// kes-segment from a file to files, saying as much as it can.
  private func toFiles(_ name: String) -> String {
    "kes-segment in -v --stats=0.001 --commit-interval 1ms --state state-\(name)"
      + " --output out-\(name) --dead-letter dead-\(name) --late-output late-\(name) --lateness 1s"
  }

  @Test(arguments: ["0<&-", "1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&-", "0<&- 1>&- 2>&-"])
  func filesHoldWhatBelongsThere(closing: String) throws {
    let plain = try shell(toFiles("plain"))
    let closed = try shell("\(toFiles("closed")) \(closing)")
    #expect(plain.status == 0 && closed.status == 0)
    for file in ["out", "dead", "late"] {
      #expect(try directory.read("\(file)-closed") == directory.read("\(file)-plain"))
    }
    #expect(try !directory.text("late-plain").isEmpty && !directory.text("dead-plain").isEmpty)
    let states = try ["plain", "closed"].map { try shell("kes-read --state state-\($0)") }
    #expect(states[0].status == 0 && states[0].lines.count > 1)
    #expect(states[0].output == states[1].output)
    if !closing.contains("2") { #expect(closed.errors.contains("in:901: ")) }
  }

  @Test(arguments: [
    "kes-segment --output out --state state --dead-letter dead", "kes-read --output out",
    "kes-purge --output out --dead-letter dead", "kes-produce --replay --output out",
  ])
  func aClosedStandardInputCannotBeRead(command: String) throws {
    let tool = command.prefix { $0 != " " }
    for closing in ["0<&-", "0<&- 1>&-"] {
      let finished = try shell("\(command) \(closing)")
      #expect(finished.status == 74)
      #expect(finished.errors == "\(tool): stdin: cannot read: Bad file descriptor\n")
      #expect(try directory.read("out").isEmpty)
    }
    #expect(try shell("\(command) 0<&- 2>&-").status == 74)
    #expect(try directory.read("out").isEmpty)
  }

  @Test(arguments: [
    "kes-segment in --state state --dead-letter dead", "kes-read in --dead-letter dead",
    "kes-purge in --dead-letter dead", "kes-produce --replay --speed max in --dead-letter dead",
    "kes-produce --full-speed --events 10",
  ])
  func aClosedStandardOutputCannotBeWritten(command: String) throws {
    let tool = command.prefix { $0 != " " }
    let finished = try shell("\(command) 1>&-")
    #expect(finished.status == 74)
    #expect(finished.errors == "\(tool): stdout: cannot write: Bad file descriptor\n")
    #expect(try shell("\(command) 0<&- 1>&- 2>&-").status == 74)
    let dead = (try? directory.text("dead")) ?? ""
    #expect(dead.isEmpty || dead == "in:901\texpected a JSON object, found bad\tbad\n")
  }

  @Test func aClosedStandardErrorChangesNoStatus() throws {
    #expect(try shell("kes-segment in 2>&-").status == 65)
    #expect(try shell("kes-segment in --on-error skip 2>&-").status == 1)
    #expect(try shell("kes-segment missing 2>&-").status == 66)
    #expect(try shell("kes-segment --nonsense 2>&-").status == 64)
    let written = try shell("kes-segment in --on-error skip --stats=0.001 -v 2>&-")
    #expect(written.lines.count == 2000)
    #expect(written.lines.allSatisfy { $0.hasPrefix("{\"device\":") })
  }
}
