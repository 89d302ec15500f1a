// Random streams and rules from a seed: what a failure prints is enough to see it again.

import TestSupport

@testable import KESCore

/// Rules with every option on or off.
func randomRules(_ generator: inout SeededGenerator) -> SegmentationRules {
  var rules = SegmentationRules()
  rules.timeout = generator.chance(15) ? nil : UInt64.random(in: 1...40, using: &generator)
  if generator.chance(50) { rules.retain = UInt64.random(in: 0...60, using: &generator) }
  rules.duplicates = DuplicatePolicy.allCases.randomElement(using: &generator) ?? .keep
  if generator.chance(60) { rules.lateness = UInt64.random(in: 1...30, using: &generator) }
  rules.late = generator.chance(40) ? .leaveOut : .assign
  rules.reorders = rules.lateness > 0 && generator.chance(50)
  if generator.chance(30) { rules.greatestSpan = UInt64.random(in: 1...50, using: &generator) }
  if generator.chance(30) { rules.greatestEvents = Int64.random(in: 1...6, using: &generator) }
  return rules
}

/// A stream of few keys with loss, repetition, disorder, ties and jumps of time.
func randomStream(_ generator: inout SeededGenerator, count: Int) -> [TestEvent] {
  let keys = Int.random(in: 1...6, using: &generator)
  var events: [TestEvent] = []
  var time = Int64.random(in: -50...50, using: &generator)
  for number in 0..<count {
    if generator.chance(12), let repeated = events.suffix(10).randomElement(using: &generator) {
      events.append(repeated)
      continue
    }
    time += generator.chance(3) ? 100 : Int64.random(in: 0...4, using: &generator)
    let lag = generator.chance(25) ? Int64.random(in: 0...45, using: &generator) : 0
    let role: Role = generator.chance(20) ? .start : generator.chance(25) ? .end : .data
    // Some records are equal by chance, like two readings of one value.
    let bytes = generator.chance(10) ? "same" : "record \(number)"
    let key = "key-\(Int.random(in: 0..<keys, using: &generator))"
    events.append(TestEvent(key: key, time: time - lag, role: role, bytes: bytes))
  }
  return events
}
