// The text of --time-format, and what is said of times that are none.

import Testing

@testable import KESCore

@Suite struct TimeFormatTests {
  private func problem(_ text: String) -> TimeFormatError? {
    do throws(TimeFormatError) {
      _ = try TimeFormat(text)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    arguments: [
      ("auto", .auto), ("rfc3339", .rfc3339), ("s", .count(.seconds)),
      ("ms", .count(.milliseconds)),
      ("us", .count(.microseconds)), ("ns", .count(.nanoseconds)),
    ] as [(String, TimeFormat)])
  func knowsItsNames(text: String, format: TimeFormat) throws {
    #expect(try TimeFormat(text) == format)
    #expect(format.description == text)
  }

  @Test func keepsThePatternAsItWasWritten() throws {
    let text = "%Y-%m-%d %H:%M:%S.%f %b %B %a %j %z %Z %s %n %% %y %e %I %p"
    #expect(try TimeFormat(text).description == text)
  }

  @Test(
    arguments: [
      ("", .unknownName, nil), ("seconds", .unknownName, nil), ("AUTO", .unknownName, nil),
      ("%", .lonePercent, 0), ("%Y-%", .lonePercent, 3), ("%Y %Q", .unknownDirective("Q"), 3),
      ("é%Y %é", .unknownDirective("é"), 4), ("%Y %3N", .unknownDirective("3"), 3),
      ("%%", .noDirective, nil), ("%n", .noDirective, nil), ("100 %%", .noDirective, nil),
      ("%Y-%d", .dayWithoutMonth, nil), ("%e %H", .dayWithoutMonth, nil),
      ("%Y-%m-%d %I:%M", .halfDayUnknown, nil),
    ] as [(String, TimeFormatError.Problem, Int?)])
  func saysWhatIsWrongAndWhere(text: String, problem: TimeFormatError.Problem, place: Int?) {
    let found = self.problem(text)
    #expect(found?.problem == problem)
    #expect(found?.place == place)
  }

  @Test(
    arguments: [
      (
        "%Y %Q",
        "unknown directive %Q at character 4 of \"%Y %Q\", which is %f here; there are %Y %y %m %d %e "
          + "%H %I %p %M %S %f %b %B %a %j %z %Z %s %n %%"
      ),
      (
        "%F %T",
        "unknown directive %F at character 1 of \"%F %T\", which is %Y-%m-%d here; there are %Y %y %m "
          + "%d %e %H %I %p %M %S %f %b %B %a %j %z %Z %s %n %%"
      ),
      (
        "iso8601",
        "\"iso8601\" is no time format, rfc3339 is; there are auto, s, ms, us, ns, rfc3339, and "
          + "patterns as strptime(3) has them, such as '%Y-%m-%d %H:%M:%S'"
      ),
      ("%Y%", "a lone % at character 3 of \"%Y%\"; %% stands for itself"),
      ("%d.", "\"%d.\" has a day and no month; add %m, %b or %B, or use %j"),
      (
        "%I:%M", "\"%I:%M\" has hours of half a day (%I) and not which half; add %p, or use %H"
      ),
    ])
  func saysItInWords(text: String, message: String) {
    #expect(problem(text)?.description == message)
  }

  @Test(arguments: ["%p %I", "%I %H", "%d %b", "%e %B", "%j", "%d %s", "%Y", "%H"])
  func takesWhatTellsATime(text: String) {
    #expect(problem(text) == nil)
  }

  // MARK: What is said of values

  private func reason(_ text: String, _ kind: ValueKind, _ formats: String...) throws -> String {
    let formats = TimeFormats(try formats.map { try TimeFormat($0) })
    var reader = TimeReader(formats, now: EventTime(milliseconds: 0))
    return try withUTF8Bytes(of: text) { bytes in
      guard case .fault(let fault) = reader.read(kind, bytes) else {
        throw TimeFormatError(.noDirective, in: "it is a time")
      }
      return formats.reason(for: fault, kind, bytes)
    }
  }

  @Test(
    arguments: [
      ("14/Nov/2023:22:13:20 +0000", "'%d/%b/%Y:%H:%M:%S %z'"), ("1700000000", "s"),
      ("1700000000.123", "s"), ("1700000000123", "ms"), ("1700000000123456", "us"),
      ("1700000000123456789", "ns"), ("Nov 14 22:13:20", "'%b %d %H:%M:%S'"),
      ("Tue, 14 Nov 2023 22:13:20 GMT", "'%a, %d %b %Y %H:%M:%S %Z'"),
      ("2023-11-14", "'%Y-%m-%d'"), ("2023-11-14 22:13:20.123+00", "'%Y-%m-%d %H:%M:%S.%f%z'"),
      ("Tue Nov 14 22:13:20 2023", "'%a %b %d %H:%M:%S %Y'"),
      ("11/14/2023 10:13:20 PM", "'%m/%d/%Y %I:%M:%S %p'"),
      ("20231114T221320Z", "'%Y%m%dT%H%M%SZ'"),
      ("14.11.2023 22:13:20", "'%d.%m.%Y %H:%M:%S'"), ("22:13:20", "'%H:%M:%S'"),
    ])
  func namesWhatWouldReadAString(text: String, format: String) throws {
    #expect(
      try reason(text, .string, "auto")
        == "expected a number of milliseconds or a time in RFC 3339, found \"\(text)\"; "
        + "--time-format \(format) reads that")
  }

