// Percentiles and distinct values, against exact counts.

import TestSupport
import Testing

@testable import KESCore
@testable import KESViews

@Suite struct HistogramTests {
  @Test func hasNothingToSayOfNoValues() {
    let histogram = Histogram()
    #expect(histogram.count == 0)
    #expect(histogram.min == nil)
    #expect(histogram.max == nil)
    #expect(histogram.percentile(0.5) == nil)
  }

  @Test(arguments: [0, 1, 255, 256, 1000, 86_400_000, UInt64(1) << 62, .max])
  func isExactWhereAllValuesAreTheSame(value: UInt64) {
    var histogram = Histogram()
    for _ in 0..<3 { histogram.insert(value) }
    #expect(histogram.min == value)
    #expect(histogram.percentile(0) == value)
    #expect(histogram.percentile(0.5) == value)
    #expect(histogram.percentile(1) == value)
    #expect(histogram.max == value)
  }

  @Test func isExactForSmallValues() {
    var histogram = Histogram()
    for value in 1...100 { histogram.insert(UInt64(value)) }
    #expect(histogram.percentile(0.5) == 50)
    #expect(histogram.percentile(0.9) == 90)
    #expect(histogram.percentile(0.99) == 99)
  }

  @Test func isExactWhereThePercentileIsTheGreatest() {
    var histogram = Histogram()
    for value in [6511, 14_693, 14_700] as [UInt64] { histogram.insert(value) }
    #expect(histogram.percentile(0.9) == 14_700)
  }

  @Test(arguments: TestSeeds.each(0...19)) func isOffByLessThanHalfAPercent(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var histogram = Histogram()
    var values: [UInt64] = []
    let greatestShift = UInt64.random(in: 0..<60, using: &generator)
    for _ in 0..<Int.random(in: 1...2000, using: &generator) {
      let shift = UInt64.random(in: 0...greatestShift, using: &generator)
      let value = UInt64.random(in: 0 ... .max, using: &generator) >> shift
      values.append(value)
      histogram.insert(value)
    }
    values.sort()
    for share in [0.01, 0.5, 0.9, 0.99, 1] {
      let rank = max(1, Int((share * Double(values.count)).rounded(.up)))
      let exact = Double(values[rank - 1])
      let found = Double(histogram.percentile(share) ?? 0)
      #expect(abs(found - exact) <= 0.004 * exact, "seed \(seed), share \(share)")
    }
  }
}

@Suite struct DistinctCounterTests {
  @Test func countsExactlyUpToItsBound() {
    var counter = DistinctCounter(bound: 5000)
    for round in 0..<2 {
      for number in 0..<5000 { counter.insert(Hash.combine(7, UInt64(number))) }
      #expect(counter.estimate == 5000, "round \(round)")
      let isExact = counter.isExact
      #expect(isExact)
    }
  }

  @Test func countsZeroAsAValue() {
    var counter = DistinctCounter()
    counter.insert(0)
    counter.insert(0)
    #expect(counter.estimate == 1)
  }

  @Test(arguments: [10_000, 100_000, 400_000]) func estimatesBeyondItsBound(count: Int) {
    var counter = DistinctCounter(bound: 4096)
    for number in 0..<count {
      counter.insert(Hash.combine(1, UInt64(number)))
      counter.insert(Hash.combine(1, UInt64(number / 2)))
    }
    let isExact = counter.isExact
    #expect(!isExact)
    // Four standard errors.
    #expect(abs(Double(counter.estimate) / Double(count) - 1) < 0.08)
  }
}
