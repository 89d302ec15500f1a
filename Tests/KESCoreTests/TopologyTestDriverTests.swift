// What the test driver says is what a topic would hold.

import Testing

@testable import KESCore

@Suite struct TopologyTestDriverTests {
  private func rules(_ change: (inout SegmentationRules) -> Void = { _ in }) -> SegmentationRules {
    var rules = SegmentationRules()
    rules.timeout = 100
    change(&rules)
    return rules
  }

  private func event(_ device: String, _ time: Int, _ kind: String = "AllDataSent") -> String {
    #"{"device":"\#(device)","timestamp":\#(time),"event":{"\#(kind)":{}}}"#
  }

  @Test func aRecordComesOutWithItsKeyItsSessionAndItsTime() throws {
    let driver = TopologyTestDriver(rules: rules())
    try driver.pipe(event("a", 5, "DeviceWokeUp"))
    let output = try #require(driver.takeOutput().first)
    #expect(output.key == "a")
    #expect(output.time == EventTime(milliseconds: 5))
    #expect(output.session.count == 13)
    #expect(output.value.contains(#""session":"\#(output.session)""#))
    #expect(driver.takeOutput().isEmpty)
  }

  @Test func partitionsHaveSessionsAndStreamTimesOfTheirOwn() throws {
    let driver = TopologyTestDriver(rules: rules())
    try driver.pipe(event("a", 0, "DeviceWokeUp"), partition: 0)
    try driver.pipe(event("a", 10_000, "DeviceWokeUp"), partition: 1)
    #expect(driver.takeOutput().map(\.partition) == [0, 1])
    #expect(driver.openSessions(partition: 0).map(\.key) == ["a"])
    #expect(driver.openSessions(partition: 1).map(\.session.start.milliseconds) == [10_000])
    try driver.advanceStreamTime(to: EventTime(milliseconds: 20_000), partition: 1)
    let closings = driver.takeOutput()
    #expect(closings.map(\.partition) == [1])
    #expect(closings.first?.value.contains(#""status":"timeout""#) == true)
    #expect(driver.openSessions(partition: 0).count == 1)
  }

  @Test func silencePassesOnTheWallClockAlone() throws {
    let driver = TopologyTestDriver(rules: rules(), idleTimeout: 1000)
    try driver.pipe(event("a", 0, "DeviceWokeUp"))
    try driver.advanceWallClock(by: 999)
    #expect(driver.takeOutput().count == 1)
    try driver.advanceWallClock(by: 1)
    #expect(driver.takeOutput().map(\.time.milliseconds) == [100])
    #expect(driver.openSessions().isEmpty)
  }

  @Test func heldRecordsComeOutInOrder() throws {
    let driver = TopologyTestDriver(
      rules: rules {
        $0.lateness = 50
        $0.reorders = true
      }, emission: .events)
    for time in [20, 10, 30] { try driver.pipe(event("a", time)) }
    #expect(driver.ledger.held == 3)
    try driver.endInput()
    #expect(driver.takeOutput().map(\.time.milliseconds) == [10, 20, 30])
    #expect(driver.ledger.isClosed)
  }

  /// Of what is held, of what is late, and where nothing is held.
  @Test(arguments: [false, true]) func aRecordKeepsItsHeaders(reorders: Bool) throws {
    let driver = TopologyTestDriver(
      rules: rules {
        $0.lateness = 50
        $0.reorders = reorders
      })
    let times = [200, 190, 210, 100, 195]
    func headers(_ time: Int) -> [TopologyTestDriver.Header] {
      time == 190 ? [] : [.init("time", Array("\(time)".utf8)), .init("time", nil), .init("", [])]
    }
    for time in times { try driver.pipe(event("a", time), headers: headers(time)) }
    #expect(driver.ledger.held == (reorders ? 4 : 0))
    try driver.endInput()
    let output = driver.takeOutput()
    let events = output.filter { !$0.value.contains("SessionClosed") }
    #expect(
      events.map(\.time.milliseconds)
        == (reorders ? [100, 190, 195, 200, 210] : times.map(Int64.init)))
    for event in events { #expect(event.headers == headers(Int(event.time.milliseconds))) }
    #expect(output.count > events.count)
    #expect(output.allSatisfy { $0.headers.isEmpty || !$0.value.contains("SessionClosed") })
  }

  @Test func whatIsNoEventIsRejectedAndCounted() throws {
    let driver = TopologyTestDriver(rules: rules())
    try driver.pipe("{}")
    try driver.pipe(event("a", 0))
    #expect(driver.ledger.rejected == 1)
    #expect(driver.ledger.records == 2)
    #expect(driver.ledger.isClosed)
  }

  @Test func sessionsCloseAtTheEndWhereThatIsAskedFor() throws {
    let driver = TopologyTestDriver(rules: rules(), emission: .closed)
    try driver.pipe(event("b", 0, "DeviceWokeUp"), partition: 1)
    try driver.pipe(event("a", 0, "DeviceWokeUp"), partition: 0)
    try driver.endInput(flushes: true)
    let closings = driver.takeOutput()
    #expect(closings.map(\.key) == ["a", "b"])
    #expect(closings.allSatisfy { $0.value.contains(#""status":"flushed""#) })
  }
}