  @Test(
    arguments: [
      (
        "yesterday", .string,
        "expected a number of seconds or a time as '%Y', found \"yesterday\"; --time-format takes "
          + "patterns as strptime(3) has them, such as '%Y-%m-%d %H:%M:%S'"
      ),
      (
        "2023-11-14T22:13:20Z", .string,
        "expected a number of seconds or a time as '%Y', found \"2023-11-14T22:13:20Z\"; "
          + "--time-format rfc3339 reads that"
      ),
      ("1e400", .number, "expected a time that 64 bits of milliseconds hold, found 1e400"),
      ("", .missing, "expected a time, found null"), ("null", .null, "expected a time, found null"),
      ("{}", .object, "expected a time, found an object"),
      ("[]", .array, "expected a time, found an array"),
      ("true", .true, "expected a time, found true"),
      (
        String(repeating: "ä", count: 60), .string,
        "expected a number of seconds or a time as '%Y', found \""
          + String(repeating: "ä", count: 24)
          + "...\"; --time-format takes patterns as strptime(3) "
          + "has them, such as '%Y-%m-%d %H:%M:%S'"
      ),
    ] as [(String, ValueKind, String)])
  func saysWhatWasExpected(text: String, kind: ValueKind, message: String) throws {
    #expect(try reason(text, kind, "s", "%Y") == message)
  }

  @Test(
    arguments: [
      (
        "1700000000", .number, 1_700_000_000,
        "the first time, 1700000000, is 1970-01-20T16:13:20.000Z; times look like seconds: "
          + "--time-format s"
      ),
      (
        "1700000000123456", .number, 1_700_000_000_123_456,
        "the first time, 1700000000123456, is 1700000000123456; times look like microseconds: "
          + "--time-format us"
      ),
      (
        "1700000000123456789", .number, 1_700_000_000_123_456_789,
        "the first time, 1700000000123456789, is 1700000000123456789; times look like nanoseconds: "
          + "--time-format ns"
      ),
      (
        "1700000000123", .string, 1_700_000_000,
        "the first time, \"1700000000123\", is 1970-01-20T16:13:20.000Z; times look like "
          + "milliseconds: --time-format ms"
      ),
      (
        "1975-01-01T00:00:00Z", .string, 157_766_400_000,
        "the first time, \"1975-01-01T00:00:00Z\", is 1975-01-01T00:00:00.000Z"
      ),
      ("5", .number, 5, "the first time, 5, is 1970-01-01T00:00:00.005Z"),
      (
        "1700086400001", .number, 1_700_086_400_001,
        "the first time, 1700086400001, is 2023-11-15T22:13:20.001Z"
      ),
      ("1700086400000", .number, 1_700_086_400_000, nil),
      ("315532800000", .number, 315_532_800_000, nil),
    ] as [(String, ValueKind, Int64, String?)])
  func looksAtTheFirstTime(text: String, kind: ValueKind, time: Int64, note: String?) {
    let found = withUTF8Bytes(of: text) {
      FirstTime.note(
        on: EventTime(milliseconds: time), kind, $0, now: EventTime(milliseconds: 1_700_000_000_000)
      )
    }
    #expect(found == note)
  }
}
