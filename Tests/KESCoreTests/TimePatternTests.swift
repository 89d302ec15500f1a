// Patterns of times, against strptime and strftime of the C library.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct TimePatternTests {
  /// What `pattern` reads of `text`, in milliseconds; nil where it does not fit.
  private func read(_ text: String, _ pattern: String) throws -> Int64? {
    var reader = TimeReader(
      TimeFormats([try TimeFormat(pattern)]), now: EventTime(milliseconds: 0))
    return reader.milliseconds(text)
  }

  @Test(
    arguments: [
      ("%Y-%m-%d", "2023-11-14", 1_699_920_000_000),
      ("%Y-%m-%d", "0000-01-01", -62_167_219_200_000),
      ("%Y%m%d", "20231114", 1_699_920_000_000), ("%Y-%j", "2023-318", 1_699_920_000_000),
      ("%Y-%j", "2024-366", 1_735_603_200_000), ("%y-%m-%d", "68-1-1", 3_092_601_600_000),
      ("%y-%m-%d", "69-1-1", -31_536_000_000), ("%Y %b %d", "2023 nov 14", 1_699_920_000_000),
      ("%Y %B %d", "2023 November 14", 1_699_920_000_000),
      ("%Y %b %d", "2023 NOVEMBER 14", 1_699_920_000_000),
      ("%Y %B %d", "2023 May 1", 1_682_899_200_000),
      ("%a %Y-%m-%d", "tuesday 2023-11-14", 1_699_920_000_000),
      ("%a %Y-%m-%d", "Fri 2023-11-14", 1_699_920_000_000), ("%Y", "2023", 1_672_531_200_000),
      ("%Y-%m", "2023-11", 1_698_796_800_000), ("%H:%M:%S", "00:00:01", 1000),
      ("%I:%M %p", "12:30 am", 1_800_000), ("%I:%M %p", "12:30 PM", 45_000_000),
      ("%p %I", "pm 1", 46_800_000), ("%S.%f", "1.5", 1500), ("%S.%f", "1.0009", 1000),
      ("%S.%f", "59.999999999999999999999", 59_999), ("%S", "60", 60_000),
      ("%s", "1700000000", 1_700_000_000_000), ("%s.%f", "1700000000.25", 1_700_000_000_250),
      ("%s.%f", "-2.5", -1500), ("%H%z", "2+0130", 1_800_000), ("%H %z", "2 -01:30", 12_600_000),
      ("%H%z", "2Z", 7_200_000), ("%H%z", "2+01", 3_600_000), ("%H %Z", "2 GMT", 7_200_000),
      ("%H %Z", "2 utc", 7_200_000), ("%H%%", "2%", 7_200_000), ("%H%n%M", "2 \t\n1", 7_260_000),
      ("%H %M", "31", 10_860_000), ("%H%M", "0201", 7_260_000),
      ("%e.%m.%Y", " 4.1.1970", 259_200_000),
      ("%Y年%m月%d日", "2023年11月14日", 1_699_920_000_000), ("[%H]", "[2]", 7_200_000),
      ("%H", "  2", 7_200_000),
    ] as [(String, String, Int64)])
  func readsWhatAPatternTells(pattern: String, written: String, milliseconds: Int64) throws {
    #expect(try read(written, pattern) == milliseconds)
  }

  @Test(
    arguments: [
      ("%Y-%m-%d", "2023-13-01"), ("%Y-%m-%d", "2023-00-01"), ("%Y-%m-%d", "2023-02-29"),
      ("%Y-%m-%d", "1900-02-29"), ("%Y-%m-%d", "2023-04-31"), ("%Y-%m-%d", "2023-04-00"),
      ("%Y-%m-%d", "2023-11-14 "), ("%Y-%m-%d", "2023-11-14T"), ("%Y-%m-%d", ""),
      ("%Y-%m-%d", "2023-11"), ("%Y-%m-%d", "٢٠٢٣-11-14"), ("%Y-%m-%d", "2023–11–14"),
      ("%Y-%m-%d", "-2023-11-14"), ("%Y-%m-%d", "2023-+1-14"), ("%Y-%j", "2023-366"),
      ("%Y-%j", "2023-0"), ("%Y-%j", "2024-367"), ("%H", "24"), ("%I %p", "0 AM"),
      ("%I %p", "13 AM"), ("%I %p", "1 XM"), ("%M", "60"), ("%S", "61"), ("%S.%f", "1."),
      ("%S.%f", "1.x"), ("%b", "Nob"), ("%b", "No"), ("%a", "Xyz"), ("%a", "Tuex"),
      ("%H%z", "2"), ("%H%z", "2+1"), ("%H%z", "2+0160"), ("%H%z", "2+2400"), ("%H%z", "2 0100"),
      ("%H %Z", "2 CET"), ("%s", ""), ("%s", "-"), ("%s", "1.5"), ("%s", "+1"), ("%H:%M", "2"),
      ("%H%%", "2"), ("%y", "-1"), ("%H:%M", "2 :1"), ("%H", "\u{0}2"),
    ] as [(String, String)])
  func refusesWhatIsNoTime(pattern: String, written: String) throws {
    #expect(try read(written, pattern) == nil)
  }

  @Test func refusesSecondsThat64BitsDoNotHold() throws {
    var reader = TimeReader(TimeFormats([try TimeFormat("%s")]), now: EventTime(milliseconds: 0))
    for written in ["9223372036854776", "9223372036854775807", "-99999999999999999999999999"] {
      let reading = withUTF8Bytes(of: written) { reader.read(.string, $0) }
      #expect(reading == .fault(.outOfRange), "\(written)")
    }
    #expect(reader.milliseconds("9223372036854775") == 9_223_372_036_854_775_000)
    #expect(reader.milliseconds("-9223372036854775") == -9_223_372_036_854_775_000)
  }

  // MARK: Random patterns

  private static let dates = [
    "%Y-%m-%d", "%d/%b/%Y", "%e %B %Y", "%Y-%j", "%y%m%d", "%a, %d %b %Y", "%m/%d/%y", "%Y%m%d",
    "%b %e %Y", "%d.%m.%Y", "%j %Y",
  ]
  private static let clocks = [
    "%H:%M:%S", "%I:%M:%S %p", "%H%M%S", "%p %I.%M.%S", "%H:%M", "%S %M %H", "%M'%S\" %H",
  ]
  private static let joints = [" ", "T", ":", "%n", "%%", " at ", "", "\t", " \\ ", "ü"]

  private func randomPattern(_ generator: inout SeededGenerator) -> String {
    var parts = [Self.dates, Self.clocks].compactMap { $0.randomElement(using: &generator) }
    if generator.chance(30) { parts.swapAt(0, 1) }
    let joint = Self.joints.randomElement(using: &generator) ?? " "
    let isTight = joint.isEmpty && (parts[0].hasSuffix("e") || parts[1].hasPrefix("%S"))
    var pattern = parts.joined(separator: isTight ? " " : joint)
    if generator.chance(30) { pattern += generator.chance(50) ? " %z" : "%z" }
    return pattern
  }

  private func randomSeconds(_ generator: inout SeededGenerator, _ pattern: String) -> Int {
    let isShort = pattern.contains("%y")
    return Int.random(
      in: isShort ? -31_536_000...3_124_223_999 : -62_135_596_800...253_402_300_799,
      using: &generator)
  }

  @Test(arguments: 0..<8) func readsWhatStrftimeWritesAsStrptimeDoes(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let pattern = randomPattern(&generator)
      let written = LibcTime.write(randomSeconds(&generator, pattern), pattern)
      let judged = try LibcTime.read(written, pattern).map { Int64($0.seconds) * 1000 }
      #expect(try read(written, pattern) == judged, "\(pattern) \(written)")
    }
  }

  /// Texts with a few bytes changed, put in or left out: what strptime refuses is refused, and what it
  /// reads is read as the same, if there is such a day.
  @Test(arguments: 0..<8) func refusesWhatStrptimeRefuses(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      let pattern = randomPattern(&generator)
      var bytes = Array(LibcTime.write(randomSeconds(&generator, pattern), pattern).utf8)
      for _ in 0...Int.random(in: 0..<3, using: &generator) { change(&bytes, &generator) }
      let written = String(decoding: bytes, as: UTF8.self)
      let ours = try read(written, pattern)
      guard let judged = try LibcTime.read(written, pattern), judged.isWhole else {
        #expect(ours == nil, "\(pattern) \(written)")
        continue
      }
      if let ours {
        #expect(ours == Int64(judged.seconds) * 1000, "\(pattern) \(written)")
      } else {
        #expect(!judged.isReal, "\(pattern) \(written)")
      }
    }
  }

  private func change(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    let byte = Array("0123456789 :-+AaPpMmNov/ZT.".utf8).randomElement(using: &generator) ?? 0x20
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: bytes[place] = byte
    case 1: bytes.insert(byte, at: place)
    default: if bytes.count > 1 { bytes.remove(at: place) }
    }
  }
}

extension TimeReader {
  /// What is read of a string; nil where it is a fault.
  mutating func milliseconds(_ text: String, _ kind: ValueKind = .string) -> Int64? {
    withUTF8Bytes(of: text) { bytes in
      if case .time(let time, _) = read(kind, bytes) { time.milliseconds } else { nil }
    }
  }
}
