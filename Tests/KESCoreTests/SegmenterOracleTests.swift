// The segmenter against the oracle, on thousands of random streams.

import TestSupport
import Testing

@testable import KESCore

@Suite struct SegmenterOracleTests {
  /// The steps of the oracle and of the real segmenter for one seed.
  private static func compare(seed: UInt64) -> (expected: [Step], found: [Step]) {
    var generator = SeededGenerator(seed: seed)
    let rules = randomRules(&generator)
    let events = randomStream(&generator, count: Int.random(in: 1...120, using: &generator))
    let flush = generator.chance(50)
    var reference = ReferenceSegmenter(rules: rules)
    var driver = SegmenterTestDriver(
      rules: rules, blockSize: Int.random(in: 1...200, using: &generator))
    for (position, event) in events.enumerated() {
      reference.take(event, position: position)
      driver.add(event, position: position)
      if generator.chance(20) { driver.run() }
    }
    driver.run()
    reference.end(flush: flush)
    driver.end(flush: flush)
    return (reference.steps, driver.steps)
  }

  @Test(arguments: TestSeeds.parts(0...4999))
  func agreesWithTheReferenceOnRandomStreams(seeds: TestSeeds) {
    for seed in seeds {
      let (expected, found) = SegmenterOracleTests.compare(seed: seed)
      if found != expected {
        let place = zip(expected, found).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        Issue.record("seed \(seed): differs at step \(place ?? min(expected.count, found.count))")
        #expect(found == expected)
        return
      }
    }
  }

  /// What users of the library test with does what the rules say.
  @Test(arguments: TestSeeds.parts(3_000_000...3_000_199))
  func theTopologyTestDriverAgreesWithTheReference(seeds: TestSeeds) throws {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let rules = randomRules(&generator)
      let events = randomStream(&generator, count: Int.random(in: 1...80, using: &generator))
      let flush = generator.chance(50)
      var reference = ReferenceSegmenter(rules: rules)
      var driver = TopologySteps(rules: rules)
      for (position, event) in events.map(\.ofDevice).enumerated() {
        reference.take(event, position: position)
        try driver.take(event, position: position)
      }
      reference.end(flush: flush)
      try driver.end(flush: flush)
      #expect(driver.steps == reference.steps, "seed \(seed)")
    }
  }

  @Test(arguments: TestSeeds.each(2_000_000...2_000_003))
  func agreesWithTheReferenceOnManyKeys(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var rules = SegmentationRules()
    rules.timeout = 400
    rules.retain = seed % 2 == 0 ? 100 : nil
    var reference = ReferenceSegmenter(rules: rules)
    var driver = SegmenterTestDriver(rules: rules)
    for position in 0..<4000 {
      // Keys of all lengths, so that slots of all sizes are given out and taken back.
      let number = Int.random(in: 0..<700, using: &generator)
      let key = String(repeating: "k", count: number * number / 1000) + "\(number)"
      let role: Role = generator.chance(25) ? .start : generator.chance(25) ? .end : .data
      let event = TestEvent(key: key, time: Int64(position), role: role, bytes: "\(position)")
      reference.take(event, position: position)
      driver.add(event, position: position)
      if position % 97 == 0 { driver.run() }
    }
    driver.run()
    reference.end(flush: true)
    driver.end(flush: true)
    #expect(driver.steps == reference.steps, "seed \(seed)")
  }

  @Test(arguments: TestSeeds.parts(1_000_000...1_000_099))
  func goesOnFromTheStoreAsIfNothingHadHappened(seeds: TestSeeds) throws {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let rules = randomRules(&generator)
      let events = randomStream(&generator, count: 80)
      let directory = try TemporaryDirectory()
      let store = try StateStore.open(directory.path, creating: true, mapSize: 1 << 20)
      var reference = ReferenceSegmenter(rules: rules)
      var driver = SegmenterTestDriver(rules: rules, tracksChanges: true)
      for (position, event) in events.enumerated() {
        reference.take(event, position: position)
        driver.add(event, position: position)
        if generator.chance(10) {
          driver.run()
          try driver.restart(through: store, rules: rules)
        }
      }
      driver.run()
      try driver.restart(through: store, rules: rules)
      reference.end(flush: true)
      driver.end(flush: true)
      #expect(driver.steps == reference.steps, "seed \(seed)")
    }
  }
}
