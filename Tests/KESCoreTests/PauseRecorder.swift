// A clock that stands still, and notes how long somebody would have waited.

import KESCore
import Synchronization

final class PauseRecorder: Sendable {
  private struct State {
    var now: Int64 = 0
    var pauses: [Int64] = []
  }

  private let state = Mutex(State())
  private let greatestPauses: Int

  /// - Parameter greatestPauses: the pause behind so many says that there is no point in another.
  init(greatestPauses: Int = .max) { self.greatestPauses = greatestPauses }

  /// A clock that goes on only while somebody waits.
  var clock: RegistryClock {
    RegistryClock(
      monotonic: { self.state.withLock { $0.now } },
      pause: { milliseconds in
        self.state.withLock { state in
          state.now += milliseconds
          state.pauses.append(milliseconds)
          return state.pauses.count <= self.greatestPauses
        }
      })
  }

  var pauses: [Int64] { state.withLock { $0.pauses } }

  func advance(by milliseconds: Int64) { state.withLock { $0.now += milliseconds } }
}
