// The time of a record: its value in one of several formats, to whole milliseconds.

/// How records' times are written: the formats that are tried in order, and the zone of texts that name
/// none. Made once, and used for record after record.
public struct TimeFormats: Sendable {
  /// A format of which nothing is an object, so that trying it counts no references.
  struct Entry: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable { case auto, count, rfc3339, pattern }

    let kind: Kind
    var unit: CountedUnit = .milliseconds
    /// Of a pattern: where its steps are.
    var firstStep = 0
    var endStep = 0
    var lacksYear = false
    /// Whether it names a zone, which is UTC then.
    var isInUTC = false
    /// Whether it tells a year by two digits.
    var hasYearOfCentury = false
    var hasEpoch = false
  }

  /// As many as a `TimeForm` can tell apart.
  public static let greatestCount = 128

  public let formats: [TimeFormat]
  public let zone: ZoneOffset
  let entries: [Entry]
  /// Whether a text may tell no year.
  var lackYear: Bool { entries.contains { $0.lacksYear } }
  /// The first of them, which is mostly the only one.
  let first: Entry
  let steps: [TimePattern.Step]

  /// - Parameters:
  ///   - formats: from 1 to `greatestCount`.
  ///   - zone: of texts that name none.
  public init(_ formats: [TimeFormat] = [.auto], zone: ZoneOffset = .utc) {
    precondition(!formats.isEmpty && formats.count <= TimeFormats.greatestCount)
    self.formats = formats
    self.zone = zone
    var steps: [TimePattern.Step] = []
    entries = formats.map { format in
      switch format {
      case .auto: return Entry(kind: .auto)
      case .count(let unit): return Entry(kind: .count, unit: unit)
      case .rfc3339: return Entry(kind: .rfc3339)
      case .pattern(let pattern):
        steps += pattern.steps
        return Entry(
          kind: .pattern, firstStep: steps.count - pattern.steps.count, endStep: steps.count,
          lacksYear: pattern.lacksYear, isInUTC: pattern.has(.zoneName),
          hasYearOfCentury: pattern.has(.yearOfCentury), hasEpoch: pattern.has(.epoch))
      }
    }
    self.steps = steps
    first = entries[0]
  }
}

/// How a record's time came: in which format, and whether as a string. So its closing is written.
public struct TimeForm: RawRepresentable, BitwiseCopyable, Hashable, Sendable {
  /// The format's number, and 128 for a string.
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  @inline(__always)
  public init(format: Int, isString: Bool) {
    rawValue = UInt8(truncatingIfNeeded: format) & 0x7F | (isString ? 0x80 : 0)
  }

  /// Which of the formats it is, from 0.
  public var format: Int { Int(rawValue & 0x7F) }
  public var isString: Bool { rawValue & 0x80 != 0 }
}

extension EventTime {
  /// Milliseconds between both. Exact for all times.
  @inline(__always)
  fileprivate func distance(to other: EventTime) -> UInt64 {
    self < other ? elapsed(until: other) : other.elapsed(until: self)
  }
}

/// Why a value is no time; `TimeFormats.reason(for:_:_:)` words it.
public enum TimeFault: UInt8, BitwiseCopyable, Sendable {
  /// It is neither a number nor a string.
  case wrongKind
  case noFormatFits
  /// It is a time that 64 bits of milliseconds do not hold.
  case outOfRange
}

public enum TimeReading: BitwiseCopyable, Hashable, Sendable {
  case time(EventTime, TimeForm)
  case fault(TimeFault)
}

/// Reads the times of records, one after the other.
///
/// Texts without a year belong to the year that puts them nearest to the time before: `last`, all that a
/// reader remembers. The first of them is of `firstYear`, or where there is none, of the last year in which
/// it is not more than a day ahead of `now`: logs tell of what was.
public struct TimeReader: Sendable {
  public let formats: TimeFormats
  private let firstYear: Int64?
  private let now: EventTime
  /// The time that was read last; `.beforeAll` where none was. To be kept where a run is interrupted.
  public var last: EventTime = .beforeAll

  /// - Parameters:
  ///   - firstYear: 0 to 9999.
  ///   - now: what the clock shows.
  public init(_ formats: TimeFormats, firstYear: Int64? = nil, now: EventTime) {
    self.formats = formats
    self.firstYear = firstYear
    self.now = now
  }

  /// Reads a value: a number as JSON writes it, or the text of a string, unescaped.
  @inline(__always)
  public mutating func read(_ kind: ValueKind, _ text: Span<UInt8>) -> TimeReading {
    let reading = reading(of: kind, text)
    if case .time(let time, _) = reading { last = time }
    return reading
  }

