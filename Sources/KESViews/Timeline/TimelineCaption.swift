// What is written around a timeline, on a terminal as in a picture: words, and marks of time.

internal import KESCore

/// The words of a drawing.
enum TimelineCaption {
  static let noSessions = "no sessions: kes-segment gives events theirs"

  /// `2023-11-14 22:13:20.000 – 22:14:59.900 UTC`; the second date where it is another.
  static func range(_ start: EventTime, _ end: EventTime, to: String) -> String {
    let (first, last) = (time(start), time(end))
    let isOneDay = first.prefix(11) == last.prefix(11) && first.contains(" ")
    return first + to + (isOneDay ? String(last.dropFirst(11)) : last) + " UTC"
  }

  /// `2023-11-14 22:13:20.000`; the number of milliseconds where the year is not of four digits.
  static func time(_ time: EventTime) -> String {
    let all = time.internetText
    return all.hasSuffix("Z") ? String(all.prefix(10) + " " + all.dropFirst(11).dropLast()) : all
  }

  /// `6.000s`.
  static func duration(_ milliseconds: UInt64) -> String {
    ByteBlock.text { $0.append(duration: milliseconds) }
  }

  static func counts(_ layout: TimelineLayout, separator: String) -> String {
    [
      number(Int64(layout.deviceCount), "device"), number(Int64(layout.sessionCount), "session"),
      number(layout.eventCount, "event"),
    ].joined(separator: separator)
  }

  /// `1 session`, `12 sessions`.
  static func number(_ count: Int64, _ name: String) -> String {
    "\(count) \(name)" + (count == 1 ? "" : "s")
  }

  /// `451 others`.
  static func others(_ layout: TimelineLayout) -> String {
    number(Int64(layout.otherCount), "other")
  }

  /// The statuses that occur, in their order, open sessions last.
  static func statuses(_ layout: TimelineLayout) -> [(status: SessionStatus?, count: Int)] {
    SessionStatus?.all.compactMap { status in
      layout.statusCounts[status].map { (status, $0) }
    }
  }

  /// Nil where all was kept.
  static func leftOut(_ timeline: borrowing Timeline) -> String? {
    let parts = [(timeline.leftOutSessions, "session"), (timeline.leftOutEvents, "event")]
      .filter { $0.0 > 0 }.map { number(Int64($0.0), "earlier " + $0.1) }
    if parts.isEmpty { return nil }
    return parts.joined(separator: " and ") + " left out; --device, --since and --until choose"
  }
}

/// Marks at round times (UTC), as many as there is room for.
struct TimeTicks {
  struct Tick: Equatable {
    var time: EventTime
    var label: String
  }

  /// From one mark to the next.
  enum Step: Equatable {
    case milliseconds(Int64)
    case days(Int64)
    case months(Int64)
  }

  var ticks: [Tick] = []

  private static let day: Int64 = 86_400_000

  /// From fine to coarse: what clocks and calendars have.
  private static let steps: [Step] = {
    let thousandths: [Int64] = [1, 2, 5, 10, 20, 50, 100, 200, 500]
    let seconds: [Int64] = [1, 2, 5, 10, 15, 30]
    let clock =
      thousandths + seconds.map { $0 * 1000 } + seconds.map { $0 * 60_000 }
      + [1, 2, 3, 6, 12].map { $0 * 3_600_000 }
    return clock.map { .milliseconds($0) } + [1, 2, 7, 14].map { .days($0) }
      + [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000].map { .months($0) }
  }()

  /// The marks of the finest step whose labels fit side by side, two columns apart, into `columns`.
  /// None where that is too little for any, or where years do not have four digits.
  init(_ span: TimelineSpan, columns: Int) {
    let isWritable = [span.first, span.last].allSatisfy {
      CivilDate.writableDays.contains($0.milliseconds.flooredDivision(by: TimeTicks.day).quotient)
    }
    if !isWritable { return }
    for step in TimeTicks.steps {
      let room = Double(columns) / Double(TimeTicks.labelWidth(step) + 2)
      if Double(span.length) / TimeTicks.leastLength(step) > room { continue }
      ticks = TimeTicks.times(step, span).map { Tick(time: $0, label: TimeTicks.label($0, step)) }
      return
    }
  }

  private static func leastLength(_ step: Step) -> Double {
    switch step {
    case .milliseconds(let length): Double(length)
    case .days(let count): Double(count * day)
    case .months(let count): Double(count) * 28 * Double(day)
    }
  }

  // MARK: Times

  /// All times of the step within the span, in order.
  private static func times(_ step: Step, _ span: TimelineSpan) -> [EventTime] {
    var times: [EventTime] = []
    var number = firstNumber(step, span.first.milliseconds)
    while let time = time(step, number), time <= span.last {
      times.append(time)
      number += 1
    }
    return times
  }

  /// The number of the step's first time that is not before `start`.
  private static func firstNumber(_ step: Step, _ start: Int64) -> Int64 {
    switch step {
    case .milliseconds(let length): return roundedUp(start, by: length)
    case .days(let count): return roundedUp(roundedUp(start, by: day) - offset(count), by: count)
    case .months(let count):
      let date = CivilDate(daysSinceEpoch: start.flooredDivision(by: day).quotient)
      var number = (date.year * 12 + date.month - 1).flooredDivision(by: count).quotient
      while let time = time(step, number), time.milliseconds < start { number += 1 }
      return number
    }
  }

  private static func roundedUp(_ value: Int64, by divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.flooredDivision(by: divisor)
    return remainder == 0 ? quotient : quotient + 1
  }

  /// Weeks begin on Mondays, and the epoch was a Thursday.
  private static func offset(_ days: Int64) -> Int64 { days % 7 == 0 ? 4 : 0 }

  /// The time with that number; nil behind the last writable year.
  private static func time(_ step: Step, _ number: Int64) -> EventTime? {
    switch step {
    case .milliseconds(let length): return EventTime(milliseconds: number * length)
    case .days(let count): return time(day: number * count + offset(count))
    case .months(let count):
      let (year, month) = (number * count).flooredDivision(by: 12)
      return time(day: CivilDate(year: year, month: month + 1, day: 1).daysSinceEpoch)
    }
  }

  private static func time(day number: Int64) -> EventTime? {
    number > CivilDate.writableDays.upperBound ? nil : EventTime(milliseconds: number * day)
  }

  // MARK: Labels

  private static func labelWidth(_ step: Step) -> Int {
    switch step {
    case .milliseconds(..<1000): 12
    case .milliseconds(..<60_000): 8
    case .milliseconds: 5
    case .days: 10
    case .months(..<12): 7
    case .months: 4
    }
  }

  /// As much of `2023-11-14T22:13:20.250Z` as the step needs; of a midnight among hours the date,
  /// without its year.
  private static func label(_ time: EventTime, _ step: Step) -> String {
    let all = time.internetText
    let isMidnight = time.milliseconds.flooredDivision(by: day).remainder == 0
    switch step {
    case .milliseconds(60_000...) where isMidnight: return String(all.dropFirst(5).prefix(5))
    case .milliseconds: return String(all.dropFirst(11).prefix(labelWidth(step)))
    case .days, .months: return String(all.prefix(labelWidth(step)))
    }
  }
}
