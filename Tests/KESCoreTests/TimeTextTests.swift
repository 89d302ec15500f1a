// Times and durations as people read them.

import Foundation
import TestSupport
import Testing

@testable import KESCore

@Suite struct TimeTextTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
      (253_402_300_800_000, "253402300800000"), (-62_167_219_200_001, "-62167219200001"),
      (.max, "9223372036854775807"), (.min, "-9223372036854775808"),
    ] as [(Int64, String)])
  func writesTimesInUTC(milliseconds: Int64, written: String) {
    #expect(text { $0.append(internetTime: milliseconds) } == written)
  }

  @Test func writesTimesAsFoundationDoes() {
    var generator = SeededGenerator(seed: 1)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
    for _ in 0..<2000 {
      // From 1600 on, where Foundation's calendar is the Gregorian one too.
      let seconds = Int64.random(in: -11_000_000_000...250_000_000_000, using: &generator)
      let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(style)
      let written = text { $0.append(internetTime: seconds * 1000) }
      #expect(written == expected.dropLast() + ".000Z")
    }
  }

  @Test(
    arguments: [
      (0, "0.000s"), (300, "0.300s"), (59_999, "59.999s"), (60_000, "1m00.000s"),
      (125_120, "2m05.120s"), (3_600_000, "1h00m00.000s"), (86_400_000, "1d00h00m00.000s"),
      (266_525_120, "3d02h02m05.120s"), (.max, "213503982334d14h25m51.615s"),
    ] as [(UInt64, String)])
  func writesDurations(milliseconds: UInt64, written: String) {
    #expect(text { $0.append(duration: milliseconds) } == written)
  }
}
