// Marks of an axis of time.

import Testing

@testable import KESCore
@testable import KESViews

private func time(_ days: Int64, _ milliseconds: Int64 = 0) -> EventTime {
  EventTime(milliseconds: days * 86_400_000 + milliseconds)
}

private func ticks(_ first: EventTime, _ last: EventTime, columns: Int) -> [String] {
  TimeTicks(TimelineSpan(first: first, last: last), columns: columns).ticks.map(\.label)
}

@Suite struct TimeTicksTests {
  @Test(
    arguments: [
      (0, 20, 60, ["00:00:00.000", "00:00:00.005", "00:00:00.010"]),
      (0, 59_500, 70, ["00:00:00", "00:00:10", "00:00:20"]),
      (1, 60_000, 50, ["00:00:15", "00:00:30", "00:00:45", "00:01:00"]),
      (0, 600_000, 24, ["01-01", "00:05", "00:10"]),
      (79_200_000, 93_600_000, 30, ["22:00", "23:00", "01-02", "01:00", "02:00"]),
      (0, 10 * 86_400_000, 60, ["1970-01-01", "1970-01-03"]),
      (
        -1, 1, 80,
        [
          "23:59:59.999", "00:00:00.000", "00:00:00.001",
        ]
      ),
    ] as [(Int64, Int64, Int, [String])])
  func standAtRoundTimes(first: Int64, last: Int64, columns: Int, labels: [String]) {
    let found = ticks(time(0, first), time(0, last), columns: columns)
    #expect(found == labels || found.starts(with: labels))
  }

  @Test func weeksBeginOnMondays() {
    // 2023-11-13 was one.
    let weeks = ticks(time(19_672), time(19_672 + 20), columns: 40)
    #expect(weeks == ["2023-11-13", "2023-11-20", "2023-11-27"])
  }

  @Test func monthsAndYearsAreThoseOfTheCalendar() {
    let months = ticks(time(19_700), time(19_700 + 100), columns: 40)
    #expect(months == ["2024-01", "2024-02", "2024-03"])
    let years = ticks(time(0), time(365 * 54), columns: 40)
    #expect(years == ["1970", "1980", "1990", "2000", "2010", "2020"])
  }

  @Test(arguments: [10, 17, 40, 80, 200], 0..<48)
  func neverTouchEachOther(columns: Int, shift: UInt64) {
    let first = time(19_000, 12_345)
    let last = first.advanced(by: 1 << shift)
    let span = TimelineSpan(first: first, last: last)
    let found = TimeTicks(span, columns: columns).ticks
    for (tick, next) in zip(found, found.dropFirst()) {
      let gap = (span.share(of: next.time) - span.share(of: tick.time)) * Double(columns)
      #expect(gap >= Double(tick.label.count) + 1, "\(tick) \(next)")
    }
  }

  @Test func thereAreNoneWhereYearsDoNotHaveFourDigits() {
    #expect(ticks(.beforeAll, EventTime(milliseconds: .max), columns: 80).isEmpty)
    #expect(ticks(time(2_932_896), time(2_932_897), columns: 80).isEmpty)
    #expect(ticks(time(-719_528), time(2_932_896), columns: 80).count > 3)
  }

  @Test func datesGoThereAndBack() {
    for days in stride(from: Int64(-719_528), through: 2_932_896, by: 97) {
      #expect(CivilDate(daysSinceEpoch: days).daysSinceEpoch == days)
    }
    #expect(CivilDate(daysSinceEpoch: 19_675) == CivilDate(year: 2023, month: 11, day: 14))
  }
}
