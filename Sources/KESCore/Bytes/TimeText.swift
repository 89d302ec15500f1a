// Times, dates and durations as people read them.

extension ByteBlock {
  /// Appends `milliseconds` since the epoch as RFC 3339 in UTC, `2023-11-14T22:13:20.123Z`; as the
  /// bare number where the year is not of four digits.
  public mutating func append(internetTime milliseconds: Int64) {
    let (days, rest) = milliseconds.flooredDivision(by: 86_400_000)
    guard CivilDate.writableDays.contains(days) else { return append(decimal: milliseconds) }
    append(date: CivilDate(daysSinceEpoch: days))
    append(UInt8(ascii: "T"))
    append(clock: ClockTime(secondOfDay: rest / 1000))
    append(UInt8(ascii: "."))
    append(decimal: UInt64(rest % 1000), width: 3)
    append(UInt8(ascii: "Z"))
  }

  /// Appends a date, `2023-11-14`: the year is 0 to 9999.
  mutating func append(date: CivilDate) {
    append(decimal: UInt64(date.year), width: 4)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(date.month), width: 2)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(date.day), width: 2)
  }

  /// Appends a time of day, `22:13:20`.
  mutating func append(clock: ClockTime) {
    append(decimal: UInt64(clock.hour), width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(clock.minute), width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(clock.second), width: 2)
  }

  /// Appends a fraction of a second of as many digits as `old` has: the first three are `milliseconds`,
  /// which is less than 1000, the others as they stand there.
  mutating func append(thousandths milliseconds: Int64, like old: Span<UInt8>) {
    let mark = count
    append(decimal: UInt64(milliseconds), width: 3)
    if old.count > 3 {
      append(old.extracting(3..<old.count))
    } else {
      truncate(to: mark + old.count)
    }
  }

  /// Appends a duration: `0.300s`, `2m05.120s`, `1h00m00.000s`, `3d01h02m05.120s`.
  public mutating func append(duration milliseconds: UInt64) {
    let seconds = milliseconds / 1000
    let units: [(length: UInt64, modulus: UInt64, letter: UInt8)] = [
      (86400, .max, UInt8(ascii: "d")), (3600, 24, UInt8(ascii: "h")), (60, 60, UInt8(ascii: "m")),
    ]
    var width = 1
    for unit in units where seconds >= unit.length {
      append(decimal: seconds / unit.length % unit.modulus, width: width)
      append(unit.letter)
      width = 2
    }
    append(decimal: seconds % 60, width: width)
    append(UInt8(ascii: "."))
    append(decimal: milliseconds % 1000, width: 3)
    append(UInt8(ascii: "s"))
  }
}

/// A time of day: what stands on a clock, which goes to 60 seconds where one is put in.
struct ClockTime: BitwiseCopyable, Hashable {
  var hour: Int64 = 0
  var minute: Int64 = 0
  var second: Int64 = 0

  init() {}

  /// The clock so many seconds after midnight: less than a day.
  init(secondOfDay second: Int64) {
    hour = second / 3600
    minute = second / 60 % 60
    self.second = second % 60
  }

  @inline(__always)
  var secondOfDay: Int64 { (hour &* 60 &+ minute) &* 60 &+ second }
}

/// How far clocks are ahead of UTC.
public struct ZoneOffset: BitwiseCopyable, Hashable, Sendable {
  public var minutes: Int64

  public static let utc = ZoneOffset(minutes: 0)

  public init(minutes: Int64) { self.minutes = minutes }

  /// `UTC`, `Z`, `+hh:mm`, `-hhmm`; nil for others, also for names of zones whose clocks are changed.
  public init?(_ text: String) {
    let zone = text.uppercased() == "UTC" ? "Z" : text
    let found = withUTF8Bytes(of: zone) { bytes in
      ZoneOffset.read(bytes, at: 0).flatMap { $0.end == bytes.count ? $0.zone : nil }
    }
    guard let found else { return nil }
    self = found
  }

