// How far ahead of the clock an event is, in words; and that the clock is a value.

import Testing

@testable import KESCore

@Suite struct AheadLimitTests {
  @Test(
    arguments: [
      (1, "1 ms"), (1999, "1999 ms"), (2000, "2 seconds"), (119_999, "119 seconds"),
      (120_000, "2 minutes"), (7_199_999, "119 minutes"), (7_200_000, "2 hours"),
      (172_799_999, "47 hours"), (172_800_000, "2 days"), (63_113_903_999, "730 days"),
      (63_113_904_000, "2 years"), (536_500_000_000, "17 years"),
      (UInt64.max, "584554049 years"),
    ] as [(UInt64, String)])
  func isTheGreatestUnitOfWhichThereAreTwo(milliseconds: UInt64, expected: String) {
    #expect(AheadLimit.text(ahead: milliseconds) == expected + " ahead of the clock")
  }

  @Test(arguments: [(nil, 86_401_000, false), (5000, 6000, true), (0, 1000, true)])
  func theBoundIsOfTheWallClock(greatest: UInt64?, expected: Int64, rejects: Bool) {
    let clock = Clock(monotonic: { 0 }, wall: { 1000 })
    let limit = AheadWatch(greatest: greatest, clock: clock).limit
    #expect(limit.now.milliseconds == 1000 && limit.greatest.milliseconds == expected)
    #expect(limit.rejects == rejects)
  }

  @Test func aClockAtTheEndOfTimeRejectsNothing() {
    let clock = Clock(monotonic: { 0 }, wall: { .max - 1 })
    let limit = AheadWatch(greatest: 5000, clock: clock).limit
    #expect(limit.greatest.milliseconds == .max)
  }

  private static let lines = [5000, 7000, 6000].map {
    #"{"device":"a","timestamp":\#($0),"event":{"DeviceWokeUp":{}}}"# + "\n"
  }

  private static func decode(_ limit: AheadLimit, stops: Bool = false) -> Batch {
    var batch = Batch(blockSize: 64)
    batch.bytes.append(text: lines.joined())
    var decoder = JSONLinesDecoder(purpose: .segmenting, greatestRecord: 1 << 10)
    var limits = DecodingLimits(stopsAtRejection: stops)
    limits.ahead = limit
    decoder.decode(&batch, endOfInput: true, limits: limits)
    return batch
  }

  private static func limit(rejects: Bool) -> AheadLimit {
    AheadLimit(
      now: EventTime(milliseconds: 4000), greatest: EventTime(milliseconds: 6000), rejects: rejects)
  }

  @Test func whatIsNotRejectedStaysAndIsNoted() {
    let batch = Self.decode(Self.limit(rejects: false))
    #expect(batch.records.count == 3 && batch.rejections.isEmpty && batch.ahead.count == 1)
    #expect(batch.ahead.first?.place == 1 && batch.ahead.first?.line == 2)
    #expect(batch.ahead.first?.ahead == 3000)
  }

  @Test func whatIsRejectedStandsAtItsPlace() {
    let batch = Self.decode(Self.limit(rejects: true))
    #expect(batch.records.count == 2 && batch.rejections.count == 1 && batch.ahead.count == 0)
    let rejection = batch.rejections[0]
    #expect(rejection.fault == .aheadOfClock && rejection.place == 1 && rejection.line == 2)
    #expect(rejection.ahead == 3000 && rejection.position == 1)
  }

  @Test func aRunThatFailsStopsBeforeIt() {
    let batch = Self.decode(Self.limit(rejects: true), stops: true)
    #expect(batch.records.count == 1 && batch.rejections.count == 1)
    #expect(batch.decodedCount == Self.lines[0].utf8.count)
  }
}
