// What the screen of a watched stream says.

import Testing

@testable import KESCore
@testable import KESViews

private func view(columns: Int, rows: Int) -> WatchTextEncoder {
  WatchTextEncoder(
    input: "a\u{1B}b", style: TextStyle(isColored: false), characters: .ascii
  ) { ChartArea(columns: columns, rows: rows) }
}

/// A summary of `count` events a millisecond apart, and of a session that timed out.
private func summary(_ count: Int) -> EventSummary {
  var summary = EventSummary()
  var batch = Batch(blockSize: 64)
  for time in 0..<count {
    batch.bytes.append(
      text: sessionLine("a", Int64(time), "DeviceWokeUp", session: "s") + "\n")
  }
  var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
  decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
  summary.add(batch)
  summary.add(
    SessionRow(
      status: .timeout, start: EventTime(milliseconds: 0), end: EventTime(milliseconds: 1500),
      events: 3, isPartial: false))
  return summary
}

@Suite struct WatchTests {
  @Test func ratesAreThoseOfTheLastTwoSeconds() {
    var pulse = WatchPulse(now: 10_000)
    #expect(pulse.recordRate == 0 && pulse.history.isEmpty)
    for step in 1...8 { pulse.take(summary(step * 10), now: 10_000 + Int64(step) * 500) }
    #expect(pulse.recordRate == 20 && pulse.history == [Double](repeating: 20, count: 8))
    for step in 9...12 { pulse.take(summary(80), now: 10_000 + Int64(step) * 500) }
    #expect(pulse.recordRate == 0 && pulse.elapsed == 6000)
    #expect(pulse.sessionRate(.timeout) == 0 && pulse.history.suffix(4) == [0, 0, 0, 0])
  }

  @Test func showsRatesTimesAndClosings() {
    var pulse = WatchPulse(now: 0)
    pulse.take(summary(40), now: 500)
    var times = WatchTimes()
    times.wallClock = 5000
    let before = view(columns: 80, rows: 24).lines(summary(40), pulse, times)
    #expect(before.contains("stream time       no event yet"))
    let lines = before.map { String($0) }
    #expect(
      lines[0].hasPrefix(#"watching a\u001bb  "#) && lines[0].hasSuffix("for 0s, Ctrl-C ends it"))
    #expect(lines[0].count == 80)
    #expect(lines[2] == "records                     40  80.0 a second  @")
    #expect(lines[4] == "open sessions                1")
    #expect(lines.last?.hasPrefix("timeout                      1         2.0      1.500s") == true)
  }

  @Test func staysOnItsScreen() {
    var pulse = WatchPulse(now: 0)
    for step in 1...100 { pulse.take(summary(step), now: Int64(step) * 500) }
    for columns in [10, 40, 80, 200] {
      for rows in [1, 5, 24] {
        let lines = view(columns: columns, rows: rows)
          .lines(summary(100), pulse, WatchTimes())
        let fits = lines.count <= rows && lines.allSatisfy { $0.count <= columns }
        #expect(fits, "\(columns) columns, \(rows) rows")
      }
    }
  }

  @Test func theScreenIsLeftOnce() {
    let screen = AlternateScreen()
    var output = ByteBlock()
    screen.leave(&output)
    #expect(output.count == 0)
    screen.enter(&output)
    screen.draw(["a", "b"], to: &output)
    for _ in 0..<2 { screen.leave(&output) }
    #expect(
      output.withBytes { String(decodingBytes: $0) }
        == "\u{1B}[?1049h\u{1B}[?25l\u{1B}[Ha\u{1B}[K\r\nb\u{1B}[K\u{1B}[J\u{1B}[?25h\u{1B}[?1049l")
  }
}
