// The rules of cli.md, section 2, one by one and by name.

import TestSupport
import Testing

@testable import KESCore

@Suite struct RuleTests {
  /// Segments events written as `role key time` (`start a 0; data a 10`), one after another.
  private func steps(
    _ script: String, flush: Bool = false, _ change: (inout SegmentationRules) -> Void = { _ in }
  ) throws -> [Step] {
    var rules = SegmentationRules()
    rules.timeout = 100
    change(&rules)
    var driver = SegmenterTestDriver(rules: rules)
    for (position, line) in script.split(separator: ";").enumerated() {
      let words = line.split(separator: " ")
      let role: Role = words[0] == "start" ? .start : words[0] == "end" ? .end : .data
      let bytes = words.count > 3 ? String(words[3]) : "record \(position)"
      let event = TestEvent(
        key: String(words[1]), time: try #require(Int64(words[2])), role: role, bytes: bytes)
      driver.add(event, position: position)
      driver.run()
    }
    driver.end(flush: flush)
    return driver.steps
  }

  private func closed(
    _ session: Int, _ key: String, _ status: SessionStatus, at time: Int64, _ start: Int64,
    _ end: Int64, events: Int64, isPartial: Bool = false
  ) -> Step {
    .closed(
      session: session, key: key, status: status, time: time, start: start, end: end,
      events: events, isPartial: isPartial)
  }

  @Test func r1StreamTimeIsTheGreatestTimeSeenAndClosesBeforeTheEvent() throws {
    let found = try steps("start a 0; data b 50; data b 40; data b 100")
    #expect(
      found == [
        .event(position: 0, session: 1), .event(position: 1, session: 2),
        .event(position: 2, session: 2), closed(1, "a", .timeout, at: 100, 0, 0, events: 1),
        .event(position: 3, session: 2),
      ])
  }

