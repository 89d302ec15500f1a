// A clock that moves only while somebody waits, and an output that notes when it was written.

import KESCore
import Synchronization

final class TestClock: Sendable {
  /// The wall clock stands so far ahead of the monotonic one.
  static let wallOffset: Int64 = 1_800_000_000_000

  /// What was written at one moment.
  struct Write: Equatable {
    var moment: Int64
    var text: String
  }

  private let now: Mutex<Int64>
  private let written = Mutex<[Write]>([])

  init(now: Int64) { self.now = Mutex(now) }

  var clock: Clock {
    Clock(
      monotonic: { self.now.withLock { $0 } },
      wall: { self.now.withLock { $0 } + TestClock.wallOffset })
  }

  var pace: Pace { Pace(clock: clock) { self.wait($0) } }

  func wait(_ milliseconds: Int64) { now.withLock { $0 += milliseconds } }

  /// An output whose writes are kept with their moments.
  var output: OutputStream {
    get throws {
      let calls = unsafe SystemCalls(
        read: { _, _ in 0 },
        write: { _, bytes in
          let text = unsafe String(decoding: bytes, as: UTF8.self)
          let moment = self.now.withLock { $0 }
          self.written.withLock { $0.append(Write(moment: moment, text: text)) }
          return bytes.count
        },
        sync: { _ in 0 })
      return .standard(calls: calls)
    }
  }

  var writes: [Write] { written.withLock { $0 } }
}
