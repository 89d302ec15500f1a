// kes-read --watch on a terminal.

import Foundation
import Glibc
import TestSupport
import Testing

private let events = """
  {"device":"a","timestamp":0,"event":{"DeviceWokeUp":{}},"session":"s1"}
  {"device":"a","timestamp":1500,"event":{"AllDataSent":{}},"session":"s1"}
  {"device":"a","timestamp":1500,"event":{"SessionClosed":{"status":"completed","start":0,"end":1500,"events":2,"partial":false}},"session":"s1"}
  {"device":"b","timestamp":1000,"event":{"DeviceWokeUp":{}},"session":"s2"}

  """

@Suite(.threadsOfTheirOwn) struct WatchTests {
  private let terminal: PseudoTerminal
  private let pipe: PrivatePipe

  init() throws {
    terminal = try PseudoTerminal(columns: 80, rows: 24)
    pipe = try PrivatePipe()
  }

  private func watch(_ arguments: String...) throws -> RunningProgram { try watch(arguments) }

  private func watch(_ arguments: [String]) throws -> RunningProgram {
    try RunningProgram(
      path: Program.path("kes-read"), ["--watch"] + arguments, input: .empty,
      environment: ["LC_ALL": "C.UTF-8", "NO_COLOR": "1"], directory: nil,
      standardInput: pipe.reading, standardOutput: terminal.programEnd)
  }

  private func isShown(_ text: String) -> Bool { terminal.lines.contains { $0.contains(text) } }

  @Test func showsAStreamThatGoesOn() throws {
    let reader = try watch()
    #expect(reader.waits { isShown("no event yet") })
    #expect(terminal.isAlternate && terminal.lines.first?.hasPrefix("watching stdin  ") == true)
    try pipe.write(events)
    #expect(reader.waits { isShown("greatest lag    0.500s") })
    #expect(isShown("open sessions                1"))
    #expect(isShown("completed                    1") && isShown("1.500s"))
    try pipe.close()
    #expect(try reader.finish().status == 0)
    try terminal.finish()
    // The final figures stand on the first screen, with the cursor shown.
    #expect(!terminal.isAlternate && terminal.transcript.contains("\u{1B}[?25h"))
    #expect(isShown("open                         1") && !isShown("watching"))
  }

  @Test func namesTheTopicThatIsWatched() throws {
    let kafka = try TopicsUnderTest()
    let topic = try kafka.topic("t")
    let reader = try watch(["--from", topic] + kafka.options)
    #expect(reader.waits { isShown("no event yet") })
    // The name may be cut where it is long.
    #expect(terminal.lines.first?.hasPrefix("watching topic \(topic.prefix(20))") == true)
    reader.send(SIGTERM)
    #expect(try reader.finish().signal == SIGTERM)
    try terminal.finish()
  }

  @Test(arguments: [SIGINT, SIGTERM]) func givesTheTerminalBackWhenItIsStopped(signal: Int32) throws
  {
    let reader = try watch()
    try pipe.write(events)
    #expect(reader.waits { isShown("records                      4") })
    reader.send(signal)
    let finished = try reader.finish()
    try terminal.finish()
    #expect(finished.signal == signal && finished.errors == "")
    #expect(!terminal.isAlternate && isShown("EVENTS                SESSIONS"))
  }

  /// Whether the terminal waits for whole lines and shows what is typed.
  private var isForTyping: Bool {
    var mode = termios()
    let result = unsafe tcgetattr(terminal.programEnd.fileDescriptor, &mode)
    return result == 0 && mode.c_lflag & UInt32(ICANON) != 0 && mode.c_lflag & UInt32(ECHO) != 0
  }

  @Test(arguments: ["q", "Q"]) func endsByAKey(key: String) throws {
    #expect(isForTyping)
    let reader = try watch()
    try pipe.write(events)
    #expect(reader.waits { isShown("records                      4") && isShown("q ends it") })
    #expect(!isForTyping)
    terminal.type("x\n")
    try pipe.write(events)
    #expect(reader.waits { isShown("records                      8") })
    terminal.type("w" + key)
    // Whoever writes goes on: the key alone ends it.
    let finished = try reader.finish()
    #expect(finished.status == 0 && finished.errors == "")
    #expect(isForTyping)
    try terminal.finish()
    #expect(!terminal.isAlternate && isShown("completed                    1"))
    try pipe.close()
  }

  @Test(arguments: [SIGINT, SIGTSTP]) func keysAreTheTerminalsAgain(signal: Int32) throws {
    let reader = try watch()
    try pipe.write(events)
    #expect(reader.waits { isShown("q ends it") && !isForTyping })
    #expect(try reader.catches(signal))
    reader.send(signal)
    if signal == SIGTSTP {
      #expect(reader.waits { reader.isSuspended && isForTyping })
      reader.send(SIGCONT)
      #expect(reader.waits { !isForTyping })
      terminal.type("q")
      #expect(try reader.finish().status == 0)
    } else {
      #expect(try reader.finish().signal == SIGINT)
    }
    #expect(isForTyping)
  }

  /// What is typed may be the events.
  @Test func noKeyIsTakenFromWhoTypesTheInput() throws {
    let reader = try RunningProgram(
      path: Program.path("kes-read"), ["--watch", "-"], input: .empty,
      environment: ["LC_ALL": "C.UTF-8", "NO_COLOR": "1"], directory: nil,
      standardInput: terminal.programEnd, standardOutput: terminal.programEnd)
    #expect(reader.waits { isShown("Ctrl-C ends it") })
    #expect(isForTyping)
    terminal.type("\u{4}")
    #expect(try reader.finish().status == 0)
  }

  @Test func givesTheTerminalBackWhileItIsSuspended() throws {
    let reader = try watch()
    try pipe.write(events)
    #expect(reader.waits { isShown("records                      4") })
    #expect(try reader.catches(SIGTSTP))
    reader.send(SIGTSTP)
    #expect(reader.waits { reader.isSuspended })
    #expect(reader.waits { !terminal.isAlternate })
    reader.send(SIGCONT)
    #expect(reader.waits { terminal.isAlternate && isShown("records                      4") })
    try pipe.close()
    #expect(try reader.finish().status == 0)
    try terminal.finish()
    #expect(!terminal.isAlternate)
  }

  @Test func givesTheTerminalBackAtABadRecord() throws {
    let reader = try watch()
    try pipe.write(events + "bad\n")
    let finished = try reader.finish()
    try terminal.finish()
    #expect(finished.status == 65 && finished.errors.contains("stdin:5: "))
    #expect(!terminal.isAlternate && isShown("completed                    1"))
  }

  @Test func givesTheTerminalBackWhereAnInputIsMissing() throws {
    let finished = try watch("/nonexistent/events").finish()
    try terminal.finish()
    #expect(finished.status == 66 && !terminal.isAlternate)
  }

  @Test(arguments: [[], ["--output", "/dev/null"], ["--timeline"], ["--sessions"]])
  func isRefusedWithoutAScreen(arguments: [String]) throws {
    let finished = try Program.run("kes-read", ["--watch"] + arguments)
    #expect(finished.status == 64 && finished.text == "")
    #expect(finished.errors.contains(arguments.count == 1 ? "--watch" : "--watch needs a terminal"))
  }
}
