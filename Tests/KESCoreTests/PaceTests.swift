// Waiting for moments, without waiting.

import Synchronization
import Testing

@testable import KESCore

@Suite struct PaceTests {
  /// A clock that stands still but for pauses.
  private final class StillClock: Sendable {
    let now = Mutex<Int64>(0)
    let pauses = Mutex<[Int64]>([])

    var pace: Pace {
      Pace(clock: Clock(monotonic: { self.now.withLock { $0 } }, wall: { 0 })) { milliseconds in
        self.pauses.withLock { $0.append(milliseconds) }
        self.now.withLock { $0 += milliseconds }
      }
    }
  }

  @Test func waitsForWhatIsLeft() {
    let clock = StillClock()
    clock.pace.wait(until: 30)
    clock.pace.wait(until: 45)
    #expect(clock.pauses.withLock { $0 } == [30, 15])
  }

  @Test func doesNotWaitForWhatIsPast() {
    let clock = StillClock()
    clock.pace.wait(until: 10)
    clock.pace.wait(until: 10)
    clock.pace.wait(until: -5)
    #expect(clock.pauses.withLock { $0 } == [10])
  }
}
