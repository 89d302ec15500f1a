// The times of records in every format.

import Foundation
import TestSupport
import Testing

@testable import KESCore

/// A reader of formats in the words of the option.
func timeReader(
  _ formats: String..., zone: ZoneOffset = .utc, year: Int64? = nil, now: String? = nil
) throws -> TimeReader {
  let clock = now.flatMap { text in withUTF8Bytes(of: text) { InternetTime.read($0) } }
  return TimeReader(
    TimeFormats(try formats.map { try TimeFormat($0) }, zone: zone), firstYear: year,
    now: EventTime(milliseconds: clock ?? 1_700_000_000_000))
}

@Suite struct TimeReaderTests {
  private func read(
    _ reader: TimeReader, _ text: String, _ kind: ValueKind = .number
  ) -> TimeReading {
    var reader = reader
    return withUTF8Bytes(of: text) { reader.read(kind, $0) }
  }

  private func time(_ milliseconds: Int64, _ format: Int = 0, isString: Bool = false) -> TimeReading
  {
    .time(
      EventTime(milliseconds: milliseconds), TimeForm(format: format, isString: isString))
  }

  // MARK: Numbers

  @Test(
    arguments: [
      ("ms", "0", 0), ("ms", "-0", 0), ("ms", "1700000000123", 1_700_000_000_123),
      ("ms", "1.5e12", 1_500_000_000_000), ("ms", "1500000000000.999", 1_500_000_000_000),
      ("ms", "-0.5", -1), ("ms", "-1", -1), ("ms", "-1.0", -1), ("ms", "-1.0000000001", -2),
      ("ms", "1e-400", 0), ("ms", "-1e-400", -1), ("ms", "0e400", 0), ("ms", "0.0e999999999999", 0),
      ("ms", "9223372036854775807", .max), ("ms", "9223372036854775807.999", .max),
      ("ms", "-9223372036854775808", .min), ("ms", "-9223372036854775807.5", .min),
      ("ms", "1E+3", 1000), ("ms", "12345678", 12_345_678), ("ms", "1234567", 1_234_567),
      ("s", "1700000000", 1_700_000_000_000), ("s", "1700000000.123", 1_700_000_000_123),
      ("s", "1700000000.123999999999999999999999", 1_700_000_000_123), ("s", "0.001", 1),
      ("s", "0.0009", 0), ("s", "-0.0009", -1), ("s", "-1.5", -1500),
      ("s", "1.7e9", 1_700_000_000_000),
      ("s", "9223372036854775.807", .max), ("s", "-9223372036854775.808", .min),
      ("s", "4503599627370496", 4_503_599_627_370_496_000),
      ("us", "1700000000123456", 1_700_000_000_123), ("us", "-1", -1), ("us", "999", 0),
      ("us", "-1000", -1), ("us", "-1001", -2), ("us", "9223372036854775807999", .max),
      ("us", "1700000000123456.789", 1_700_000_000_123), ("us", "1e3", 1),
      ("ns", "1700000000123456789", 1_700_000_000_123),
      ("ns", "1789030870719719549", 1_789_030_870_719),
      ("ns", "9999999999999999999", 9_999_999_999_999),
      ("ns", "10000000000000000000", 10_000_000_000_000),
      ("ns", "9223372036854775807999999", .max), ("ns", "-1", -1), ("ns", "-1000000", -1),
      ("ns", "1e-1", 0),
    ] as [(String, String, Int64)])
  func readsNumbersExactly(unit: String, written: String, milliseconds: Int64) throws {
    #expect(read(try timeReader(unit), written) == time(milliseconds))
    if unit == "ms" { #expect(read(try timeReader("auto"), written) == time(milliseconds)) }
  }

  @Test(
    arguments: [
      ("ms", "9223372036854775808"), ("ms", "-9223372036854775809"), ("ms", "1e400"),
      ("ms", "-1e400"), ("ms", "-9223372036854775808.1"), ("ms", "1e99999999999999999999"),
      ("s", "9223372036854775.808"), ("s", "9223372036854776"), ("s", "4503599627370496e4"),
      ("us", "9223372036854775808000"), ("ns", "9223372036854775808000000"), ("ns", "1e25"),
      ("ms", "1" + String(repeating: "0", count: 100_000)),
    ])
  func refusesNumbersOutOfRange(unit: String, written: String) throws {
    #expect(read(try timeReader(unit), written) == .fault(.outOfRange))
  }

  /// Numbers of up to 30 digits and exponents of either sign, against Foundation's decimals, which have
  /// 38 digits.
  @Test(arguments: 0..<4) func readsRandomNumbersExactly(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      let unit = CountedUnit.allCases.randomElement(using: &generator) ?? .seconds
      var written = ""
      for _ in 0...Int.random(in: 0..<22, using: &generator) {
        written += "\(Int.random(in: 0...9, using: &generator))"
      }
      written = String(written.drop { $0 == "0" })
      if written.isEmpty { written = "0" }
      if generator.chance(50) { written = "-" + written }
      if generator.chance(60) {
        written += "."
        for _ in 0...Int.random(in: 0..<8, using: &generator) {
          written += "\(Int.random(in: 0...9, using: &generator))"
        }
      }
      if generator.chance(30) { written += "e\(Int.random(in: -12...6, using: &generator))" }
      var product = try #require(Decimal(string: written))
      product *= pow(10, Int(unit.rawValue) + 6) / 1_000_000
      var floor = Decimal()
      unsafe NSDecimalRound(&floor, &product, 0, .down)
      if floor > product { floor -= 1 }
      let expected =
        floor > Decimal(Int64.max) || floor < Decimal(Int64.min)
        ? TimeReading.fault(.outOfRange) : time(NSDecimalNumber(decimal: floor).int64Value)
      #expect(read(try timeReader(unit.name), written) == expected, "\(unit.name) \(written)")
    }
  }

