// Times in RFC 3339: read to milliseconds, and written in the spelling of another.

/// `2023-11-14T22:13:20.123Z` (RFC 3339, section 5.6), and what programs write in its place: a space for
/// the `T`, a comma before the fraction, any number of digits in it, an offset without its colon, and no
/// offset at all, which then is the caller's.
public enum InternetTime {
  /// How many bytes date and time take, without a fraction.
  private static let clockEnd = 19

  /// The milliseconds since the epoch, rounded down; nil for any other text, and for months, days and
  /// hours that there are not. A second of 60 is the first of the next minute. Cost: some ten
  /// nanoseconds.
  @inline(__always)
  public static func read(_ text: Span<UInt8>, zone: ZoneOffset = .utc) -> Int64? {
    guard let seconds = localSeconds(text) else { return nil }
    var index = clockEnd
    var milliseconds: Int64 = 0
    if index < text.count, isPoint(text[index]) {
      let (value, end) = text.thousandths(at: clockEnd &+ 1)
      if end == clockEnd &+ 1 { return nil }
      milliseconds = value
      index = end
    }
    if index &+ 1 == text.count, text[index] | 0x20 == UInt8(ascii: "z") {
      return seconds &* 1000 &+ milliseconds
    }
    guard let offset = offset(text, at: index, zone) else { return nil }
    return (seconds &- offset.minutes &* 60) &* 1000 &+ milliseconds
  }

  @inline(__always)
  private static func isPoint(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
  }

  /// The offset that is the rest of the text, or the one for texts that have none.
  private static func offset(
    _ text: Span<UInt8>, at start: Int, _ usual: ZoneOffset
  ) -> ZoneOffset? {
    if start == text.count { return usual }
    guard let found = ZoneOffset.read(text, at: start), found.end == text.count else { return nil }
    return found.zone
  }

  /// The seconds that date and time would be after the epoch if they were in UTC.
  ///
  /// The digits of both are brought together from three words, eight bytes each, so that one step tells
  /// whether all are digits, and another joins them to numbers of two.
  @inline(__always)
  private static func localSeconds(_ text: Span<UInt8>) -> Int64? {
    guard text.count >= clockEnd else { return nil }
    let (first, second, third) = (text.word(at: 0), text.word(at: 8), text.word(at: 11))
    guard first & 0xFF00_00FF_0000_0000 == 0x2D00_002D_0000_0000,  // ....-..-
      third & 0x0000_FF00_00FF_0000 == 0x0000_3A00_003A_0000,  // ..:..:..
      isBetween(UInt8(truncatingIfNeeded: second >> 16)),
      let dateDigits = EightDigits.values(
        of: first & 0xFFFF_FFFF | (first >> 40 & 0xFFFF) << 32 | second << 48),
      let clockDigits = EightDigits.values(
        of: third & 0xFFFF | (third >> 24 & 0xFFFF) << 16 | (third >> 48) << 32
          | 0x3030_0000_0000_0000)
    else { return nil }
    let (date, clock) = (EightDigits.pairs(dateDigits), EightDigits.pairs(clockDigits))
    let civil = CivilDate(
      year: Int64(date & 0xFF) &* 100 &+ Int64(date >> 16 & 0xFF),
      month: Int64(date >> 32 & 0xFF), day: Int64(date >> 48))
    var time = ClockTime()
    time.hour = Int64(clock & 0xFF)
    time.minute = Int64(clock >> 16 & 0xFF)
    time.second = Int64(clock >> 32 & 0xFF)
    guard civil.isReal, time.hour < 24, time.minute < 60, time.second <= 60 else { return nil }
    return civil.daysSinceEpoch &* 86400 &+ time.secondOfDay
  }

  /// Whether the byte may stand between date and time.
  @inline(__always)
  private static func isBetween(_ byte: UInt8) -> Bool {
    byte | 0x20 == UInt8(ascii: "t") || byte == UInt8(ascii: " ")
  }

  /// Appends `milliseconds` as `text`, which must be one that can be read, spells its time: with the same
  /// offset, the same letters and as many digits of a fraction; those behind the third stay as they are.
  /// Times that four digits cannot tell the year of are held at the first or last that they can.
  static func append(
    _ milliseconds: Int64, like text: Span<UInt8>, zone: ZoneOffset = .utc,
    to output: inout ByteBlock
  ) {
    var end = clockEnd
    if end < text.count, isPoint(text[end]) { end = text.thousandths(at: clockEnd + 1).end }
    let local = LocalTime(milliseconds, zone: offset(text, at: end, zone) ?? .utc)
    output.append(date: local.date)
    output.append(text[10])
    output.append(clock: local.clock)
    if end > clockEnd {
      output.append(text[clockEnd])
      output.append(thousandths: local.milliseconds, like: text.extracting(clockEnd + 1..<end))
    }
    output.append(text.extracting(end..<text.count))
  }
}

/// What a calendar and a clock of some zone show.
struct LocalTime: BitwiseCopyable {
  let date: CivilDate
  let daysSinceEpoch: Int64
  let clock: ClockTime
  /// Of the second.
  let milliseconds: Int64

  /// The years that four digits can tell.
  private static let writable = times(of: CivilDate.writableDays)

  /// All milliseconds of those days.
  static func times(of days: ClosedRange<Int64>) -> ClosedRange<Int64> {
    days.lowerBound * 86_400_000...days.upperBound * 86_400_000 + 86_399_999
  }

  static func held(_ time: Int64, within range: ClosedRange<Int64> = writable) -> Int64 {
    min(max(time, range.lowerBound), range.upperBound)
  }

  /// What they show so many milliseconds after the epoch; held at the first and last that four digits of
  /// a year, or `within`, can tell.
  init(_ milliseconds: Int64, zone: ZoneOffset, within range: ClosedRange<Int64>? = nil) {
    let (sum, overflow) = milliseconds.addingReportingOverflow(zone.minutes * 60_000)
    let held = LocalTime.held(overflow ? milliseconds : sum, within: range ?? LocalTime.writable)
    let (days, rest) = held.flooredDivision(by: 86_400_000)
    daysSinceEpoch = days
    date = CivilDate(daysSinceEpoch: days)
    clock = ClockTime(secondOfDay: rest / 1000)
    self.milliseconds = rest % 1000
  }
}
