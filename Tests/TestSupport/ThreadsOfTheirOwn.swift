// Tests that wait for others, each on a thread of its own.

// A release build of all targets has no tests, and nothing to run them by.
#if canImport(Testing)
  import Foundation
  public import Testing

  /// Runs the tests of a suite on threads of their own: waiting in one does not keep others waiting, as
  /// it does on the few threads that tests share.
  public struct ThreadsOfTheirOwn: SuiteTrait, TestTrait, TestScoping {
    public let isRecursive = true

    public func provideScope(
      for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
      if testCase == nil { return try await function() }
      try await withTaskExecutorPreference(ThreadExecutor()) { try await function() }
    }
  }

  extension Trait where Self == ThreadsOfTheirOwn {
    public static var threadsOfTheirOwn: Self { Self() }
  }

  private final class ThreadExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      // Unsafe: the job is run once, here.
      Thread.detachNewThread { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
  }
#endif
