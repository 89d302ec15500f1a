// Tests that wait for others, each on a thread of its own.

// A release build of all targets has no tests, and nothing to run them by.
#if canImport(Testing)
  import Foundation
  import Synchronization
  public import Testing

  /// Runs the tests of a suite on threads of their own, some at a time: waiting in one does not keep
  /// others waiting, as it does on the few threads that all tests share.
  ///
  /// Whoever waits for processes or brokers belongs there: a thread that is shared and waits holds up
  /// every other test's beginnings and ends.
  public struct ThreadsOfTheirOwn: SuiteTrait, TestTrait, TestScoping {
    public let isRecursive = true

    /// So many at a time that processors have something to do, and that nobody waits for them so long
    /// that brokers believe a process to be dead.
    private static let places = Places(max(12, 4 * ProcessInfo.processInfo.activeProcessorCount))

    public func provideScope(
      for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
      if testCase == nil { return try await function() }
      await ThreadsOfTheirOwn.places.take()
      defer { ThreadsOfTheirOwn.places.giveBack() }
      try await withTaskExecutorPreference(ThreadExecutor()) { try await function() }
    }
  }

  extension Trait where Self == ThreadsOfTheirOwn {
    public static var threadsOfTheirOwn: Self { Self() }
  }

  /// A number of places, given to those who came first; whoever waits for one holds no thread.
  private final class Places: Sendable {
    private struct State {
      var free: Int
      var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func take() async {
      await withCheckedContinuation { next in
        let isFree = state.withLock { state in
          if state.free == 0 {
            state.waiting.append(next)
            return false
          }
          state.free -= 1
          return true
        }
        if isFree { next.resume() }
      }
    }

    func giveBack() {
      let next = state.withLock { state in
        if state.waiting.isEmpty {
          state.free += 1
          return nil as CheckedContinuation<Void, Never>?
        }
        return state.waiting.removeFirst()
      }
      next?.resume()
    }
  }

  private final class ThreadExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      // Unsafe: the job is run once, here.
      Thread.detachNewThread { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }
#endif
