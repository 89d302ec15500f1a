// Times written in the format that they came in.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct TimeWriterTests {
  private func formats(_ texts: [String], zone: ZoneOffset = .utc) throws -> TimeFormats {
    TimeFormats(try texts.map { try TimeFormat($0) }, zone: zone)
  }

  private func value(
    _ formats: TimeFormats, _ time: Int64, format: Int = 0, isString: Bool = true,
    like old: String? = nil
  ) -> String {
    let form = TimeForm(format: format, isString: isString)
    return KESCoreTests.text { output in
      let time = EventTime(milliseconds: time)
      guard let old else {
        return TimeWriter(formats).appendValue(time, as: form, to: &output)
      }
      withUTF8Bytes(of: old) {
        TimeWriter(formats).appendValue(time, like: $0, as: form, to: &output)
      }
    }
  }

  /// What a reader of the formats makes of a JSON value.
  private func read(_ formats: TimeFormats, _ value: String, near time: Int64) -> Int64? {
    var reader = TimeReader(formats, now: EventTime(milliseconds: time))
    reader.last = EventTime(milliseconds: time)
    guard value.hasPrefix("\"") else { return reader.milliseconds(value, .number) }
    return reader.milliseconds(
      KESCoreTests.text { output in
        withUTF8Bytes(of: String(value.dropFirst().dropLast())) {
          JSONText.unescape($0, to: &output)
        }
      })
  }

  @Test(
    arguments: [
      ("auto", 1_700_000_000_123, "1700000000123", "\"2023-11-14T22:13:20.123Z\""),
      ("auto", -1, "-1", "\"1969-12-31T23:59:59.999Z\""),
      ("auto", .max, "9223372036854775807", "\"9999-12-31T23:59:59.999Z\""),
      ("auto", .min, "-9223372036854775808", "\"0000-01-01T00:00:00.000Z\""),
      ("s", 1_700_000_000_123, "1700000000.123", "\"1700000000.123\""),
      ("s", 1_700_000_000_000, "1700000000", "\"1700000000\""), ("s", 5, "0.005", "\"0.005\""),
      ("s", -5, "-0.005", "\"-0.005\""), ("s", -1500, "-1.500", "\"-1.500\""),
      ("s", .max, "9223372036854775.807", "\"9223372036854775.807\""),
      ("ms", 1_700_000_000_123, "1700000000123", "\"1700000000123\""),
      ("us", 1_700_000_000_123, "1700000000123000", "\"1700000000123000\""),
      ("us", 0, "0", "\"0\""),
      ("ns", 1_700_000_000_123, "1700000000123000000", "\"1700000000123000000\""),
      ("ns", .min, "-9223372036854775808000000", "\"-9223372036854775808000000\""),
      ("rfc3339", 0, "\"1970-01-01T00:00:00.000Z\"", "\"1970-01-01T00:00:00.000Z\""),
      ("%Y%m%d", 1_700_000_000_123, "20231114", "\"20231114\""),
      ("%d%m%Y", 0, "\"01011970\"", "\"01011970\""),
      ("%b %e %I:%M %p", 0, "\"Jan  1 12:00 AM\"", "\"Jan  1 12:00 AM\""),
      ("%s.%f", -1500, "-2.500", "\"-2.500\""), ("%s", -1500, "-2", "\"-2\""),
      ("%a, %d %B %Y %H:%M:%S %Z", 0, nil, "\"Thu, 01 January 1970 00:00:00 UTC\""),
      ("%y-%j", .max, nil, "\"68-366\""), ("%y-%j", .min, nil, "\"69-001\""),
      ("\"%H\\\"%n%%\t%M", 0, nil, "\"\\\"00\\\\\\\" %\\t00\""),
    ] as [(String, Int64, String?, String)])
  func writesAsItCame(format: String, time: Int64, number: String?, string: String) throws {
    let formats = try formats([format])
    #expect(value(formats, time) == string)
    if let number {
      let isNumber = format != "rfc3339"
      #expect(value(formats, time, isString: !isNumber) == number)
    }
  }

  @Test func writesTheTimeOfTheZone() throws {
    let zone = ZoneOffset(minutes: -90)
    #expect(value(try formats(["%Y-%m-%d %H:%M"], zone: zone), 0) == "\"1969-12-31 22:30\"")
    #expect(value(try formats(["%H:%M %z"], zone: zone), 0) == "\"22:30 -0130\"")
    #expect(value(try formats(["%H:%M %Z"], zone: zone), 0) == "\"00:00 UTC\"")
    #expect(value(try formats(["rfc3339"], zone: zone), 0) == "\"1970-01-01T00:00:00.000Z\"")
  }

  /// Formats that tell milliseconds give them back, and others what their smallest unit is rounded down.
  @Test(arguments: 0..<4) func isReadAsWhatIsWritten(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let patterns: [(String, Int64)] = [
      ("auto", 1), ("rfc3339", 1), ("s", 1), ("ms", 1), ("us", 1), ("ns", 1), ("%s.%f", 1),
      ("%s", 1000), ("%Y-%m-%d %H:%M:%S.%f", 1), ("%Y-%m-%d %H:%M:%S.%f %z", 1),
      ("%d/%b/%Y:%H:%M:%S %z", 1000), ("%b %e %I:%M:%S,%f %p", 1), ("%B %d %H:%M", 60_000),
      ("%j %Y %H", 3_600_000), ("%a %b %e %H:%M:%S %Z %Y", 1000), ("%Y%m%d%H%M%S%f", 1),
    ]
    for _ in 0..<2000 {
      let (pattern, unit) = patterns.randomElement(using: &generator) ?? ("auto", 1)
      // In whole hours, or the hour would not be a unit.
      let zone = ZoneOffset(minutes: 60 * Int64.random(in: -12...12, using: &generator))
      let isString =
        pattern == "rfc3339" || pattern.contains("%") || generator.chance(50)
      let formats = try formats([pattern], zone: zone)
      let range: ClosedRange<Int64> =
        !isString && generator.chance(20)
        ? .min ... .max : -62_000_000_000_000...253_000_000_000_000
      let time = Int64.random(in: range, using: &generator)
      let written = value(formats, time, isString: isString)
      let floor = time - time.flooredDivision(by: unit).remainder
      #expect(read(formats, written, near: time) == floor, "\(pattern) \(zone) \(time) \(written)")
    }
  }

  @Test func takesAFormatThatIsReadAgain() throws {
    let formats = try formats(["%d/%m/%Y", "%m/%d/%Y", "rfc3339"])
    // Written month first it would be read day first.
    let ambiguous: Int64 = 1_675_209_600_000  // 1 February
    #expect(value(formats, ambiguous, format: 1) == "\"01/02/2023\"")
    #expect(read(formats, value(formats, ambiguous, format: 1), near: ambiguous) == ambiguous)
    #expect(value(formats, ambiguous + 86_400_000 * 20, format: 1) == "\"02/21/2023\"")
    // Only RFC 3339 tells these milliseconds.
    #expect(value(formats, ambiguous + 1, format: 1) == "\"2023-02-01T00:00:00.001Z\"")
    #expect(value(formats, ambiguous + 1, format: 0) == "\"01/02/2023\"")
  }

  @Test(
    arguments: [
      ("s", "1700000000", 1_700_000_001_999, "1700000001"),
      ("s", "1700000000.5", 1_700_000_001_678, "1700000001.6"),
      ("s", "1700000000.123456", 1_700_000_001_678, "1700000001.678456"),
      ("s", "0.5", 5, "0.0"), ("s", "0.555", 5, "0.005"), ("s", "1700000000.12", -1, "-0.01"),
      ("s", "1700000000.123456", -1, "-0.001000"), ("s", "-0.0005", 1000, "1.0000"),
      ("s", "1.7e9", 1_700_000_001_678, "1700000001.678"), ("ms", "1.7e12", 1, "1"),
      ("ms", "1700000000000.123", 5, "5.123"), ("us", "1700000000123456", 5, "5456"),
      ("us", "5", 1, "1005"), ("us", "1005", 0, "5"), ("us", "1005.25", 0, "5.25"),
      ("ns", "1700000000123456789", 1_700_000_001_678, "1700000001678456789"),
      ("ns", "1700000000000000000", 0, "0"), ("auto", "1700000000000", 5, "5"),
      ("%Y%m%d", "20231114", 0, "19700101"),
    ] as [(String, String, Int64, String)])
  func keepsTheDigitsOfNumbers(format: String, old: String, time: Int64, written: String) throws {
    let formats = try formats([format])
    #expect(value(formats, time, isString: false, like: old) == written)
    if format != "auto" && !old.contains("e") {
      #expect(value(formats, time, like: old) == "\"\(written)\"")
    }
  }

  @Test(
    arguments: [
      ("auto", "2023-11-14 22:13:20.123456+02:00", "\"1970-01-01 02:00:01.678456+02:00\""),
      ("%H:%M:%S.%f %z", "22:13:20.12 +01:00", "\"01:00:01.67 +01:00\""),
      ("%H:%M:%S.%f %z", "22:13:20.123456 -0100", "\"23:00:01.678456 -0100\""),
      ("%H:%M:%S%z", "22:13:20Z", "\"00:00:01Z\""),
      ("%H:%M:%S%z", "22:13:20+01", "\"01:00:01+01\""),
      ("%H:%M:%S %Z", "22:13:20 GMT", "\"00:00:01 GMT\""), ("%s.%f", "1700000000.5", "\"1.6\""),
      ("%s", "1700000000", "\"1\""),
    ])
  func keepsTheSpellingOfTexts(format: String, old: String, written: String) throws {
    #expect(value(try formats([format]), 1678, like: old) == written)
  }

  /// Moved by whole milliseconds and read again: moved by as many, whatever stands behind them.
  @Test(arguments: 0..<4) func movesWhatStandsBehindTheMillisecondWithIt(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let unit = CountedUnit.allCases.randomElement(using: &generator) ?? .seconds
      let formats = try formats([unit.name])
      let decimals = Int.random(in: (unit == .seconds ? 3 : 0)...9, using: &generator)
      var old = "\(Int64.random(in: 1_000_000_000_000_000_000 ... .max, using: &generator))"
      old = String(old.prefix(Int.random(in: 1...(unit == .seconds ? 15 : 18), using: &generator)))
      if decimals > 0 {
        old +=
          "." + (0..<decimals).map { _ in "\(Int.random(in: 0...9, using: &generator))" }.joined()
      }
      let before = try #require(read(formats, old, near: 0))
      let after = Int64.random(in: 0...2_000_000_000_000, using: &generator)
      let written = value(formats, after, isString: false, like: old)
      #expect(read(formats, written, near: 0) == after, "\(unit.name) \(old) \(written)")
      #expect(value(formats, before, isString: false, like: written) == old, "\(unit.name) \(old)")
    }
  }

  @Test func writesBareTextForStringsThatAreNotJSON() throws {
    let writer = TimeWriter(try formats(["\"%H\""]))
    let written = KESCoreTests.text {
      writer.appendText(
        EventTime(milliseconds: 0), as: TimeForm(format: 0, isString: true), to: &$0)
    }
    #expect(written == "\"00\"")
  }
}