  /// What the value would be read as, if it came next.
  @inline(__always)
  func reading(of kind: ValueKind, _ text: Span<UInt8>) -> TimeReading {
    guard kind == .number || kind == .string else { return .fault(.wrongKind) }
    if case .time(let time) = read(kind == .string, text, in: formats.first) {
      return .time(
        EventTime(milliseconds: time), TimeForm(format: 0, isString: kind == .string))
    }
    return readingWithAll(kind, text)
  }

  @inline(never)
  private func readingWithAll(_ kind: ValueKind, _ text: Span<UInt8>) -> TimeReading {
    var fault = TimeFault.noFormatFits
    for format in 0..<formats.entries.count {
      switch read(kind == .string, text, in: formats.entries[format]) {
      case .time(let time):
        return .time(
          EventTime(milliseconds: time), TimeForm(format: format, isString: kind == .string))
      case .outOfRange: fault = .outOfRange
      case .unfit: break
      }
    }
    return .fault(fault)
  }

  private enum Outcome {
    case time(Int64)
    case unfit
    case outOfRange
  }

  @inline(__always)
  private func read(
    _ isString: Bool, _ text: Span<UInt8>, in entry: TimeFormats.Entry
  ) -> Outcome {
    switch entry.kind {
    case .auto where isString, .rfc3339:
      return InternetTime.read(text, zone: formats.zone).map { .time($0) } ?? .unfit
    case .auto: return count(text, .milliseconds)
    case .count:
      if isString { return countInString(text, entry.unit) }
      return count(text, entry.unit)
    case .pattern: return pattern(text, entry)
    }
  }

  @inline(__always)
  private func count(_ number: Span<UInt8>, _ unit: CountedUnit) -> Outcome {
    if unit == .seconds, let time = seconds(number) { return .time(time) }
    return WholeNumber.floor(number, timesTenTo: Int(unit.rawValue)).map { .time($0) }
      ?? .outOfRange
  }

  /// The usual spelling of fractions of seconds: `1700000000.123456`; nil for all others.
  @inline(__always)
  private func seconds(_ number: Span<UInt8>) -> Int64? {
    guard let point = number.firstIndex(of: UInt8(ascii: "."), from: 0),
      let whole = EightDigits.plainNumber(number.extracting(0..<point)), whole < 1 << 52
    else { return nil }
    let (milliseconds, end) = number.thousandths(at: point &+ 1)
    return end == number.count ? Int64(whole) &* 1000 &+ milliseconds : nil
  }

  /// A string of digits, with a sign and decimals where it has them.
  private func countInString(_ text: Span<UInt8>, _ unit: CountedUnit) -> Outcome {
    guard let number = CountText(text) else { return .unfit }
    let start = number.hasPlus ? 1 : 0
    return count(text.extracting(start..<text.count), unit)
  }

  @inline(never)
  private func pattern(_ text: Span<UInt8>, _ entry: TimeFormats.Entry) -> Outcome {
    var scanner = TimePatternScanner(zone: formats.zone)
    let steps = formats.steps.span.extracting(entry.firstStep..<entry.endStep)
    guard scanner.read(text, steps) else { return scanner.isOutOfRange ? .outOfRange : .unfit }
    if entry.lacksYear { return timeWithoutYear(scanner.fields).map { .time($0) } ?? .unfit }
    if let time = scanner.fields.time { return .time(time) }
    return scanner.fields.epoch == nil ? .unfit : .outOfRange
  }

  // MARK: Years that are not told

  private func timeWithoutYear(_ fields: TimeFields) -> Int64? {
    if last != .beforeAll { return nearest(fields, to: last) }
    guard let firstYear else { return latest(fields) }
    return time(of: fields, in: firstYear)
  }

  private func time(of fields: TimeFields, in year: Int64) -> Int64? {
    var fields = fields
    fields.year = year
    return fields.time
  }

  private func year(of time: EventTime) -> Int64 {
    LocalTime(time.milliseconds, zone: formats.zone).date.year
  }

  /// The time in the year of `other` or one of its neighbours; the later one of two that are as near.
  private func nearest(_ fields: TimeFields, to other: EventTime) -> Int64? {
    let year = year(of: other)
    let halfAYear: UInt64 = 182 * 86_400_000
    var best: (time: Int64, distance: UInt64)?
    for turn in 0..<3 as Range<Int64> {
      guard let time = time(of: fields, in: year + (turn == 2 ? -1 : turn)) else { continue }
      let distance = EventTime(milliseconds: time).distance(to: other)
      if distance <= halfAYear { return time }
      if let best, best.distance <= distance { continue }
      best = (time, distance)
    }
    return best?.time
  }

  /// The time in the last year that has such a day and puts it no more than a day ahead of now.
  private func latest(_ fields: TimeFields) -> Int64? {
    let limit = now.advanced(by: 86_400_000)
    let year = year(of: limit)
    for back in 0...8 {
      if let time = time(of: fields, in: year - Int64(back)), time <= limit.milliseconds {
        return time
      }
    }
    return nil
  }
}
