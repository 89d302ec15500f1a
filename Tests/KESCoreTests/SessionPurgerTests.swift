// What the purger says of single, telling streams.

import Testing

@testable import KESCore

@Suite struct SessionPurgerTests {
  private static func event(
    _ kind: String, _ time: Int64, device: String = "d", session: String? = "s",
    isDuplicate: Bool = false
  ) -> String {
    let body = kind == "DataReceived" ? "{\"name\":\"n\",\"value\":1}" : "{}"
    return "{\"device\":\"\(device)\",\"timestamp\":\(time),\"event\":{\"\(kind)\":\(body)}"
      + (isDuplicate ? ",\"duplicate\":true" : "")
      + (session.map { ",\"session\":\"\($0)\"}" } ?? "}")
  }

  private static func closed(
    _ status: String, _ time: Int64, _ start: Int64, _ end: Int64, _ events: Int,
    partial: Bool = false, device: String = "d", session: String = "s"
  ) -> String {
    "{\"device\":\"\(device)\",\"timestamp\":\(time),\"event\":{\"SessionClosed\":{\"status\":"
      + "\"\(status)\",\"start\":\(start),\"end\":\(end),\"events\":\(events),\"partial\":\(partial)"
      + "}},\"session\":\"\(session)\"}"
  }

  /// The closings that a stream lacks.
  private static func missing(
    in input: [String], timeout: UInt64? = 4000, retain: UInt64? = nil, flush: Bool = false
  ) -> [String] {
    let purger = SessionPurger(timeout: timeout, retain: retain)
    let output = purge(input, with: purger, flush: flush) { 3 }
    var rest = input[...]
    return output.filter { line in
      if line != rest.first { return true }
      rest = rest.dropFirst()
      return false
    }
  }

  @Test func aSilentSessionTimesOutBeforeTheEventThatShowsIt() {
    let input = [
      Self.event("DeviceWokeUp", 100), Self.event("DataReceived", 300),
      Self.event("DataReceived", 4300, device: "e", session: "t"),
    ]
    let output = purge(input, with: SessionPurger(timeout: 4000), flush: false) { 1 }
    #expect(output == [input[0], input[1], Self.closed("timeout", 4300, 100, 300, 2), input[2]])
  }

  @Test func aSessionStaysOpenUntilTheWholeTimeoutHasPassed() {
    let input = [
      Self.event("DeviceWokeUp", 100), Self.event("DataReceived", 4099, device: "e", session: "t"),
    ]
    #expect(Self.missing(in: input).isEmpty)
  }

  @Test func anEndedSessionIsCompletedAtTheEndOfTheInput() {
    let input = [Self.event("DataReceived", 100), Self.event("AllDataSent", 50)]
    #expect(Self.missing(in: input) == [Self.closed("completed", 100, 50, 100, 2, partial: true)])
  }

  @Test func anEndedSessionIsCompletedWhenItsClosingDoesNotCome() {
    let input = [
      Self.event("AllDataSent", 100), Self.event("DataReceived", 4100, device: "e", session: "t"),
    ]
    #expect(Self.missing(in: input) == [Self.closed("completed", 100, 100, 100, 1, partial: true)])
  }

  @Test func withoutATimeoutOnlyEndedSessionsClose() {
    let input = [
      Self.event("DataReceived", 0, session: "open"), Self.event("AllDataSent", 100),
      Self.event("DataReceived", 900_000, device: "e", session: "t"),
    ]
    let found = Self.missing(in: input, timeout: nil)
    #expect(found == [Self.closed("completed", 100, 100, 100, 1, partial: true)])
  }

  @Test func aRepeatedEndEventCountsOnceAndOpensNothing() {
    let closing = Self.closed("completed", 100, 100, 100, 1, partial: true)
    let end = Self.event("AllDataSent", 100)
    #expect(Self.missing(in: [end, end]) == [closing])
    #expect(Self.missing(in: [end, closing, end], flush: true).isEmpty)
    // The closing that kes-purge itself has added is remembered, too.
    let later = Self.event("AllDataSent", 4200, device: "e", session: "t")
    let found = Self.missing(in: [end, later, end], flush: true)
    #expect(found.filter { $0.contains("\"device\":\"d\"") } == [closing])
  }

  @Test func aClosedSessionIsForgottenAfterRetain() {
    var purger = SessionPurger(timeout: 4000, retain: 1000)
    let closing = { (session: String, time: Int64) in
      Self.closed("timeout", time, 0, 0, 1, session: session)
    }
    #expect(Self.openCount(&purger, [closing("s", 0), Self.event("AllDataSent", 999)]) == 0)
    // Closings alone let time go on, so that memory stays bounded.
    #expect(Self.openCount(&purger, [closing("t", 1000), Self.event("AllDataSent", 1000)]) == 1)
  }

  private static func openCount(_ purger: inout SessionPurger, _ input: [String]) -> Int {
    var batch = Batch(blockSize: 64)
    var outcome = Outcome()
    batch.bytes.append(text: input.map { $0 + "\n" }.joined())
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    purger.observe(batch, into: &outcome)
    return purger.openCount
  }

  @Test func closingsDoNotAdvanceStreamTime() {
    let input = [
      Self.event("DeviceWokeUp", 0), Self.event("DeviceWokeUp", 0, device: "e", session: "t"),
      Self.closed("timeout", 4000, 0, 0, 1),
      Self.closed("timeout", 4000, 0, 0, 1, device: "e", session: "t"),
    ]
    #expect(Self.missing(in: input, flush: true).isEmpty)
  }

  @Test func duplicatesAndEventsWithoutASessionOnlyTellTheTime() {
    let input = [
      Self.event("DeviceWokeUp", 0), Self.event("DataReceived", 3000, isDuplicate: true),
      Self.event("DataReceived", 4000, session: nil),
    ]
    #expect(Self.missing(in: input, flush: true) == [Self.closed("timeout", 4000, 0, 0, 1)])
  }

  @Test func sessionsAreToldApartByDeviceAndId() {
    let input = [
      Self.event("DeviceWokeUp", 0, device: "ab", session: "c"),
      Self.event("DeviceWokeUp", 0, device: "a", session: "bc"),
      Self.event("DeviceWokeUp", 0, device: "c", session: "ab"),
      Self.event("DeviceWokeUp", 0, device: "a", session: "c"),
    ]
    #expect(Self.missing(in: input, flush: true).count == 4)
  }

  @Test func flushedSessionsCloseInTheOrderInWhichTheyOpened() {
    let input = [
      Self.event("DeviceWokeUp", 0, session: "first"),
      Self.event("DeviceWokeUp", 1, session: "second"),
      Self.event("DataReceived", 2, session: "first"),
      Self.event("AllDataSent", 3, session: "third"),
    ]
    #expect(
      Self.missing(in: input, flush: true) == [
        Self.closed("completed", 3, 3, 3, 1, partial: true, session: "third"),
        Self.closed("flushed", 2, 0, 2, 2, session: "first"),
        Self.closed("flushed", 1, 1, 1, 1, session: "second"),
      ])
  }

  @Test func timesAtTheEndsOfTheScaleDoNotOverflow() {
    let input = [
      Self.event("DeviceWokeUp", .min), Self.event("DeviceWokeUp", .max, session: "t"),
    ]
    #expect(
      Self.missing(in: input, flush: true) == [
        Self.closed("timeout", .min + 4000, .min, .min, 1),
        Self.closed("flushed", .max, .max, .max, 1, session: "t"),
      ])
  }
}
