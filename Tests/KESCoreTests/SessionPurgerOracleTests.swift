// The purger against its oracle and the segmenter, on thousands of random streams.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct SessionPurgerOracleTests {
  /// Reads a line with Foundation's JSON reader, not ours.
  private static func event(_ line: String) throws -> ReferencePurger.Event {
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let union = try #require(object["event"] as? [String: Any])
    let branch = try #require(union.keys.first)
    return ReferencePurger.Event(
      line: line, device: try #require(object["device"] as? String),
      session: object["session"] as? String,
      time: try #require((object["timestamp"] as? NSNumber)?.int64Value),
      kind: try #require(EventKind.allCases.first { "\($0.name)" == branch }),
      isDuplicate: object["duplicate"] as? Bool ?? false)
  }

  private static func isClosing(_ line: String) -> Bool { line.contains("\"SessionClosed\"") }

  /// Session events of a random stream, some of their closings lost.
  private static func stream(
    _ generator: inout SeededGenerator
  ) -> (rules: SegmentationRules, all: [String], left: [String]) {
    var rules = randomRules(&generator)
    // Otherwise the segmenter's stream time is ahead of the events that it writes.
    if rules.reorders { rules.late = .leaveOut }
    let events = randomStream(&generator, count: Int.random(in: 1...120, using: &generator))
    let all = sessionEventLines(events, rules: rules)
    let loss = Int.random(in: 0...100, using: &generator)
    let left = all.filter { !isClosing($0) || !generator.chance(loss) }
    return (rules, all, left)
  }

  private static func purger(_ rules: SegmentationRules) -> SessionPurger {
    SessionPurger(
      timeout: rules.timeout, lateness: rules.reorders ? 0 : rules.lateness,
      retain: rules.retain)
  }

  @Test(arguments: TestSeeds.parts(2_000_000...2_000_599))
  func closesWhatTheReferenceCloses(seeds: TestSeeds) throws {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      var (rules, _, input) = SessionPurgerOracleTests.stream(&generator)
      // Also where the settings are not those of the segmenter.
      if generator.chance(50) { rules = randomRules(&generator) }
      let flush = generator.chance(50)
      var reference = ReferencePurger(
        timeout: rules.timeout.map { Int64($0) },
        lateness: rules.reorders ? 0 : Int64(rules.lateness), retain: rules.retain.map { Int64($0) }
      )
      for line in input { reference.take(try SessionPurgerOracleTests.event(line)) }
      reference.end(flush: flush)
      let found = purge(input, with: SessionPurgerOracleTests.purger(rules), flush: flush) {
        Int.random(in: 1...40, using: &generator)
      }
      #expect(found == reference.output, "seed \(seed)")
      if found != reference.output { return }
    }
  }

  @Test(arguments: TestSeeds.parts(3_000_000...3_000_599))
  func closesEverySessionExactlyOnceAndLeavesTheRestAlone(seeds: TestSeeds) throws {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let (rules, _, input) = SessionPurgerOracleTests.stream(&generator)
      let found = purge(input, with: SessionPurgerOracleTests.purger(rules), flush: true) {
        Int.random(in: 1...40, using: &generator)
      }
      var rest = input[...]
      var closings: [String: Int] = [:]
      var sessions: Set<String> = []
      for line in found {
        let event = try SessionPurgerOracleTests.event(line)
        let session = try #require(event.session)
        if line == rest.first {
          rest = rest.dropFirst()
        } else {
          #expect(event.kind == .sessionClosed)
        }
        if event.kind == .sessionClosed { closings[session, default: 0] += 1 }
        sessions.insert(session)
      }
      #expect(rest.isEmpty, "seed \(seed)")
      let wrong = sessions.filter { closings[$0] != 1 }
      #expect(wrong.isEmpty, "seed \(seed)")
      if !wrong.isEmpty || !rest.isEmpty { return }
    }
  }

  @Test(arguments: TestSeeds.parts(4_000_000...4_000_299))
  func findsNothingWhereNothingIsMissing(seeds: TestSeeds) {
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let (rules, all, _) = SessionPurgerOracleTests.stream(&generator)
      let found = purge(all, with: SessionPurgerOracleTests.purger(rules), flush: false) { 7 }
      #expect(found == all, "seed \(seed)")
      if found != all { return }
    }
  }
}
