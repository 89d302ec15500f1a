// Events that come while a test does something else.

import Foundation
import Synchronization
import TestSupport

/// Sends lines, some at a time, on a thread of its own.
final class SendingThread: Sendable {
  private struct State {
    var isToHurry = false
    var failure: (any Error)?
    var isDone = false
  }

  private let state = Mutex(State())

  init(_ topics: ApplicationTopics, _ lines: [String]) {
    // Sending uses nothing of the topics that changes.
    nonisolated(unsafe) let topics = topics
    Thread.detachNewThread { [self] in run(unsafe topics, lines) }
  }

  private func run(_ topics: ApplicationTopics, _ lines: [String]) {
    do {
      for start in stride(from: 0, to: lines.count, by: 100) {
        try topics.send(Array(lines[start..<min(start + 100, lines.count)]))
        if !state.withLock({ $0.isToHurry }) { usleep(100_000) }
      }
    } catch {
      state.withLock { $0.failure = error }
    }
    state.withLock { $0.isDone = true }
  }

  /// Waits until all is sent; throws what sending failed with.
  func finish() throws {
    state.withLock { $0.isToHurry = true }
    while !state.withLock({ $0.isDone }) { usleep(5000) }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}