  @Test func r2AStartAlwaysOpensASessionAndSupersedesTheOpenOne() throws {
    let found = try steps("start a 0; data a 5; start a 10")
    #expect(
      found == [
        .event(position: 0, session: 1), .event(position: 1, session: 1),
        closed(1, "a", .superseded, at: 5, 0, 5, events: 2), .event(position: 2, session: 2),
      ])
  }

  @Test func r3DataWithoutASessionOpensAPartialOne() throws {
    let found = try steps("data a 0; data a 1; end a 2")
    #expect(
      found == [
        .event(position: 0, session: 1), .event(position: 1, session: 1),
        .event(position: 2, session: 1),
        closed(1, "a", .completed, at: 2, 0, 2, events: 3, isPartial: true),
      ])
  }

  @Test func r4AnEndCompletesItsSessionOrOneOfItsOwn() throws {
    let found = try steps("start a 0; end a 1; end a 2")
    #expect(
      found == [
        .event(position: 0, session: 1), .event(position: 1, session: 1),
        closed(1, "a", .completed, at: 1, 0, 1, events: 2), .event(position: 2, session: 2),
        closed(2, "a", .completed, at: 2, 2, 2, events: 1, isPartial: true),
      ])
  }

  @Test func r5AGapOfItsOwnKeyClosesASession() throws {
    // Stream time is far ahead already: silence is measured from when the event was applied.
    let found = try steps("start b 1000; start a 0; data a 99; data a 199")
    #expect(
      found == [
        .event(position: 0, session: 1), .event(position: 1, session: 2),
        .event(position: 2, session: 2), closed(2, "a", .timeout, at: 199, 0, 99, events: 2),
        .event(position: 3, session: 3),
      ])
  }

  @Test func r5SilenceIsMeasuredInStreamTimeThatPassed() throws {
    let found = try steps(
      "start a 0; start b 1000; data b 1050; start c 0; data b 1099; data b 1150")
    #expect(
      found == [
        .event(position: 0, session: 1), closed(1, "a", .timeout, at: 100, 0, 0, events: 1),
        .event(position: 1, session: 2), .event(position: 2, session: 2),
        .event(position: 3, session: 3), .event(position: 4, session: 2),
        closed(3, "c", .timeout, at: 100, 0, 0, events: 1), .event(position: 5, session: 2),
      ])
  }

  @Test func r5LatenessIsAddedToSilenceButNotToGaps() throws {
    let silent = try steps("start a 0; data b 120; data b 149; data b 150") { $0.lateness = 50 }
    #expect(silent[3] == closed(1, "a", .timeout, at: 100, 0, 0, events: 1))
    let gap = try steps("start a 0; data a 100") { $0.lateness = 50 }
    #expect(gap[1] == closed(1, "a", .timeout, at: 100, 0, 0, events: 1))
  }

  @Test func r5NoTimeoutLeavesSessionsOpen() throws {
    let found = try steps("start a 0; data a 1000000") { $0.timeout = nil }
    #expect(found == [.event(position: 0, session: 1), .event(position: 1, session: 1)])
  }

  @Test func r5SessionsThatCloseInOneStepCloseInTheOrderOfTheirLatestEvents() throws {
    let found = try steps("start a 0; start b 0; data a 10; start c 500")
    #expect(
      found[3...4] == [
        closed(2, "b", .timeout, at: 100, 0, 0, events: 1),
        closed(1, "a", .timeout, at: 110, 0, 10, events: 2),
      ])
  }

  @Test func r6ARetriedEndFindsTheRememberedSessionAndClosesNothing() throws {
    let found = try steps("start a 0; end a 10; end a 50; end a 60; data b 109; end a 109") {
      $0.retain = 100
    }
    #expect(
      found == [
        .event(position: 0, session: 1), .event(position: 1, session: 1),
        closed(1, "a", .completed, at: 10, 0, 10, events: 2), .event(position: 2, session: 1),
        .event(position: 3, session: 1), .event(position: 4, session: 2),
        .event(position: 5, session: 1),
      ])
  }

  @Test func r6ASessionIsRememberedUntilStreamTimeHasAdvancedOrAnotherOpens() throws {
    let expired = try steps("start a 0; end a 10; end a 110") { $0.retain = 100 }
    #expect(expired[3] == .event(position: 2, session: 2))
    let replaced = try steps("start a 0; end a 10; data a 20; end a 30") { $0.retain = 100 }
    #expect(replaced[3...4] == [.event(position: 2, session: 2), .event(position: 3, session: 2)])
  }

  @Test func r7DuplicatesAreThoseOfTheLastEightRecords() throws {
    let script = (0..<9).map { "data a 0 r\($0)" } + ["data a 0 r1", "data a 0 r0"]
    let found = try steps(script.joined(separator: ";")) { $0.duplicates = .drop }
    #expect(found[9] == .duplicate(position: 9, session: 1))
    #expect(found[10] == .event(position: 10, session: 1))
  }

  @Test func r7DuplicatesOfARememberedSessionAreRecognised() throws {
    let found = try steps("start a 0 s; end a 1 e; end a 1 e") {
      $0.duplicates = .mark
      $0.retain = 50
    }
    #expect(found.last == .duplicate(position: 2, session: 1))
  }

  @Test func r7RepeatedRecordsAreEventsUnlessAskedFor() throws {
    let found = try steps("data a 0 same; data a 0 same")
    #expect(found == [.event(position: 0, session: 1), .event(position: 1, session: 1)])
  }

  @Test func r8EventsBehindTheWatermarkAreLate() throws {
    let found = try steps("data a 100; data a 90; data a 89") {
      $0.lateness = 10
      $0.late = .leaveOut
    }
    #expect(
      found == [
        .event(position: 0, session: 1), .event(position: 1, session: 1), .late(position: 2),
      ])
  }

  @Test func r8LateEventsAreAppliedByDefault() throws {
    let found = try steps("data a 100; data a 50")
    #expect(found == [.event(position: 0, session: 1), .event(position: 1, session: 1)])
  }

  @Test func r9HeldEventsAreAppliedInTheOrderOfTimeAndArrival() throws {
    let found = try steps("data a 30; start a 10; data a 20; data b 60; data c 20") {
      $0.lateness = 30
      $0.reorders = true
    }
    // The last one is late: it is applied when it comes, behind all that was due.
    #expect(
      found == [
        .event(position: 1, session: 1), .event(position: 2, session: 1),
        .event(position: 0, session: 1), .event(position: 4, session: 2),
        .event(position: 3, session: 3),
      ])
  }

  @Test func r9SilenceAddsNoLatenessAndTheWatermarkItselfCloses() throws {
    let found = try steps("start a 0; data b 150") {
      $0.lateness = 50
      $0.reorders = true
    }
    // The watermark reaches 100 while b's event is held.
    #expect(
      found == [
        .event(position: 0, session: 1), closed(1, "a", .timeout, at: 100, 0, 0, events: 1),
        .event(position: 1, session: 2),
      ])
  }

  @Test func r10SpanClosesBeforeTheEventAndNumberWithIt() throws {
    let span = try steps("start a 0; data a 40; data a 50; end a 60") { $0.greatestSpan = 50 }
    #expect(
      span[2...] == [
        closed(1, "a", .limit, at: 40, 0, 40, events: 2), .event(position: 2, session: 2),
        .event(position: 3, session: 2),
        closed(2, "a", .completed, at: 60, 50, 60, events: 2, isPartial: true),
      ])
    let number = try steps("start a 0; data a 1; data a 2") { $0.greatestEvents = 2 }
    #expect(
      number[1...] == [
        .event(position: 1, session: 1), closed(1, "a", .limit, at: 1, 0, 1, events: 2),
        .event(position: 2, session: 2),
      ])
  }

  @Test func r11FlushClosesInTheOrderOfOpening() throws {
    let found = try steps("start b 0; start a 1; data b 2", flush: true)
    #expect(
      found[3...] == [
        closed(1, "b", .flushed, at: 2, 0, 2, events: 2),
        closed(2, "a", .flushed, at: 1, 1, 1, events: 1),
      ])
    #expect(try steps("start b 0") == [.event(position: 0, session: 1)])
  }

  @Test func r12IdsDependOnKeyTimeAndPositionAlone() {
    var source = SessionIdentifierSource(
      isRandom: false, generator: SeededGenerator(seed: 1))
    let hash = withUTF8Bytes(of: "device-3") { Hash.of($0) }
    let time = EventTime(milliseconds: 1_700_000_000_000)
    let identifier = source.next(keyHash: hash, time: time, position: 0)
    #expect(identifier.description == "55a2kpb40kr4d")
    #expect(identifier == source.next(keyHash: hash, time: time, position: 0))
    #expect(identifier != source.next(keyHash: hash, time: time, position: 1))
    #expect(identifier != source.next(keyHash: hash &+ 1, time: time, position: 0))
  }

  @Test func r12RandomIdsAreEightAlphanumerics() {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<1000 {
      let text = SessionIdentifier.random(using: &generator).description
      #expect(text.count == 8 && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }
  }

  @Test func r13StreamTimeGoesOnWithoutEvents() {
    var rules = SegmentationRules()
    rules.timeout = 100
    var driver = SegmenterTestDriver(rules: rules)
    driver.add(TestEvent(key: "a", time: 0, role: .start, bytes: "r"), position: 0)
    driver.run()
    driver.advance(to: 99)
    #expect(driver.openCount == 1)
    driver.advance(to: 100)
    #expect(driver.steps.last == closed(1, "a", .timeout, at: 100, 0, 0, events: 1))
  }

  @Test func r14GapComesBeforeSpanAndSpanBeforeRole() throws {
    let gap = try steps("start a 0; start a 100") { $0.greatestSpan = 50 }
    #expect(gap[1] == closed(1, "a", .timeout, at: 100, 0, 0, events: 1))
    let span = try steps("start a 0; start a 60") { $0.greatestSpan = 50 }
    #expect(span[1] == closed(1, "a", .limit, at: 0, 0, 0, events: 1))
    let role = try steps("start a 0; start a 10") { $0.greatestSpan = 50 }
    #expect(role[1] == closed(1, "a", .superseded, at: 0, 0, 0, events: 1))
    let completed = try steps("start a 0; end a 1") { $0.greatestEvents = 2 }
    #expect(completed[2] == closed(1, "a", .completed, at: 1, 0, 1, events: 2))
  }

  @Test func timesAtTheEndsOfTheRangeDoNotOverflow() throws {
    let found = try steps("start a \(Int64.min); data a \(Int64.max); end b \(Int64.min)") {
      $0.lateness = 10
      $0.retain = 5
      $0.greatestSpan = 7
    }
    #expect(
      found[1]
        == closed(
          1, "a", .timeout, at: Int64.min + 100, Int64.min, Int64.min, events: 1))
    #expect(found.count == 5)
  }
}
