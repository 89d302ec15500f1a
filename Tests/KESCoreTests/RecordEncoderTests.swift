// Events, sessions and figures as text, CSV and JSON-lines.

import Testing

@testable import KESCore
@testable import KESViews

/// What an encoder makes of lines of JSON.
func encode<Encoder: RecordEncoder & ~Copyable>(
  _ lines: [String], with encoder: consuming Encoder
) -> String {
  var encoder = encoder
  var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
  var batch = Batch(blockSize: 64)
  for line in lines { batch.bytes.append(text: line + "\n") }
  decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
  var output = ByteBlock()
  encoder.begin(&output)
  encoder.encode(batch, to: &output)
  encoder.end(&output)
  let rejected = batch.rejections.count
  #expect(rejected == 0)
  return output.withBytes { String(decodingBytes: $0) }
}

private let plainText = EventTextEncoder(style: TextStyle(isColored: false))

/// A line of a session event.
private func line(
  _ event: String, device: String = "d", time: Int64 = 5, rest: String = #","session":"s""#
) -> String {
  #"{"device":"\#(device)","timestamp":\#(time),"event":{\#(event)}\#(rest)}"#
}

private func closing(
  _ status: String, start: Int64 = 1, end: Int64 = 123, events: Int64 = 7, isPartial: Bool = false
) -> String {
  #""SessionClosed":{"status":"\#(status)","start":\#(start),"end":\#(end),"#
    + #""events":\#(events),"partial":\#(isPartial)}"#
}

private let woke = #""DeviceWokeUp":{}"#
private let sent = #""AllDataSent":{}"#

private func received(_ name: String, _ value: String) -> String {
  #""DataReceived":{"name":"\#(name)","value":\#(value)}"#
}

