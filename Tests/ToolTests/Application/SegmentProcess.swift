// A process of an application that runs, and what it tells of itself.

import Foundation
import Glibc

/// A kes-segment on topics, started with `--stats`.
final class SegmentProcess {
  let program: RunningProgram
  /// What lines of figures said, up to this length of what it wrote.
  private var seen: (length: Int, figures: [[String: Int]]) = (0, [])

  init(_ program: RunningProgram) { self.program = program }

  /// All lines of figures so far. Each is read once: tests look often.
  var figures: [[String: Int]] {
    let fresh = program.errors(from: seen.length)
    guard let end = fresh.lastIndex(of: UInt8(ascii: "\n")) else { return seen.figures }
    let lines = fresh[...end].split(separator: UInt8(ascii: "\n"))
    seen.figures += lines.compactMap {
      try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Int]
    }
    seen.length += fresh.distance(from: fresh.startIndex, to: end) + 1
    return seen.figures
  }

  /// What it said beside figures.
  var messages: String {
    program.errorsSoFar.split(separator: "\n").filter { !$0.hasPrefix("{") }
      .joined(separator: "\n")
  }

  /// Waits until `count` lines from now on hold `condition`; false where the process ended first, or
  /// hangs.
  func waitsForFigures(_ count: Int = 1, _ condition: ([String: Int]) -> Bool) -> Bool {
    let before = figures.count
    return program.waits { figures.dropFirst(before).filter(condition).count >= count }
  }

  /// Waits until it has so many tasks, and all of them work.
  func waitsForTasks(_ count: Int) -> Bool {
    waitsForFigures { $0["active_tasks"] == count && $0["restoring_tasks"] == 0 }
  }

  /// Waits until it says this.
  func waits(forText text: String) -> Bool {
    program.waits { program.errorsSoFar.contains(text) }
  }

  /// Waits for its end.
  func finish() throws -> Finished {
    defer { withExtendedLifetime(self) {} }
    return try program.finish()
  }

  /// Ends it by a signal, and waits for its end.
  @discardableResult
  func end(_ signal: Int32 = SIGTERM) throws -> Finished {
    program.send(signal)
    return try finish()
  }

  deinit {
    if program.process.isRunning { program.send(SIGKILL) }
  }
}