  @Test func readsLongNumbersInBoundedTime() throws {
    let digits = String(repeating: "7", count: 1_000_000)
    for written in ["1." + digits, "0." + digits, "1e-" + digits, "1e" + digits, digits] {
      let start = ContinuousClock.now
      _ = read(try timeReader("s"), written)
      #expect(ContinuousClock.now - start < .seconds(1))
    }
  }

  // MARK: Strings

  @Test(
    arguments: [
      ("s", "1700000000", 1_700_000_000_000), ("s", "+1700000000.5", 1_700_000_000_500),
      ("ms", "-1.5", -2), ("ms", "0017", 17), ("us", "1700000000123456", 1_700_000_000_123),
      ("ns", "1700000000123456789", 1_700_000_000_123), ("s", "00.50", 500),
    ] as [(String, String, Int64)])
  func countsInStringsWhereAUnitIsNamed(unit: String, written: String, milliseconds: Int64) throws {
    #expect(read(try timeReader(unit), written, .string) == time(milliseconds, isString: true))
    #expect(read(try timeReader("auto"), written, .string) == .fault(.noFormatFits))
  }

  @Test(
    arguments: ["", "-", "+", ".5", "5.", "1e3", "1.5.2", " 1", "1 ", "0x10", "1_000", "٣", "--1"])
  func refusesOtherStringsForAUnit(written: String) throws {
    #expect(read(try timeReader("s"), written, .string) == .fault(.noFormatFits))
  }

