// Events are sent when they are due: by a clock of the tests, so nothing sleeps.

import KESCommand
import KESCore
import TestSupport
import Testing

@testable import kes_produce

@Suite(.threadsOfTheirOwn) struct SimulationPacingTests {
  private static let start: Int64 = 1_700_000_000_000

  private static func run(
    _ settings: SimulationSettings, faults: Faults = Faults(), isPaced: Bool, clock: TestClock
  ) throws -> Ending {
    let run = SimulationRun(
      source: SimulationSource(
        settings, faults: faults, seed: 5, start: EventTime(milliseconds: start)),
      encoder: JSONLinesEventEncoder(), output: try clock.output,
      options: SendingOptions(isPaced: isPaced), signals: Signals(), pace: clock.pace)
    return try run.run()
  }

  @Test func everyEventIsWrittenWhenItIsDue() throws {
    let clock = TestClock(now: 5000)
    let ending = try Self.run(
      SimulationSettings(rate: 3, greatestEvents: 100), isPaced: true, clock: clock)
    #expect(ending == .done)
    #expect(clock.writes.count == 100)
    for write in clock.writes {
      #expect(try timestamp(of: write.text) - Self.start == write.moment - 5000)
    }
  }

  @Test func eventsOfOneMomentAreWrittenAtOnce() throws {
    let clock = TestClock(now: 0)
    _ = try Self.run(
      SimulationSettings(rate: 10_000, greatestEvents: 1000), isPaced: true, clock: clock)
    #expect(clock.writes.map(\.moment) == Array(0..<100))
    #expect(clock.writes.allSatisfy { $0.text.split(separator: "\n").count == 10 })
  }

  @Test func delayedEventsAreWrittenLater() throws {
    let clock = TestClock(now: 0)
    _ = try Self.run(
      SimulationSettings(greatestEvents: 50), faults: Faults(delay: 1, greatestDelay: 1000),
      isPaced: true, clock: clock)
    var count = 0
    for write in clock.writes {
      for line in write.text.split(separator: "\n") {
        let delay = try write.moment - (timestamp(of: String(line)) - Self.start)
        #expect((1...1000).contains(delay))
        count += 1
      }
    }
    #expect(count == 50)
  }

  @Test func theOutputIsTheSameAtFullSpeedAndDoesNotWait() throws {
    let (paced, fast) = (TestClock(now: 0), TestClock(now: 0))
    let settings = SimulationSettings(rate: 700, greatestEvents: 20_000)
    let faults = Faults(loss: 0.1, duplicate: 0.1, delay: 0.1, greatestDelay: 3000)
    _ = try Self.run(settings, faults: faults, isPaced: true, clock: paced)
    _ = try Self.run(settings, faults: faults, isPaced: false, clock: fast)
    #expect(paced.writes.map(\.text).joined() == fast.writes.map(\.text).joined())
    #expect(fast.writes.allSatisfy { $0.moment == 0 })
    #expect(paced.writes.count > 10_000)
    #expect(fast.writes.count < 20)
  }
}

@Suite(.threadsOfTheirOwn) struct ReplayPacingTests {
  private static func line(_ time: Int64) -> String { EventLines.sent("d", time) }

  /// The writes of a replay of events with these times.
  private static func replay(
    _ times: [Int64], speed: Double?, target: ReplaySettings.Target? = nil
  ) throws -> [TestClock.Write] {
    let clock = TestClock(now: 100)
    let directory = try TemporaryDirectory()
    let path = try directory.write(times.map(line).joined(), to: "events.jsonl")
    let signals = Signals()
    let formats = RecordFormats(wantsDetails: true, output: .json)
    let intake = Intake(
      input: InputSequence(paths: [path], signals: signals),
      decoder: formats.makeDecoder(input: .json, greatestRecord: 1 << 20), policy: .fail,
      signals: signals)
    let run = ReplayRun(
      source: intake,
      output: FormatOutput(try clock.output, formats: formats),
      settings: ReplaySettings(speed: speed, target: target), signals: signals, pace: clock.pace)
    #expect(try run.run() == .done)
    return clock.writes
  }

  private static func write(_ moment: Int64, _ times: Int64...) -> TestClock.Write {
    TestClock.Write(moment: moment, text: times.map(line).joined())
  }

  @Test func goesByTheTimesOfEvents() throws {
    let writes = try Self.replay([5000, 5010, 5010, 6000], speed: 1)
    #expect(
      writes == [Self.write(100, 5000), Self.write(110, 5010, 5010), Self.write(1100, 6000)])
  }

  @Test func goesAsManyTimesAsFast() throws {
    let writes = try Self.replay([0, 100, 1000], speed: 10)
    #expect(writes == [Self.write(100, 0), Self.write(110, 100), Self.write(200, 1000)])
  }

  @Test func goesSlowly() throws {
    let writes = try Self.replay([-10, 0], speed: 0.5)
    #expect(writes == [Self.write(100, -10), Self.write(120, 0)])
  }

  @Test func sendsAnEarlierEventAtOnce() throws {
    let writes = try Self.replay([1000, 1500, 1200, 900, 1600], speed: 1)
    #expect(
      writes == [
        Self.write(100, 1000), Self.write(600, 1500, 1200, 900), Self.write(700, 1600),
      ])
  }

  @Test func doesNotWaitAtGreatestSpeed() throws {
    #expect(
      try Self.replay([0, 1_000_000, .max], speed: nil) == [Self.write(100, 0, 1_000_000, .max)])
  }

  @Test func movesTimesToNowAndGoesByTheDistances() throws {
    let now = TestClock.wallOffset + 100
    let writes = try Self.replay([5000, 5010, 4000], speed: 1, target: .now)
    #expect(writes == [Self.write(100, now), Self.write(110, now + 10, now - 1000)])
  }

  @Test func movesTimesToATime() throws {
    let target = ReplaySettings.Target.time(EventTime(milliseconds: -7))
    let writes = try Self.replay([5000, 5010, .max], speed: nil, target: target)
    #expect(writes == [Self.write(100, -7, 3, .max - 5007)])
  }
}

/// The timestamp of the first event in `text`.
func timestamp(of text: String) throws -> Int64 {
  let digits = try #require(text.firstMatch(of: /"timestamp":(-?\d+)/)).1
  return try #require(Int64(digits))
}
