// Which rows a timeline has.

import Testing

@testable import KESCore
@testable import KESViews

/// Sessions of as many devices as there are numbers; each has as many events as its number says.
private func devices(_ events: [Int]) -> Timeline {
  timeline(
    events.enumerated().map { place, count in
      closingLine(
        "d\(place)", Int64(place), Int64(place) + 10, "completed", session: "s", events: count)
    })
}

private func names(_ layout: TimelineLayout, _ timeline: borrowing Timeline) -> [String] {
  layout.rows.map { row in
    timeline.withDevice(row.device ?? 0) { String(decodingBytes: $0) }
  }
}

/// The macro cannot take what is not copied.
private func layout(
  _ timeline: borrowing Timeline, _ window: TimelineWindow = TimelineWindow(), rows: Int
) -> TimelineLayout? {
  TimelineLayout(timeline, window: window, greatestCount: rows)
}

@Suite struct TimelineLayoutTests {
  @Test func busyDevicesComeFirst() throws {
    let timeline = devices([3, 9, 3, 20])
    let found = layout(timeline, rows: 4)
    let drawn = try #require(found)
    #expect(names(drawn, timeline) == ["d3", "d1", "d0", "d2"])
    #expect(drawn.others == nil && drawn.otherCount == 0)
    #expect(drawn.eventCount == 35 && drawn.sessionCount == 4)
  }

  @Test func thoseThatDoNotFitShareARow() throws {
    let timeline = devices([3, 9, 3, 20])
    let found = layout(timeline, rows: 3)
    let drawn = try #require(found)
    #expect(names(drawn, timeline) == ["d3", "d1"])
    #expect(drawn.otherCount == 2 && drawn.others?.sessions == [0, 2])
    #expect(drawn.others?.events == 6)
    #expect(TimelineCaption.others(drawn) == "2 others")
    // From 0 to 10 and from 2 to 12; all of the time, from 0 to 13, ends in the last column.
    #expect(drawn.othersAtOnce(timeline, columns: 13) == [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1])
  }

  @Test func whatIsOutsideOfTheWindowIsNotThere() throws {
    let timeline = devices([1, 2, 3, 4])
    let window = TimelineWindow(
      since: EventTime(milliseconds: 12), until: EventTime(milliseconds: 13))
    let found = layout(timeline, window, rows: 9)
    let drawn = try #require(found)
    #expect(names(drawn, timeline) == ["d3", "d2"])
    #expect(drawn.span.first == drawn.span.last)
    let foundLatest = layout(timeline, TimelineWindow(latest: 1), rows: 9)
    let latest = try #require(foundLatest)
    #expect(names(latest, timeline) == ["d3", "d2"])
    let later = TimelineWindow(since: EventTime(milliseconds: 99))
    let isEmpty = layout(timeline, later, rows: 9) == nil
    #expect(isEmpty)
  }

  @Test func numbersFromOutsideDoNotOverflow() throws {
    let timeline = timeline([
      closingLine("a", .min, .max, "limit", session: "1", events: .max),
      closingLine("a", 5, 5, "limit", session: "2", events: .max),
      closingLine("b", .min, .min, "limit", session: "3", events: .max),
      closingLine("b", .min, .min, "limit", session: "4", events: .max),
    ])
    for rows in 1...2 {
      let found = layout(timeline, rows: rows)
      let drawn = try #require(found)
      #expect(drawn.eventCount == .max && drawn.sessionCount == 4)
      let window = TimelineWindow(latest: .max, rows: rows)
      let lines = drawing(timeline, by: TimelineSVGEncoder(window: window))
      #expect(lines.count > 10)
    }
  }

  @Test func timesOfAllKindsHaveAPlace() {
    let span = TimelineSpan(first: .beforeAll, last: EventTime(milliseconds: .max))
    #expect(span.share(of: EventTime(milliseconds: 0)) == 0.5)
    #expect(span.column(of: EventTime(milliseconds: .max), of: 80) == 79)
    #expect(span.column(of: .beforeAll, of: 80) == 0)
    let moment = TimelineSpan(first: .beforeAll, last: .beforeAll)
    #expect(moment.column(of: .beforeAll, of: 80) == 0)
  }
}
