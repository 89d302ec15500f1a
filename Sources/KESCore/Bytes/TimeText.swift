// Times, dates and durations as people read them.

extension ByteBlock {
  /// Appends `milliseconds` since the epoch as RFC 3339 in UTC, `2023-11-14T22:13:20.123Z`; as the
  /// bare number where the year is not of four digits.
  public mutating func append(internetTime milliseconds: Int64) {
    let (days, rest) = milliseconds.flooredDivision(by: 86_400_000)
    guard CivilDate.writableDays.contains(days) else { return append(decimal: milliseconds) }
    append(date: days)
    append(UInt8(ascii: "T"))
    append(decimal: UInt64(rest / 3_600_000), width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(rest / 60_000 % 60), width: 2)
    append(UInt8(ascii: ":"))
    append(decimal: UInt64(rest / 1000 % 60), width: 2)
    append(UInt8(ascii: "."))
    append(decimal: UInt64(rest % 1000), width: 3)
    append(UInt8(ascii: "Z"))
  }

  /// Appends the date so many days after 1970-01-01: the year is 0 to 9999.
  private mutating func append(date days: Int64) {
    let date = CivilDate(daysSinceEpoch: days)
    append(decimal: UInt64(date.year), width: 4)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(date.month), width: 2)
    append(UInt8(ascii: "-"))
    append(decimal: UInt64(date.day), width: 2)
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

/// A date of the Gregorian calendar, also before there was one.
///
/// Both ways count from 1 March of year 0 (H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms"): with the leap day last, 153 days make any five months from March on.
package struct CivilDate: Hashable, Sendable {
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

  /// How many days after 1970-01-01 it is.
  package var daysSinceEpoch: Int64 {
    let yearFromMarch = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = yearFromMarch.flooredDivision(by: 400)
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int64 {
  /// Quotient and remainder with the remainder from 0 up to the divisor.
  package func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
