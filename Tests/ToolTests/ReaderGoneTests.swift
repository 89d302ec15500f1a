// Whoever read the output has gone, and nothing comes that could be written to it.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite(.threadsOfTheirOwn) struct ReaderGoneTests {
  private let directory: TemporaryDirectory

  /// Two events, an hour apart.
  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(EventLines.woke("a", 1) + EventLines.woke("a", 3_600_000), to: "in")
  }

  private func start(
    _ words: String, input: FileHandle? = nil, output: FileHandle
  ) throws -> RunningProgram {
    let words = words.split(separator: " ").map(String.init)
    return try RunningProgram(
      path: Program.path(words[0]), Array(words.dropFirst()), input: .empty, environment: [:],
      directory: directory, standardInput: input, standardOutput: output)
  }

  /// Reads something, and goes; then the process must end.
  private func leave(_ reading: FileHandle, _ running: RunningProgram) throws {
    #expect(!reading.availableData.isEmpty)
    try reading.close()
    let finished = try running.finish()
    #expect(finished.signal == SIGPIPE && finished.errors.isEmpty, "\(finished)")
  }

  @Test(arguments: [
    "kes-read --format json", "kes-read --format avro", "kes-segment",
    "kes-segment --idle-timeout 1h", "kes-segment --state state",
    "kes-purge", "kes-produce --replay --speed max",
    "kes-segment --dry-run 9",
  ])
  func aFilterThatWaitsForItsInputEnds(command: String) throws {
    let (input, output) = (try PrivatePipe(), try PrivatePipe())
    let running = try start(command, input: input.reading, output: output.writing)
    let line = EventLines.woke("a", 1)
    try input.write(
      command.hasPrefix("kes-purge") ? line.dropLast(2) + ",\"session\":\"s\"}\n" : line)
    try leave(output.reading, running)
    try input.close()
  }

  @Test(arguments: ["kes-read --follow --format json in", "kes-produce --replay in"])
  func whoWaitsForMoreOrForTheTimeEnds(command: String) throws {
    let output = try PrivatePipe()
    try leave(output.reading, try start(command, output: output.writing))
  }

  /// Here nothing was ever written.
  @Test(arguments: ["kes-read --follow --sessions in", "kes-read --follow --device nobody in"])
  func aReaderThatWasNeverWrittenToIsMissedToo(command: String) throws {
    let output = try PrivatePipe()
    try output.reading.close()
    let finished = try start(command, output: output.writing).finish()
    #expect(finished.signal == SIGPIPE && finished.errors.isEmpty, "\(finished)")
  }

  @Test(arguments: ["> fifo", "--output fifo"])
  func aNamedPipeIsWatchedAsWell(end: String) throws {
    let finished = try Program.shell(
      "mkfifo fifo; kes-read --follow --format json in \(end) & head -n 1 fifo; wait $!; echo $?",
      directory: directory)
    #expect(finished.lines.last == "\(128 + SIGPIPE)" && finished.errors.isEmpty, "\(finished)")
  }

  @Test func aSocketIsWatchedAsWell() throws {
    var ends: (Int32, Int32) = (-1, -1)
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let result = unsafe withUnsafeMutablePointer(to: &ends) {
      unsafe $0.withMemoryRebound(to: Int32.self, capacity: 2) {
        unsafe socketpair(AF_UNIX, type, 0, $0)
      }
    }
    try #require(result == 0)
    let reading = FileHandle(fileDescriptor: ends.0, closeOnDealloc: true)
    let writing = FileHandle(fileDescriptor: ends.1, closeOnDealloc: true)
    // One that only has nothing more to say still reads.
    #expect(shutdown(ends.0, Int32(SHUT_WR)) == 0)
    try leave(reading, try start("kes-read --follow --format json in", output: writing))
  }

  /// The standard output is not where it writes to.
  @Test func whoWritesToAFileGoesOn() throws {
    let output = try PrivatePipe()
    try output.reading.close()
    let running = try start(
      "kes-read --follow --format json --output out in", output: output.writing)
    func hasWritten(_ count: Int) -> Bool {
      (try? directory.text("out").split(separator: "\n").count) == count
    }
    #expect(running.waits { hasWritten(2) })
    let file = try FileHandle(forWritingTo: directory.url.appendingPathComponent("in"))
    try file.seekToEnd()
    try file.write(contentsOf: Data(EventLines.woke("a", 3_600_001).utf8))
    #expect(running.waits { hasWritten(3) })
    running.send(SIGTERM)
    #expect(try running.finish().signal == SIGTERM)
  }

  @Test(arguments: ["kes-read", "kes-segment", "kes-purge"])
  func aGroupIsLeftWithWhatWasWrittenCommitted(tool: String) throws {
    let topic = try PreparedTopic {
      $0.append([PreparedTopic.event(1, session: tool == "kes-purge")], producer: 7)
      $0.endTransaction(of: 7, commits: true)
    }
    let output = try PrivatePipe()
    let running = try topic.start(tool, ["-G", "g"], standardOutput: output.writing)
    #expect(running.waits { topic.fetched() == 2 })
    try leave(output.reading, running)
    #expect(topic.broker.model { $0.members["g"] } == nil)
    // It may have gone before it saw the marker.
    #expect(topic.committed() == 1 || topic.committed() == 2)
  }

  /// What a group gave while nobody read it is not taken as read.
  @Test func aGroupIsLeftWhereAWriteTells() throws {
    let topic = try PreparedTopic { $0.append([PreparedTopic.event(1)]) }
    let output = try PrivatePipe()
    let running = try topic.start("kes-read", ["-G", "g"], standardOutput: output.writing)
    #expect(!output.reading.availableData.isEmpty)
    topic.change { log in log.append((0..<100).map { PreparedTopic.event($0) }) }
    try output.reading.close()
    #expect(try running.finish().signal == SIGPIPE)
    #expect(topic.broker.model { $0.members["g"] } == nil)
  }
}
