// What a timeline keeps of a stream.

import Testing

@testable import KESCore
@testable import KESViews

@Suite struct TimelineTests {
  @Test func sessionsAreWhatTheirClosingsSay() {
    let timeline = timeline([
      sessionLine("a", 1000, "DeviceWokeUp", session: "s1"),
      closingLine("a", 900, 1500, "timeout", session: "s1", events: 7, isPartial: true),
      // What comes again, or late, changes nothing.
      sessionLine("a", 2000, "AllDataSent", session: "s1"),
      closingLine("b", 1, 2, "limit", session: "s1"),
    ])
    #expect(timeline.sessions.count == 2)
    let session = timeline.sessions[0]
    #expect(session.status == .timeout && session.events == 7 && session.isPartial)
    #expect(session.start.milliseconds == 900 && session.end.milliseconds == 1500)
    #expect(timeline.withIdentifier(1) { String(decodingBytes: $0) } == "s1")
    #expect(timeline.withDevice(1) { String(decodingBytes: $0) } == "b")
  }

  @Test func withoutClosingsSessionsEndAtTheirLastEvents() {
    let timeline = timeline([
      sessionLine("a", 1000, "DeviceWokeUp", session: "s1"),
      sessionLine("b", 1100, "AllDataSent", session: "s2"),
      sessionLine("b", 1100, "AllDataSent", session: "s2"),
      sessionLine("a", 1300, "DeviceWokeUp", session: "s1"),
      sessionLine("a", 1200, "DeviceWokeUp", session: "s1"),
    ])
    #expect(timeline.sessions[0].status == nil && timeline.sessions[1].status == .completed)
    #expect(timeline.sessions[0].end.milliseconds == 1300)
    #expect(timeline.sessions[0].events == 3 && timeline.sessions[1].events == 1)
    #expect(!timeline.sessions[0].isPartial && timeline.sessions[1].isPartial)
  }

  @Test func eventsWithoutSessionsAreMarks() {
    let timeline = timeline([
      #"{"device":"a","timestamp":5,"event":{"DeviceWokeUp":{}}}"#,
      #"{"device":"a","timestamp":6,"event":{"DeviceWokeUp":{}},"duplicate":true,"session":"s"}"#,
    ])
    #expect(timeline.sessions.count == 0 && timeline.marks.count == 1)
    #expect(timeline.marks[0].session == -1)
  }

  @Test(arguments: [1, 3, 1000]) func theLatestStayWithinTheLimits(batchSize: Int) {
    var lines = [sessionLine("old", 0, "DeviceWokeUp", session: "long")]
    for number in 0..<100 {
      lines.append(
        sessionLine("d\(number)", Int64(number), "DeviceWokeUp", session: "s\(number)"))
      lines.append(sessionLine("old", Int64(number), "DeviceWokeUp", session: "long"))
    }
    let timeline = timeline(
      lines, limits: TimelineLimits(sessions: 10, events: 30), batchSize: batchSize)
    #expect(timeline.sessions.count <= 20 && timeline.marks.count <= 60)
    #expect(timeline.leftOutSessions + timeline.sessions.count == 101)
    #expect(timeline.leftOutEvents + timeline.marks.count == 201)
    // The oldest is still spoken of, with all that it had.
    #expect(timeline.sessions[0].events == 101)
    #expect(timeline.withIdentifier(0) { String(decodingBytes: $0) } == "long")
    for index in 0..<timeline.marks.count {
      let mark = timeline.marks[index]
      #expect(timeline.sessions[Int(mark.session)].device == mark.device)
    }
  }

  @Test func namesKeepTheirNumbers() {
    var table = NameTable()
    for round in 0..<2 {
      for number in 0..<2000 {
        let name = "name \(number)"
        #expect(withUTF8Bytes(of: name) { table.number(of: $0) } == number, "round \(round)")
      }
    }
    #expect(table.withName(7) { String(decodingBytes: $0) } == "name 7")
    let count = table.count
    #expect(count == 2000)
  }
}
