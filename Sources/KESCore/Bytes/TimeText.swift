// Times and durations as people read them.

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