@Suite struct EventTextEncoderTests {
  @Test(
    arguments: [
      (line(woke, rest: ""), "[d] DeviceWokeUp()"),
      (line(woke), "[d/s] DeviceWokeUp()"),
      (
        line(sent, device: "device-3", rest: #","session":"0k3f9x2abq8mh""#),
        "[device-3/0k3f9x2abq8mh] AllDataSent()"
      ),
      (line(received("pressure", "0.275"), rest: ""), "[d] DataReceived(pressure,0.275)"),
      (line(received("n", "-12")), "[d/s] DataReceived(n,-12.000)"),
      (line(received("n", "2.5e-3")), "[d/s] DataReceived(n,0.003)"),
      (line(received("n", "1")), "[d/s] DataReceived(n,1.000)"),
      (line(closing("timeout")), "[d/s] SessionClosed(timeout, 7 events, 0.122 s)"),
      (
        line(closing("superseded", isPartial: true)),
        "[d/s] SessionClosed(superseded, 7 events, 0.122 s, partial)"
      ),
      (line(sent, rest: #","duplicate":true,"session":"s""#), "[d/s] AllDataSent() duplicate"),
    ])
  func showsOneLineAnEvent(line: String, shown: String) {
    #expect(encode([line], with: plainText) == shown + "\n")
  }

  @Test(
    arguments: [
      (#"a\nb"#, #"a\nb"#), (#"\t\r\b\f"#, #"\t\r\b\f"#), (#"\u001b[31m"#, #"\u001b[31m"#),
      (#"\u0000"#, #"\u0000"#), (#"\u007f"#, #"\u007f"#), (#"\u009b31m"#, #"\u009b31m"#),
      (#"\u00a0é€😀"#, #"\u00a0é€😀"#), (#"\\ \""#, #"\ ""#),
    ])
  func neverLetsControlCharactersThrough(written: String, shown: String) {
    let line = line(received(written, "1"), device: written, rest: #","session":"\#(written)""#)
    #expect(
      encode([line], with: plainText) == "[\(shown)/\(shown)] DataReceived(\(shown),1.000)\n")
  }

  @Test func coloursWhereAskedTo() {
    let colored = EventTextEncoder(style: TextStyle(isColored: true))
    #expect(
      encode([line(woke), line(sent), line(closing("timeout"))], with: colored) == """
        \u{1B}[2m[d/s]\u{1B}[0m DeviceWokeUp()
        \u{1B}[2m[d/s]\u{1B}[0m \u{1B}[32mAllDataSent()\u{1B}[0m
        \u{1B}[2m[d/s]\u{1B}[0m \u{1B}[33mSessionClosed(timeout, 7 events, 0.122 s)\u{1B}[0m

        """)
  }
}

@Suite struct EventCSVEncoderTests {
  private static let header =
    "device,timestamp,event,name,value,session,duplicate,status,start,end,events,partial\n"

  @Test(
    arguments: [
      (line(woke, rest: ""), "d,5,DeviceWokeUp,,,,false,,,,,"),
      (line(received("pressure", "0.275")), "d,5,DataReceived,pressure,0.275,s,false,,,,,"),
      (
        line(received("n", "0.30000000000000004")),
        "d,5,DataReceived,n,0.30000000000000004,s,false,,,,,"
      ),
      (line(closing("limit", isPartial: true)), "d,5,SessionClosed,,,s,false,limit,1,123,7,true"),
      (line(sent, rest: #","duplicate":true,"session":"s""#), "d,5,AllDataSent,,,s,true,,,,,"),
      (line(woke, device: #"a,b\"c"#, rest: ""), #""a,b""c",5,DeviceWokeUp,,,,false,,,,,"#),
      (line(woke, device: #"a\nb"#, rest: ""), "\"a\nb\",5,DeviceWokeUp,,,,false,,,,,"),
      (line(woke, device: #"a\rb"#, rest: ""), "\"a\rb\",5,DeviceWokeUp,,,,false,,,,,"),
      (line(woke, device: "", rest: ""), ",5,DeviceWokeUp,,,,false,,,,,"),
    ])
  func writesOneRowAnEvent(line: String, row: String) {
    #expect(encode([line], with: EventCSVEncoder()) == EventCSVEncoderTests.header + row + "\n")
  }

  @Test func writesTheHeaderOfNothing() {
    #expect(encode([], with: EventCSVEncoder()) == EventCSVEncoderTests.header)
  }
}

@Suite struct JSONLinesRecordEncoderTests {
  @Test func passesEveryByteThrough() {
    let lines = [
      #"  {"x":[1, 2] , "event" : {"DeviceWokeUp":{}},"timestamp":1e3,"device":"\u0061"} "#
    ]
    #expect(encode(lines, with: JSONLinesRecordEncoder()) == lines[0] + "\n")
  }
}

@Suite struct SessionReportTests {
  private func report(_ lines: [String], greatestCount: Int64 = .max) -> [String] {
    var choice = SessionChoice()
    choice.greatestCount = greatestCount
    let report = SessionReport(rows: SessionCSVEncoder(), choice: choice)
    return encode(lines, with: report).split(separator: "\n").dropFirst().map(String.init)
  }

  private func line(_ event: String, _ session: String, _ time: Int64) -> String {
    KESCoreTests.line(event, time: time, rest: #","session":"\#(session)""#)
  }

  @Test func takesTheFiguresOfTheClosing() {
    let rows = report([
      line(woke, "a", 10), line(closing("timeout", start: 10, end: 30, events: 3), "a", 4030),
    ])
    #expect(rows == ["d,a,timeout,10,30,20,3,false"])
  }

  @Test func gathersWhatNoClosingTellsOf() {
    let rows = report([
      line(woke, "a", 10), line(received("n", "1"), "a", 7), line(sent, "a", 30),
      line(received("n", "1"), "b", 40),
    ])
    #expect(rows == ["d,a,completed,7,30,23,3,false", "d,b,open,40,40,0,1,true"])
  }

  @Test func writesAnEndedSessionWhenTheStreamHasLeftItBehind() {
    let rows = report([
      line(sent, "a", 0), line(woke, "b", 3999),
      line(closing("flushed", start: 3999, end: 3999), "b", 3999),
      line(woke, "c", 4000), line(closing("flushed", start: 4000, end: 4000), "c", 4000),
    ])
    #expect(
      rows == [
        "d,b,flushed,3999,3999,0,7,false", "d,a,completed,0,0,0,1,true",
        "d,c,flushed,4000,4000,0,7,false",
      ])
  }

  @Test func countsAClosingThatComesAgainOnceHoweverMuchLater() {
    let closed = line(closing("timeout", start: 10, end: 30, events: 3), "a", 4030)
    let rows = report([
      line(woke, "a", 10), closed, closed, line(woke, "b", 9_000_000), line(woke, "a", 10), closed,
      line(received("n", "1"), "a", 20),
    ])
    #expect(rows == ["d,a,timeout,10,30,20,3,false", "d,b,open,9000000,9000000,0,1,false"])
  }

  @Test func countsASessionOnceWhoseClosingComesAfterTheStreamHasLeftItBehind() {
    let rows = report([
      line(sent, "a", 0), line(woke, "b", 9_000_000), line(closing("completed"), "a", 0),
    ])
    #expect(rows == ["d,a,completed,0,0,0,1,true", "d,b,open,9000000,9000000,0,1,false"])
  }

  @Test func tellsApartSessionsOfOneIdAndClosingsWithoutAny() {
    let closed = closing("timeout", start: 1, end: 1, events: 1)
    let rows = report([
      KESCoreTests.line(closed, device: "d"), KESCoreTests.line(closed, device: "e"),
      KESCoreTests.line(closed, rest: ""), KESCoreTests.line(closed, rest: ""),
    ])
    #expect(rows.map { $0.prefix(4) } == ["d,s,", "e,s,", "d,,t", "d,,t"])
  }

  @Test func knowsTheLastSoManySessionsThatClosed() {
    var gatherer = SessionGatherer(known: 3)
    var seen: [String] = []
    for session in ["a", "b", "c", "a", "d", "b", "c", "d", "a"] {
      gather(line(closing("timeout"), session, 1), with: &gatherer, &seen)
    }
    // "d" displaced "a", which then displaced "b".
    #expect(seen == ["a", "b", "c", "d", "a"])
  }

  /// Appends to `seen` the sessions that `line` shows to be over.
  private func gather(
    _ line: String, with gatherer: inout SessionGatherer, _ seen: inout [String]
  ) {
    var decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: 1 << 20)
    var batch = Batch(blockSize: 64)
    batch.bytes.append(text: line + "\n")
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    gatherer.gather(batch) { seen.append(String(decodingBytes: $2)) }
  }

  @Test func doesNotCountRepetitions() {
    let rows = report([
      line(woke, "a", 1), line(sent, "a", 2),
      KESCoreTests.line(sent, time: 2, rest: #","duplicate":true,"session":"a""#),
    ])
    #expect(rows == ["d,a,completed,1,2,1,2,false"])
  }

  @Test func leavesOutEventsWithoutSession() {
    #expect(report([KESCoreTests.line(woke, rest: "")]) == [])
  }

  @Test func endsAfterAsManyRowsAsWereAskedFor() {
    let lines = [
      line(closing("timeout"), "a", 1), line(closing("timeout"), "b", 1), line(woke, "c", 2),
    ]
    #expect(report(lines, greatestCount: 1).count == 1)
    #expect(report(lines, greatestCount: 3).count == 3)
  }

  @Test func alignsTheColumnsOfTheTable() {
    let table = SessionReport(rows: SessionTextEncoder(style: TextStyle(isColored: false)))
    let lines = [
      KESCoreTests.line(
        closing("superseded", start: 1, end: 125_121, isPartial: true), device: "grün"),
      KESCoreTests.line(closing("completed"), device: "a-device-with-a-long-name"),
    ]
    #expect(
      encode(lines, with: table) == """
        DEVICE            SESSION        STATUS      START                     END                          DURATION   EVENTS
        grün              s              superseded  1970-01-01T00:00:00.001Z  1970-01-01T00:02:05.121Z    2m05.120s        7  partial
        a-device-with-a-long-name  s              completed   1970-01-01T00:00:00.001Z  1970-01-01T00:00:00.123Z       0.122s        7

        """)
  }
}

@Suite struct SummaryReportTests {
  private static let lines = [
    line(woke, time: 1000), line(received("n", "1"), time: 1500), line(sent, time: 3000),
    line(sent, time: 3000, rest: #","duplicate":true,"session":"s""#),
    line(closing("completed", start: 1000, end: 3000, events: 3), time: 3000),
    line(woke, device: "e", time: 2000, rest: #","session":"t""#),
  ]

  @Test func sumsUpAsOneObject() {
    let figures = encode(
      SummaryReportTests.lines, with: SummaryReport(encoder: JSONLinesSummaryEncoder()))
    #expect(
      figures
        == #"{"records":6,"events":{"DeviceWokeUp":2,"DataReceived":1,"AllDataSent":2,"#
        + #""SessionClosed":1},"duplicates":1,"devices":2,"devices_exact":true,"first":1000,"#
        + #""last":3000,"span":2000,"rate":2.5,"sessions":{"completed":{"count":1,"partial":0,"#
        + #""duration":{"min":2000,"p50":2000,"p90":2000,"p99":2000,"max":2000,"#
        + #""histogram":{"2000":1}},"events":{"min":3,"p50":3,"p90":3,"p99":3,"max":3,"#
        + #""histogram":{"3":1}}},"open":{"count":1,"partial":0,"#
        + #""duration":{"min":0,"p50":0,"p90":0,"p99":0,"max":0,"histogram":{"0":1}},"#
        + #""events":{"min":1,"p50":1,"p90":1,"p99":1,"max":1,"histogram":{"1":1}}}}}"# + "\n")
  }

  @Test func countsAClosingThatComesAgainAsARecordButNotAsASession() {
    let closed = line(closing("timeout"), time: 4123)
    let rows = encode([closed, closed], with: SummaryReport(encoder: SummaryCSVEncoder()))
    #expect(rows.contains("events.SessionClosed,2\n"))
    #expect(rows.contains("sessions.timeout.count,1\n"))
  }

  @Test func sumsUpNothing() {
    let figures = encode([], with: SummaryReport(encoder: JSONLinesSummaryEncoder()))
    #expect(
      figures
        == #"{"records":0,"events":{"DeviceWokeUp":0,"DataReceived":0,"AllDataSent":0,"#
        + #""SessionClosed":0},"duplicates":0,"devices":0,"devices_exact":true,"first":null,"#
        + #""last":null,"span":0,"rate":null,"sessions":{}}"# + "\n")
  }

  @Test func sumsUpAsRows() {
    let rows = encode(SummaryReportTests.lines, with: SummaryReport(encoder: SummaryCSVEncoder()))
      .split(separator: "\n")
    #expect(rows.first == "figure,value")
    #expect(rows.contains("events.AllDataSent,2"))
    #expect(rows.contains("rate,2.5"))
    #expect(rows.contains("sessions.completed.duration.p99,2000"))
    #expect(rows.contains("sessions.completed.duration.histogram.2000,1"))
  }

  @Test func sumsUpForPeople() {
    let style = TextStyle(isColored: false)
    let shown = encode(
      SummaryReportTests.lines, with: SummaryReport(encoder: SummaryTextEncoder(style: style)))
    #expect(
      shown == """
        records           6
          DeviceWokeUp    2
          DataReceived    1
          AllDataSent     2
          SessionClosed   1
        duplicates        1
        devices           2
        first event       1970-01-01T00:00:01.000Z
        last event        1970-01-01T00:00:03.000Z
        span              2.000s
        events a second   2.500

        SESSIONS                 COUNT     PARTIAL         MIN         P50         P90         P99         MAX
        completed                    1           0      2.000s      2.000s      2.000s      2.000s      2.000s
        open                         1           0      0.000s      0.000s      0.000s      0.000s      0.000s

        EVENTS A SESSION           MIN         P50         P90         P99         MAX
        completed                    3           3           3           3           3
        open                         1           1           1           1           1

        DURATION              SESSIONS
        0s to 0.1s                   1  ##############################################
        0.1s to 0.2s                 0
        0.2s to 0.5s                 0
        0.5s to 1s                   0
        1s to 2s                     0
        2s to 5s                     1  ##############################################

        EVENTS                SESSIONS
        1                            1  ##############################################
        2                            0
        3                            1  ##############################################

        """)
  }
}
