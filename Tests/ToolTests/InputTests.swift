// Inputs that are not there yet: missing files, and pipes without a writer.

import Foundation
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct InputTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func run(_ tool: String, _ arguments: [String]) throws -> Finished {
    try Program.run(tool, arguments, directory: directory)
  }

  // MARK: Missing files

  @Test(arguments: [
    [], ["--lateness", "2s", "--reorder"], ["--duplicates", "mark", "--retain", "9s"],
  ])
  func whatCameBeforeAMissingInputIsCommittedAndTheSameCommandCarriesOn(rules: [String]) throws {
    let lines = EventLines.random(count: 3000, devices: 30, seed: 21)
      .split(separator: "\n").map { $0 + "\n" }
    try directory.write(lines[..<1400].joined(), to: "1")
    let options = ["--emit", "all"] + rules
    let command = ["1", "2", "3", "--output", "out", "--state", "state"] + options
    let stopped = try run("kes-segment", command)
    #expect(stopped.status == 66)
    #expect(stopped.errors == "kes-segment: 2: cannot open: No such file or directory\n")
    if rules.isEmpty {
      let first = try run("kes-segment", ["1"] + options)
      #expect(try directory.read("out") == first.output)
    }
    try directory.write(lines[1400..<1500].joined(), to: "2")
    #expect(try run("kes-segment", command).status == 66)
    try directory.write(lines[1500...].joined(), to: "3")
    #expect(try run("kes-segment", command + ["--flush"]).status == 0)
    let undisturbed = try run("kes-segment", ["1", "2", "3", "--flush"] + options)
    #expect(try directory.read("out") == undisturbed.output)
  }

  @Test(arguments: [
    "kes-segment", "kes-read", "kes-read --sessions", "kes-read --stats-only", "kes-purge",
    "kes-produce --replay --speed max",
  ])
  func everyToolWritesWhatCameBeforeAMissingInput(command: String) throws {
    let events = EventLines.random(count: 200, devices: 5, seed: 22)
    try directory.write(events, to: "events")
    let words = command.split(separator: " ").map(String.init)
    let stopped = try run(words[0], words.dropFirst() + ["events", "missing", "events"])
    #expect(stopped.status == 66)
    #expect(stopped.errors.hasSuffix(": missing: cannot open: No such file or directory\n"))
    let whole = try run(words[0], words.dropFirst() + ["events"])
    // kes-purge closes at the end of its input, and that was not the end.
    let expected = words[0] == "kes-purge" ? Data(events.utf8) : whole.output
    #expect(stopped.output == expected)
  }

  // MARK: Pipes without a writer

  /// A tool that waits for the named pipe `pipe`: it has written figures while it did.
  private func waiting(_ tool: String) throws -> RunningProgram {
    #expect(unsafe mkfifo(directory.path("pipe"), 0o600) == 0)
    let running = try RunningProgram(tool, ["pipe", "--stats=0.01"], directory: directory)
    #expect(running.waits { running.errorsSoFar.split(separator: "\n").count > 2 })
    return running
  }

  @Test(arguments: ["kes-segment", "kes-read", "kes-purge"], [SIGTERM, SIGINT])
  func aSignalEndsWaitingForAWriter(tool: String, signal: Int32) throws {
    let running = try waiting(tool)
    running.send(signal)
    let finished = try running.finish()
    #expect(finished.signal == signal)
    #expect(finished.output.isEmpty)
  }

  @Test(arguments: ["kes-segment", "kes-read", "kes-purge"])
  func aWriterThatComesLaterIsRead(tool: String) throws {
    let running = try waiting(tool)
    // Not for other children: a pipe ends when the last writer has closed it.
    let descriptor = unsafe open(directory.path("pipe"), O_WRONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    let writer = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try writer.write(contentsOf: Data(EventLines.woke("a", 1).utf8))
    #expect(running.waits { running.outputSoFar.split(separator: "\n").count == 1 })
    try writer.write(contentsOf: Data(EventLines.sent("a", 2).utf8))
    try writer.close()
    let finished = try running.finish()
    #expect(finished.status == 0)
    #expect(finished.lines.count == 2)
  }
}
