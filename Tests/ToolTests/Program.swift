// Runs the real tools as real processes.

import Foundation
import Glibc
import Testing
import TestSupport

/// A tool that has ended: what it said and how it went.
struct Finished {
  /// The exit status, or nil where a signal ended it.
  let status: Int32?
  let signal: Int32?
  let output: Data
  let errors: String

  var text: String { String(decoding: output, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// Where the tools read from.
enum ProgramInput {
  case empty
  case text(String)
  case data(Data)
  case file(String)
}

enum Program {
  /// Where the tools are: where `KES_TEST_TOOLS` says, or where the build put them, beside the test
  /// bundle. Those of a release build start twenty times as fast.
  static let directory: URL = {
    if let path = ProcessInfo.processInfo.environment["KES_TEST_TOOLS"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
    let executable = bundle ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return executable.deletingLastPathComponent()
  }()

  static func path(_ tool: String) -> String { directory.appendingPathComponent(tool).path }

  /// Runs a tool to its end.
  static func run(
    _ tool: String, _ arguments: [String] = [], input: ProgramInput = .empty,
    environment: [String: String] = [:], directory: TemporaryDirectory? = nil
  ) throws -> Finished {
    let running = try RunningProgram(
      tool, arguments, input: input, environment: environment, directory: directory)
    return try running.finish()
  }

  /// Runs a shell command line with the tools on its PATH.
  static func shell(
    _ command: String, input: ProgramInput = .empty, environment: [String: String] = [:],
    directory: TemporaryDirectory? = nil
  ) throws -> Finished {
    let running = try RunningProgram(
      path: "/bin/bash", ["-c", command], input: input, environment: environment,
      directory: directory)
    return try running.finish()
  }
}

/// Sees that a tool ended well and had nothing to say.
func expectDone(_ finished: Finished, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(
    finished.status == 0 && finished.errors.isEmpty, "\(finished.errors)",
    sourceLocation: sourceLocation)
}

/// A suite whose tests run commands in a directory of their own.
protocol RunsCommands {
  var directory: TemporaryDirectory { get }
}

extension RunsCommands {
  /// Runs a line of bash; a pipe ends as badly as any of its parts.
  func run(
    _ line: String, _ variables: [String: String] = [:], input: ProgramInput = .empty
  ) throws -> Finished {
    try Program.shell(
      "set -o pipefail; " + line, input: input, environment: variables, directory: directory)
  }

  /// Runs a line of bash that has to end well, without a word.
  @discardableResult
  func shell(
    _ line: String, _ variables: [String: String] = [:], input: ProgramInput = .empty,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Finished {
    let ended = try run(line, variables, input: input)
    #expect(
      ended.status == 0 && ended.errors.isEmpty, "\(line): \(ended.errors)",
      sourceLocation: sourceLocation)
    return ended
  }

  /// Runs a tool by its words, which have no spaces or quotes in them.
  func runTool(_ line: String) throws -> Finished {
    let words = line.split(separator: " ").map(String.init)
    return try Program.run(words[0], Array(words.dropFirst()), directory: directory)
  }
}

/// Held while a process starts, and while a pipe is made private: between `pipe` and `fcntl` a new
/// process would inherit it.
let spawning = Spawning.lock

/// How long a test waits for what must come before it says that it hangs.
private let patienceSeconds = 60.0

/// A process whose output goes to files, so that it never waits for a reader, unless it is given
/// another output.
final class RunningProgram {
  let process = Process()
  private let scratch: TemporaryDirectory
  private let outputPath: String
  private let errorPath: String

  convenience init(
    _ tool: String, _ arguments: [String], input: ProgramInput = .empty,
    environment: [String: String] = [:], directory: TemporaryDirectory? = nil
  ) throws {
    try self.init(
      path: Program.path(tool), arguments, input: input, environment: environment,
      directory: directory)
  }

  init(
    path: String, _ arguments: [String], input: ProgramInput, environment: [String: String],
    directory: TemporaryDirectory?, standardInput: FileHandle? = nil,
    standardOutput: FileHandle? = nil
  ) throws {
    scratch = try TemporaryDirectory()
    outputPath = scratch.path("output")
    errorPath = scratch.path("errors")
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    variables["PATH"] = Program.directory.path + ":" + (variables["PATH"] ?? "")
    variables.merge(environment) { $1 }
    process.environment = variables
    if let directory { process.currentDirectoryURL = directory.url }
    process.standardInput = try standardInput ?? handle(for: input)
    process.standardOutput = try standardOutput ?? writing(outputPath)
    process.standardError = try writing(errorPath)
    try spawning.withLock { try process.run() }
  }

  private func handle(for input: ProgramInput) throws -> FileHandle {
    switch input {
    case .empty: return FileHandle.nullDevice
    case .text(let text): return try reading(scratch.write(Data(text.utf8), to: "input"))
    case .data(let data): return try reading(scratch.write(data, to: "input"))
    case .file(let path): return try reading(path)
    }
  }

  private func reading(_ path: String) throws -> FileHandle {
    try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
  }

  private func writing(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  /// What it has written so far.
  var outputSoFar: String {
    (try? String(contentsOf: URL(fileURLWithPath: outputPath), encoding: .utf8)) ?? ""
  }

  var errorsSoFar: String {
    (try? String(contentsOf: URL(fileURLWithPath: errorPath), encoding: .utf8)) ?? ""
  }

  /// What it has said so far behind the first `count` bytes.
  func errors(from count: Int) -> Data {
    guard let file = FileHandle(forReadingAtPath: errorPath) else { return Data() }
    try? file.seek(toOffset: UInt64(count))
    return (try? file.readToEnd()) ?? Data()
  }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Whether a handler of its own would get `signal` (proc(5), `SigCgt`).
  func catches(_ signal: Int32) throws -> Bool {
    let path = "/proc/\(process.processIdentifier)/status"
    let status = try String(contentsOfFile: path, encoding: .utf8)
    let caught = try #require(status.firstMatch(of: /SigCgt:\s*([0-9a-f]+)/)).1
    return try #require(UInt64(caught, radix: 16)) & 1 << (signal - 1) != 0
  }

  /// Whether it has been stopped, and not gone on (proc(5), state `T`).
  var isSuspended: Bool {
    let path = "/proc/\(process.processIdentifier)/status"
    return (try? String(contentsOfFile: path, encoding: .utf8).contains("State:\tT")) ?? false
  }

  /// Waits until `condition` holds; false when the process ended first, or hangs.
  func waits(until condition: () -> Bool) -> Bool {
    let deadline = Date(timeIntervalSinceNow: patienceSeconds)
    while !condition() {
      if !process.isRunning || Date() > deadline { return condition() }
      usleep(2000)
    }
    return true
  }

  /// Waits for its end.
  func finish() throws -> Finished {
    let identifier = process.processIdentifier
    let hang = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 3 * patienceSeconds, execute: hang)
    process.waitUntilExit()
    hang.cancel()
    let isSignal = process.terminationReason == .uncaughtSignal
    return Finished(
      status: isSignal ? nil : process.terminationStatus,
      signal: isSignal ? process.terminationStatus : nil,
      output: (try? Data(contentsOf: URL(fileURLWithPath: outputPath))) ?? Data(),
      errors: errorsSoFar)
  }
}

/// The two ends of a pipe that no other child inherits: a pipe stays open as long as anybody holds
/// its end, and tests start processes side by side.
struct PrivatePipe {
  let reading: FileHandle
  let writing: FileHandle

  init() throws {
    var ends: (Int32, Int32) = (-1, -1)
    spawning.lock()
    defer { spawning.unlock() }
    let result = unsafe withUnsafeMutablePointer(to: &ends) {
      unsafe $0.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe pipe($0) }
    }
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    _ = fcntl(ends.0, F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends.1, F_SETFD, FD_CLOEXEC)
    reading = FileHandle(fileDescriptor: ends.0, closeOnDealloc: true)
    writing = FileHandle(fileDescriptor: ends.1, closeOnDealloc: true)
  }

  /// Whether who writes a block has to wait: but for a part of a page there is no room.
  var isFull: Bool {
    let pipeSizeOption: Int32 = 1032  // F_GETPIPE_SZ, which Swift does not import
    let page: Int32 = 4096
    var unread: Int32 = 0
    let size = fcntl(reading.fileDescriptor, pipeSizeOption)
    return unsafe ioctl(reading.fileDescriptor, UInt(FIONREAD), &unread) == 0
      && unread > size - page
  }

  /// Writes `text` into the pipe.
  func write(_ text: String) throws { try writing.write(contentsOf: Data(text.utf8)) }

  /// Ends what is written.
  func close() throws { try writing.close() }
}