  /// The offset at `start` (RFC 3339, section 5.6), also without its colon and, where it
  /// `mayLackMinutes`, `+hh`; and the place behind it.
  static func read(
    _ text: Span<UInt8>, at start: Int, mayLackMinutes: Bool = false
  ) -> (zone: ZoneOffset, end: Int)? {
    guard start < text.count else { return nil }
    let sign = text[start]
    if sign | 0x20 == UInt8(ascii: "z") { return (.utc, start + 1) }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      let hours = text.twoDigits(at: start + 1), hours < 24
    else { return nil }
    let hasColon = start + 3 < text.count && text[start + 3] == UInt8(ascii: ":")
    let minuteStart = start + (hasColon ? 4 : 3)
    var zone = ZoneOffset(minutes: hours * 60)
    var end = start + 3
    if let minutes = text.twoDigits(at: minuteStart) {
      guard minutes < 60 else { return nil }
      zone.minutes += minutes
      end = minuteStart + 2
    } else if !mayLackMinutes {
      return nil
    }
    if sign == UInt8(ascii: "-") { zone.minutes = -zone.minutes }
    return (zone, end)
  }
}

extension Span where Element == UInt8 {
  /// The number of the two digits at `index`; nil where they are not.
  @inline(__always)
  func twoDigits(at index: Int) -> Int64? {
    guard index &+ 1 < count else { return nil }
    let (tens, ones) = (self[index] &- UInt8(ascii: "0"), self[index &+ 1] &- UInt8(ascii: "0"))
    return tens < 10 && ones < 10 ? Int64(tens &* 10 &+ ones) : nil
  }

  /// The thousandths that the digits from `start` on make behind a decimal point, rounded down, and the
  /// place behind all of them: `start` where there is none.
  @inline(__always)
  func thousandths(at start: Int) -> (value: Int64, end: Int) {
    var value: Int64 = 0
    var index = start
    while index < count, self[index] &- UInt8(ascii: "0") < 10 {
      if index &- start < 3 { value = value &* 10 &+ Int64(self[index] &- UInt8(ascii: "0")) }
      index &+= 1
    }
    if index &- start == 1 { value &*= 100 }
    if index &- start == 2 { value &*= 10 }
    return (value, index)
  }
}

/// A date of the Gregorian calendar, also before there was one.
///
/// Both ways count from 1 March of year 0 (H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms"): with the leap day last, 153 days make any five months from March on.
package struct CivilDate: BitwiseCopyable, Hashable, Sendable {
  package var year: Int64
  /// From 1.
  package var month: Int64
  /// From 1.
  package var day: Int64

  /// The days since 1970-01-01 of which RFC 3339 can speak: years of four digits.
  package static let writableDays: ClosedRange<Int64> = -719_528...2_932_896

  package init(year: Int64, month: Int64, day: Int64) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The date so many days after 1970-01-01.
  package init(daysSinceEpoch days: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// How many days the month has in the year.
  @inline(__always)
  package static func days(in month: Int64, of year: Int64) -> Int64 {
    if month == 2 { return isLeap(year) ? 29 : 28 }
    // From March on 31 and 30 take turns, and July and August both have 31.
    return 30 + (month ^ month >> 3) & 1
  }

  @inline(__always)
  static func isLeap(_ year: Int64) -> Bool {
    year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  /// Whether there is such a day.
  @inline(__always)
  var isReal: Bool {
    month >= 1 && month <= 12 && day >= 1
      && (day <= 28 || day <= CivilDate.days(in: month, of: year))
  }

  /// How many days after 1970-01-01 it is; in all years of which 64 bits hold the milliseconds.
  @inline(__always)
  package var daysSinceEpoch: Int64 {
    // Counted from a year before all of them, so that nothing is negative.
    let erasBefore: Int64 = 2_500_000
    let isBeforeMarch: Int64 = month <= 2 ? 1 : 0
    let year = UInt64(bitPattern: year &+ erasBefore &* 400 &- isBeforeMarch)
    let monthFromMarch = UInt64(bitPattern: month &+ isBeforeMarch &* 12 &- 3)
    let leapDays = year / 4 &- year / 100 &+ year / 400
    let days = year &* 365 &+ leapDays &+ (monthFromMarch &* 153 &+ 2) / 5
    return Int64(bitPattern: days) &+ day &- 1 &- 719_468 &- erasBefore &* 146_097
  }
}

extension Int64 {
  /// Quotient and remainder with the remainder from 0 up to the divisor.
  package func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
