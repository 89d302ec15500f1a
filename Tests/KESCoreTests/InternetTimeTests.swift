// Times in RFC 3339, against strptime for what it reads.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct InternetTimeTests {
  private func read(_ text: String, zone: ZoneOffset = .utc) -> Int64? {
    withUTF8Bytes(of: text) { InternetTime.read($0, zone: zone) }
  }

  private func rewrite(_ text: String, _ milliseconds: Int64, zone: ZoneOffset = .utc) -> String {
    KESCoreTests.text { output in
      withUTF8Bytes(of: text) {
        InternetTime.append(milliseconds, like: $0, zone: zone, to: &output)
      }
    }
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2023-11-14T22:13:20Z", 1_700_000_000_000),
      ("2023-11-14t22:13:20z", 1_700_000_000_000), ("2023-11-14 22:13:20Z", 1_700_000_000_000),
      ("2023-11-14T22:13:20", 1_700_000_000_000), ("2023-11-14T22:13:20.1Z", 1_700_000_000_100),
      ("2023-11-14T22:13:20.12Z", 1_700_000_000_120),
      ("2023-11-14T22:13:20.123Z", 1_700_000_000_123),
      ("2023-11-14T22:13:20,123Z", 1_700_000_000_123),
      ("2023-11-14T22:13:20.123999999Z", 1_700_000_000_123),
      ("2023-11-14T22:13:20.0009+00:00", 1_700_000_000_000),
      ("2023-11-14T22:13:20+02:00", 1_699_992_800_000),
      ("2023-11-14T22:13:20-0230", 1_700_009_000_000),
      ("2023-11-14T22:13:20.5-23:59", 1_700_086_340_500),
      ("2023-11-14T22:13:20-00:00", 1_700_000_000_000),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
      ("2000-02-29T00:00:00Z", 951_782_400_000), ("1969-12-31T23:59:59.999Z", -1),
      ("1969-12-31T23:59:59.9999Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
      ("0000-01-01T00:00:00+23:59", -62_167_305_540_000),
      ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
      ("9999-12-31T23:59:59.999-23:59", 253_402_387_139_999),
    ] as [(String, Int64)])
  func readsTimes(written: String, milliseconds: Int64) {
    #expect(read(written) == milliseconds)
  }

  @Test(
    arguments: [
      "", "2023", "2023-11-14", "2023-11-14T22:13Z", "2023-13-14T22:13:20Z",
      "2023-00-14T22:13:20Z", "2023-11-31T22:13:20Z", "2023-11-00T22:13:20Z",
      "2023-02-29T22:13:20Z", "1900-02-29T22:13:20Z", "2023-11-14T24:00:00Z",
      "2023-11-14T22:60:20Z", "2023-11-14T22:13:61Z", "2023-11-14T22:13:20.Z",
      "2023-11-14T22:13:20.", "2023-11-14T22:13:20.1x", "2023-11-14T22:13:20ZZ",
      "2023-11-14T22:13:20 Z", "2023-11-14T22:13:20Z ", " 2023-11-14T22:13:20Z",
      "2023-11-14T22:13:20+02", "2023-11-14T22:13:20+2:00", "2023-11-14T22:13:20+24:00",
      "2023-11-14T22:13:20+02:60", "2023-11-14T22:13:20+02:0", "2023-11-14T22:13:20+",
      "2023-11-14T22:13:20CET", "2023/11/14T22:13:20Z", "2023-11-14_22:13:20Z",
      "2023-11-14T22.13.20Z", "2023-11-14T22:13:2Z", "+023-11-14T22:13:20Z",
      "20231114T221320Z", "2023-1-14T22:13:20Z", "２０23-11-14T22:13:20Z",
      "2023-11-14T22:13:20\u{1D7D9}", "12023-11-14T22:13:20Z", "2023-11-14T2\u{0}:13:20Z",
      "2023-11-14T2::13:20Z", "2023-11-14T2/:13:20Z",
    ])
  func refusesWhatIsNone(written: String) {
    #expect(read(written) == nil)
  }

  @Test func takesTheZoneOfTextsThatNameNone() {
    let zone = ZoneOffset(minutes: 90)
    #expect(read("1970-01-01 01:30:00.5", zone: zone) == 500)
    #expect(read("1970-01-01 01:30:00.5Z", zone: zone) == 5_400_500)
  }

  @Test(arguments: 0..<4) func readsWhatStrptimeDoes(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      let seconds = Int.random(in: -62_167_219_200...253_402_300_799, using: &generator)
      let written = LibcTime.write(seconds, "%Y-%m-%dT%H:%M:%S")
      let padded = String(repeating: "0", count: 19 - written.count) + written
      #expect(read(padded + "Z") == Int64(seconds) * 1000, "\(padded)")
      let hours = Int.random(in: -14...14, using: &generator)
      let offset = String(format: "%+03d:%02d", hours, Int.random(in: 0..<60, using: &generator))
      let judged = try LibcTime.read(padded + offset, "%Y-%m-%dT%H:%M:%S%z")
      #expect(
        read(padded + offset) == judged.map { Int64($0.seconds) * 1000 }, "\(padded)\(offset)")
    }
  }

  /// Every byte of a time put in place of every other: strptime is asked whether it is one still.
  @Test func refusesWhatStrptimeRefuses() throws {
    let written = Array("2024-02-29T23:59:59+02:00".utf8)
    for place in 0..<written.count {
      for byte in UInt8(0x20)..<0x7F {
        var changed = written
        changed[place] = byte
        let text = String(decoding: changed, as: UTF8.self)
        // Of these strptime has its own opinion: shorter numbers, and what may stand between.
        if byte == 0x20 || (place == 10 && byte == UInt8(ascii: "t")) { continue }
        let judged = try LibcTime.read(text, "%Y-%m-%dT%H:%M:%S%z")
        let isOne = judged.map { $0.isWhole && $0.isReal } ?? false
        #expect(read(text) == (isOne ? judged.map { Int64($0.seconds) * 1000 } : nil), "\(text)")
      }
    }
  }

  @Test(
    arguments: [
      ("2023-11-14T22:13:20Z", 1_700_000_001_999, "2023-11-14T22:13:21Z"),
      ("2023-11-14t22:13:20z", 1_700_000_001_000, "2023-11-14t22:13:21z"),
      ("2023-11-14 22:13:20,5Z", 1_700_000_001_678, "2023-11-14 22:13:21,6Z"),
      ("2023-11-14T22:13:20.123456Z", 1_700_000_001_678, "2023-11-14T22:13:21.678456Z"),
      ("2023-11-14T22:13:20.12+02:00", 1_700_000_001_678, "2023-11-15T00:13:21.67+02:00"),
      ("2023-11-14T22:13:20.123456789-0130", -1, "1969-12-31T22:29:59.999456789-0130"),
      ("2016-12-31T23:59:60Z", 0, "1970-01-01T00:00:00Z"),
      ("2023-11-14T22:13:20Z", .max, "9999-12-31T23:59:59Z"),
      ("2023-11-14T22:13:20.123+01:00", .max, "9999-12-31T23:59:59.999+01:00"),
      ("2023-11-14T22:13:20.123-01:00", .min, "0000-01-01T00:00:00.000-01:00"),
    ] as [(String, Int64, String)])
  func keepsTheSpelling(old: String, milliseconds: Int64, written: String) {
    #expect(rewrite(old, milliseconds) == written)
  }

  @Test func keepsThatNoZoneIsNamed() {
    #expect(
      rewrite("2023-11-14 22:13:20.123", 0, zone: ZoneOffset(minutes: -60))
        == "1969-12-31 23:00:00.000")
  }

  @Test(arguments: 0..<4) func isReadAsWhatIsWritten(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let offsets = ["", "Z", "z", "+00:00", "+0530", "-11:45"]
    for _ in 0..<4000 {
      let zone = ZoneOffset(minutes: Int64.random(in: -1000...1000, using: &generator))
      let digits = (0..<Int.random(in: 3...9, using: &generator)).map { _ in
        String(Int.random(in: 0...9, using: &generator))
      }
      let old =
        "2023-11-14T22:13:20." + digits.joined() + (offsets.randomElement(using: &generator) ?? "")
      let time = Int64.random(in: -62_000_000_000_000...253_000_000_000_000, using: &generator)
      let written = rewrite(old, time, zone: zone)
      #expect(read(written, zone: zone) == time, "\(old) \(time)")
      #expect(written.count == old.count)
      #expect(rewrite(old, read(old, zone: zone) ?? 0, zone: zone) == old)
    }
  }

  @Test(
    arguments: [
      ("UTC", 0), ("utc", 0), ("Z", 0), ("+02:00", 120), ("-0530", -330), ("+00:00", 0),
      ("+23:59", 1439),
    ])
  func knowsZones(written: String, minutes: Int64) {
    #expect(ZoneOffset(written) == ZoneOffset(minutes: minutes))
  }

  @Test(arguments: ["", "+", "+2", "+02", "02:00", "+24:00", "+02:60", "Europe/Berlin", "+02:00 "])
  func knowsNoOthers(written: String) {
    #expect(ZoneOffset(written) == nil)
  }

  @Test func countsDaysAsTheCalendarDoes() {
    var days: Int64 = -719_528
    for year in 0...2600 as ClosedRange<Int64> {
      for month in 1...12 as ClosedRange<Int64> {
        for day in 1...CivilDate.days(in: month, of: year) {
          let date = CivilDate(year: year, month: month, day: day)
          #expect(date.daysSinceEpoch == days && CivilDate(daysSinceEpoch: days) == date)
          days += 1
        }
      }
    }
    for extreme in [Int64.min, .max] {
      let days = extreme / 86_400_000
      #expect(CivilDate(daysSinceEpoch: days).daysSinceEpoch == days)
    }
  }
}
