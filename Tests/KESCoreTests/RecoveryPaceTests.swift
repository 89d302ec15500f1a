// How often a run tries again, and for how long.

import Testing

@testable import KESCore

@Suite struct RecoveryPaceTests {
  private func pauses(_ pace: inout RecoveryPace) -> [Int64] {
    var pauses: [Int64] = []
    while let pause = pace.fail() { pauses.append(pause) }
    return pauses
  }

  @Test func pausesGrowAndThenItIsEnough() {
    var pace = RecoveryPace()
    let pauses = pauses(&pace)
    #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000])
    #expect((20_000...40_000).contains(pauses.reduce(0, +)))
    #expect(pace.fail() == nil)
  }

  @Test func successBeginsAnew() {
    var pace = RecoveryPace()
    for _ in 0..<9 { _ = pace.fail() }
    pace.succeed()
    #expect(pace.fail() == 100)
    #expect(pauses(&pace).count == 9)
  }
}