  @Test func readsByKind() throws {
    let reader = try timeReader("auto")
    #expect(
      read(reader, "2023-11-14T22:13:20Z", .string) == time(1_700_000_000_000, isString: true))
    #expect(read(try timeReader("rfc3339"), "1700000000000", .number) == .fault(.noFormatFits))
    for kind in [ValueKind.missing, .null, .true, .false, .array, .object] {
      #expect(read(reader, "2023-11-14T22:13:20Z", kind) == .fault(.wrongKind))
    }
    // A pattern may also fit a number's digits.
    #expect(read(try timeReader("%Y%m%d"), "20231114") == time(1_699_920_000_000))
  }

  @Test func triesFormatsInTheirOrder() throws {
    let reader = try timeReader("rfc3339", "%d/%m/%Y", "s", "%m/%d/%Y")
    #expect(read(reader, "01/02/2023", .string) == time(1_675_209_600_000, 1, isString: true))
    #expect(read(reader, "01/13/2023", .string) == time(1_673_568_000_000, 3, isString: true))
    #expect(read(reader, "1700000000") == time(1_700_000_000_000, 2))
    #expect(read(reader, "13/13/2023", .string) == .fault(.noFormatFits))
    #expect(read(reader, "1e300") == .fault(.outOfRange))
  }

  @Test func takesTheZoneWhereNoneIsNamed() throws {
    let zone = ZoneOffset(minutes: 120)
    let reader = try timeReader("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M %z", "auto", zone: zone)
    #expect(read(reader, "1970-01-01 02:00", .string) == time(0, 0, isString: true))
    #expect(read(reader, "1970-01-01 02:00 +0000", .string) == time(7_200_000, 1, isString: true))
    #expect(read(reader, "1970-01-01T02:00:00", .string) == time(0, 2, isString: true))
  }

  // MARK: Years that are not told

  private func times(_ reader: TimeReader, _ texts: [String]) -> [String] {
    var reader = reader
    return texts.map { text in
      reader.milliseconds(text).map { EventTime(milliseconds: $0).internetText } ?? "none"
    }
  }

  @Test func goesOnIntoTheNextYearAndBack() throws {
    let reader = try timeReader("%b %d %H:%M:%S", year: 2017)
    #expect(
      times(reader, ["Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58", "Jul 9 00:00:00"])
        == [
          "2017-12-31T23:59:59.000Z", "2018-01-01T00:00:01.000Z", "2017-12-31T23:59:58.000Z",
          "2017-07-09T00:00:00.000Z",
        ])
  }

  @Test func theFirstIsNotAheadOfTheClock() throws {
    let reader = try timeReader("%m-%d %H", now: "2024-01-05T12:00:00Z")
    #expect(times(reader, ["12-20 00"]) == ["2023-12-20T00:00:00.000Z"])
    #expect(times(reader, ["01-06 11"]) == ["2024-01-06T11:00:00.000Z"])
    #expect(times(reader, ["01-06 13"]) == ["2023-01-06T13:00:00.000Z"])
    #expect(times(reader, ["02-29 00"]) == ["2020-02-29T00:00:00.000Z"])
    let winter = try timeReader("%m-%d", now: "2024-12-31T12:00:00Z")
    #expect(times(winter, ["01-01"]) == ["2025-01-01T00:00:00.000Z"])
  }

  @Test func februaryHas29DaysWhereItHas() throws {
    let reader = try timeReader("%m-%d", year: 2023)
    #expect(times(reader, ["02-29"]) == ["none"])
    #expect(
      times(reader, ["12-31", "02-29", "03-01"]) == [
        "2023-12-31T00:00:00.000Z", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z",
      ])
    #expect(times(reader, ["03-01", "02-29"]).last == "2024-02-29T00:00:00.000Z")
    #expect(times(try timeReader("%m-%d", year: 2022), ["12-31", "02-29"]).last == "none")
  }

  @Test func daysOfAYearAreOfSomeYear() throws {
    let reader = try timeReader("%j %H", year: 2023)
    #expect(
      times(reader, ["365 0", "1 0", "366 0", "1 0", "2 0", "366 0"]) == [
        "2023-12-31T00:00:00.000Z", "2024-01-01T00:00:00.000Z", "2024-12-31T00:00:00.000Z",
        "2025-01-01T00:00:00.000Z", "2025-01-02T00:00:00.000Z", "2024-12-31T00:00:00.000Z",
      ])
  }

  @Test func theYearIsThatOfTheZone() throws {
    let reader = try timeReader(
      "%m-%d %H", zone: ZoneOffset(minutes: -300), now: "2024-01-01T02:00:00Z")
    #expect(times(reader, ["12-31 21"]) == ["2024-01-01T02:00:00.000Z"])
  }

  @Test func othersThanTextsWithoutAYearMoveTheYear() throws {
    let reader = try timeReader("%m-%d", "auto", year: 2017)
    #expect(
      times(reader, ["2030-06-01T00:00:00Z", "06-02"]).last == "2030-06-02T00:00:00.000Z")
  }

  @Test func aRunThatIsCutReadsAsOneThatIsNot() throws {
    let texts = (0..<40).map { LibcTime.write(1_480_000_000 + $0 * 3_000_000, "%b %d %H:%M:%S") }
    let whole = times(try timeReader("%b %d %H:%M:%S", year: 2016), texts)
    for cut in 0...texts.count {
      var first = try timeReader("%b %d %H:%M:%S", year: 2016)
      let before = texts[..<cut].map { first.milliseconds($0) ?? 0 }
      var second = try timeReader("%b %d %H:%M:%S", year: 2016)
      second.last = first.last
      let after = texts[cut...].map { second.milliseconds($0) ?? 0 }
      #expect((before + after).map { EventTime(milliseconds: $0).internetText } == whole)
    }
    #expect(whole.last == EventTime(milliseconds: 1_597_000_000_000).internetText)
  }

  @Test func timesAtTheEndsOf64BitsAreNoTrouble() throws {
    for extreme in [Int64.min, .max] {
      var reader = try timeReader("%m-%d")
      reader.last = EventTime(milliseconds: extreme)
      _ = reader.milliseconds("02-28")
      reader.last = .beforeAll
      var early = TimeReader(reader.formats, now: EventTime(milliseconds: extreme))
      _ = early.milliseconds("02-28")
    }
  }
}
