// What a seed gives must never change: recordings are told by their seeds.

import TestSupport
import Testing

@testable import KESCore

@Suite struct SplitMix64Tests {
  @Test func givesThePublishedSequence() {
    // The values that implementations of the algorithm are compared by (seed 1234567).
    var generator = SplitMix64(seed: 1_234_567)
    let drawn = (0..<5).map { _ in generator.next() }
    #expect(
      drawn == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test(arguments: [1, 2, 3, 10, 1000, Int.max])
  func drawsNumbersBelowTheBound(bound: Int) {
    var generator = SplitMix64(seed: 7)
    let drawn = (0..<1000).map { _ in generator.below(bound) }
    #expect(drawn.allSatisfy { (0..<bound).contains($0) })
  }

  @Test func drawsEveryNumberAboutAsOften() {
    var generator = SplitMix64(seed: 8)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<100_000 { counts[generator.below(10)] += 1 }
    // 10,000 each, give or take four standard deviations of 95.
    for count in counts { #expect((9620...10_380).contains(count)) }
  }

  @Test func whatIsImpossibleNeverHappensAndWhatIsCertainAlways() {
    var generator = SplitMix64(seed: 9)
    let impossible = (0..<10_000).count { _ in generator.happens(0) }
    let certain = (0..<10_000).count { _ in generator.happens(1) }
    #expect(impossible == 0)
    #expect(certain == 10_000)
  }

  @Test func whatIsImpossibleTakesNoDraw() {
    var generator = SplitMix64(seed: 10)
    var same = SplitMix64(seed: 10)
    _ = generator.happens(0)
    let (drawn, expected) = (generator.next(), same.next())
    #expect(drawn == expected)
  }

  @Test func whatHappensOnceInAHundredDoesSo() {
    var generator = SplitMix64(seed: 11)
    let count = (0..<100_000).count { _ in generator.happens(0.01) }
    // 1000, give or take four standard deviations of 31.
    #expect((875...1125).contains(count))
  }
}
