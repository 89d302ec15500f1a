// A time written by the steps of a pattern, as strftime(3) does in the C locale.

/// What the steps of a pattern write of one time.
struct TimePatternWriter {
  private let local: LocalTime
  private let zone: ZoneOffset
  /// The seconds since the epoch, rounded down, and the thousandths behind them.
  private let epoch: Int64
  private let milliseconds: Int64
  /// What the text tells that is to be spelled like; of an empty one nothing.
  private let old: TimeFields

  /// The times that years of two digits can tell, in milliseconds of the zone.
  private static let yearsOfCentury = LocalTime.times(
    of: CivilDate(year: 1969, month: 1, day: 1).daysSinceEpoch...lastDayOfCentury)
  private static let lastDayOfCentury = CivilDate(year: 2068, month: 12, day: 31).daysSinceEpoch

  /// - Parameter text: what was read by the steps of `entry`, or nothing.
  init(
    _ time: EventTime, like text: Span<UInt8>, _ entry: TimeFormats.Entry, of formats: TimeFormats
  ) {
    var scanner = TimePatternScanner(zone: entry.isInUTC ? .utc : formats.zone)
    if !text.isEmpty {
      _ = scanner.read(text, formats.steps.span.extracting(entry.firstStep..<entry.endStep))
    }
    old = scanner.fields
    zone = old.zone
    local = LocalTime(
      time.milliseconds, zone: zone,
      within: entry.hasYearOfCentury ? TimePatternWriter.yearsOfCentury : nil)
    let (seconds, rest) = time.milliseconds.flooredDivision(by: 1000)
    epoch = seconds
    milliseconds = entry.hasEpoch ? rest : local.milliseconds
  }

  func append(_ step: TimePattern.Step, like text: Span<UInt8>, to output: inout ByteBlock) {
    let (date, clock) = (local.date, local.clock)
    switch step.directive {
    case .literal, .space: output.append(step.byte)
    case .year: output.append(decimal: UInt64(date.year), width: 4)
    case .yearOfCentury: output.append(decimal: UInt64(date.year % 100), width: 2)
    case .month: output.append(decimal: UInt64(date.month), width: 2)
    case .day: output.append(decimal: UInt64(date.day), width: 2)
    case .paddedDay:
      if date.day < 10 { output.append(UInt8(ascii: " ")) }
      output.append(decimal: date.day)
    case .hour: output.append(decimal: UInt64(clock.hour), width: 2)
    case .halfDayHour: output.append(decimal: UInt64((clock.hour + 11) % 12 + 1), width: 2)
    case .halfDay: output.append(clock.hour < 12 ? "AM" : "PM")
    case .minute: output.append(decimal: UInt64(clock.minute), width: 2)
    case .second: output.append(decimal: UInt64(clock.second), width: 2)
    case .fraction: appendFraction(like: text, to: &output)
    case .shortMonthName: output.append(name: TimePattern.months[Int(date.month) - 1], length: 3)
    case .monthName: output.append(TimePattern.months[Int(date.month) - 1])
    case .weekdayName: output.append(name: TimePattern.weekdays[local.weekday], length: 3)
    case .dayOfYear: output.append(decimal: UInt64(local.dayOfYear), width: 3)
    case .offset: appendOffset(like: text, to: &output)
    case .zoneName: appendZoneName(like: text, to: &output)
    case .epoch: output.append(decimal: epoch)
    }
  }

  private func appendFraction(like text: Span<UInt8>, to output: inout ByteBlock) {
    if old.fractionText.length == 0 {
      output.append(decimal: UInt64(milliseconds), width: 3)
    } else {
      output.append(thousandths: milliseconds, like: text.extracting(old.fractionText.bounds))
    }
  }

  private func appendOffset(like text: Span<UInt8>, to output: inout ByteBlock) {
    if old.offsetText.length > 0 {
      return output.append(text.extracting(old.offsetText.bounds))
    }
    output.append(zone.minutes < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    output.append(decimal: zone.minutes.magnitude / 60, width: 2)
    output.append(decimal: zone.minutes.magnitude % 60, width: 2)
  }

  private func appendZoneName(like text: Span<UInt8>, to output: inout ByteBlock) {
    if old.zoneNameText.length == 0 { return output.append("UTC") }
    output.append(text.extracting(old.zoneNameText.bounds))
  }
}

extension LocalTime {
  /// From 0, which is Sunday.
  fileprivate var weekday: Int {
    // 1970-01-01 was a Thursday.
    Int((daysSinceEpoch + 4).flooredDivision(by: 7).remainder)
  }

  /// From 1.
  fileprivate var dayOfYear: Int64 {
    daysSinceEpoch - CivilDate(year: date.year, month: 1, day: 1).daysSinceEpoch + 1
  }
}

extension ByteBlock {
  fileprivate mutating func append(name: StaticString, length: Int) {
    for place in 0..<length { append(TimePattern.byte(of: name, at: place)) }
  }
}
