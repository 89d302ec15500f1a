// Durations, sizes and times as they are written on a command line.

public import ArgumentParser
internal import KESCore

/// A duration: a number with a unit, `250ms`, `4s`, `5m`, `2h`, `1d`; fractions of milliseconds are
/// refused.
public struct DurationArgument: ExpressibleByArgument, Sendable {
  public let milliseconds: Int64

  private static let units: [(suffix: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  public init?(argument: String) {
    for (suffix, scale) in DurationArgument.units where argument.hasSuffix(suffix) {
      guard let number = Decimal(argument.dropLast(suffix.count)) else { continue }
      guard let value = number.times(scale) else { return nil }
      milliseconds = value
      return
    }
    return nil
  }

  public var defaultValueDescription: String {
    for (suffix, scale) in DurationArgument.units.reversed()
    where milliseconds % scale == 0 && milliseconds > 0 {
      return "\(milliseconds / scale)\(suffix)"
    }
    return "\(milliseconds)ms"
  }
}

/// A duration, or `none`.
public struct OptionalDurationArgument: ExpressibleByArgument, Sendable {
  public let milliseconds: Int64?

  public init(milliseconds: Int64?) { self.milliseconds = milliseconds }

  public init?(argument: String) {
    if argument == "none" {
      milliseconds = nil
    } else if let duration = DurationArgument(argument: argument) {
      milliseconds = duration.milliseconds
    } else {
      return nil
    }
  }

  public var defaultValueDescription: String {
    milliseconds.map { DurationArgument(milliseconds: $0).defaultValueDescription } ?? "none"
  }
}

/// A size in bytes: a number, or one with a unit, `64KiB`, `1MiB`, `1GiB`.
public struct SizeArgument: ExpressibleByArgument, Sendable {
  public let bytes: Int

  private static let units: [(suffix: String, shift: Int)] = [
    ("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0),
  ]

  public init(bytes: Int) { self.bytes = bytes }

  public init?(argument: String) {
    for (suffix, shift) in SizeArgument.units where argument.hasSuffix(suffix) {
      guard let number = Int(argument.dropLast(suffix.count)), number >= 0,
        number <= Int.max >> shift
      else { return nil }
      bytes = number << shift
      return
    }
    return nil
  }

  public var defaultValueDescription: String {
    for (suffix, shift) in SizeArgument.units where bytes > 0 && bytes % (1 << shift) == 0 {
      if shift == 10 && bytes % (1 << 20) == 0 { continue }
      return "\(bytes >> shift)\(suffix)"
    }
    return "\(bytes)"
  }
}

/// A point in time: milliseconds since the epoch, or seconds behind an `@`, as date(1) has them; RFC 3339
/// (`2026-11-23T08:00:00Z`) also without its zone, seconds or time; or a duration before now (`-1h`).
public struct TimeArgument: ExpressibleByArgument, Sendable {
  public let milliseconds: Int64
  /// What to say of a plain number that somebody may have meant as seconds; nil for all others.
  let caution: String?

  public init?(argument: String) {
    let number = Int64(argument)
    let value =
      number ?? TimeArgument.seconds(argument) ?? TimeArgument.timeBeforeNow(argument)
      ?? TimeArgument.calendarTime(argument)
    guard let value else { return nil }
    milliseconds = value
    caution = number.flatMap(TimeArgument.caution)
  }

  /// In seconds these are times from 1973 to 2286, in milliseconds of the first months of 1970.
  private static let likeSeconds: ClosedRange<Int64> = 100_000_000...9_999_999_999

  private static func caution(_ number: Int64) -> String? {
    guard likeSeconds.contains(number) else { return nil }
    let time = EventTime(milliseconds: number).internetText
    return "the time \(number) is in milliseconds: \(time); seconds are written @\(number)"
  }

  /// `@1700000000`, `@1700000000.123`.
  private static func seconds(_ text: String) -> Int64? {
    guard text.first == "@" else { return nil }
    let isNegative = text.dropFirst().first == "-"
    guard let value = Decimal(text.dropFirst(isNegative ? 2 : 1))?.times(1000) else { return nil }
    return isNegative ? -value : value
  }

  private static func timeBeforeNow(_ text: String) -> Int64? {
    guard text.hasPrefix("-"), let age = DurationArgument(argument: String(text.dropFirst())) else {
      return nil
    }
    let (time, overflow) = Clock.real.wall().subtractingReportingOverflow(age.milliseconds)
    return overflow ? nil : time
  }

  /// A time without a zone is in UTC, a date its beginning.
  private static func calendarTime(_ text: String) -> Int64? {
    // By their lengths, so that nothing is put behind a zone.
    let rest =
      switch text.utf8.count {
      case "2026-11-23".utf8.count: "T00:00:00"
      case "2026-11-23T08:00".utf8.count: ":00"
      default: ""
      }
    return withUTF8Bytes(of: text + rest) { InternetTime.read($0) }
  }
}

/// A decimal number without exponent or sign, exactly.
private struct Decimal {
  private var digits: Int64 = 0
  /// By how many tens the digits are to be divided.
  private var divisor: Int64 = 1

  init?(_ text: Substring) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first, !whole.isEmpty else { return nil }
    if parts.count == 2 && parts[1].isEmpty { return nil }
    for character in parts.joined() {
      guard character.isASCII, let digit = character.wholeNumberValue else { return nil }
      let (tens, overflow) = digits.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int64(digit))
      if overflow || carry { return nil }
      digits = sum
    }
    for _ in 0..<(parts.count == 2 ? parts[1].count : 0) {
      let (tens, overflow) = divisor.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      divisor = tens
    }
  }

  /// The product where it is whole and fits.
  func times(_ factor: Int64) -> Int64? {
    let (product, overflow) = digits.multipliedReportingOverflow(by: factor)
    return overflow || product % divisor != 0 ? nil : product / divisor
  }
}
