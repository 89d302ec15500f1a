// What is said of times: why a value is none and what would read it, and of first times that look wrong.

extension TimeFormats {
  /// Why a value is no time, and what would read it; to be shown for the record that was rejected.
  public func reason(for fault: TimeFault, _ kind: ValueKind, _ text: Span<UInt8>) -> String {
    let found = TimeFormats.excerpt(kind, text)
    switch fault {
    case .wrongKind: return "expected a time, found \(found)"
    case .outOfRange: return "expected a time that 64 bits of milliseconds hold, found \(found)"
    case .noFormatFits:
      let advice =
        fitting(kind, text).map { "--time-format \($0) reads that" }
        ?? "--time-format takes patterns as strptime(3) has them, such as '%Y-%m-%d %H:%M:%S'"
      return "expected \(expectation(kind)), found \(found); \(advice)"
    }
  }

  private func expectation(_ kind: ValueKind) -> String {
    let names = formats.map { format in
      switch format {
      case .auto: "a number of milliseconds or a time in RFC 3339"
      case .rfc3339: "a time in RFC 3339"
      case .count(let unit): "a number of \(unit.plural)"
      case .pattern(let pattern): "a time as '\(pattern.text)'"
      }
    }
    return names.joined(separator: " or ")
  }

  /// How much of a value a message shows.
  private static let excerptLength = 48

  private static func excerpt(_ kind: ValueKind, _ text: Span<UInt8>) -> String {
    switch kind {
    case .missing, .null: return "null"
    case .false: return "false"
    case .true: return "true"
    case .array: return "an array"
    case .object: return "an object"
    case .number, .string: break
    }
    var shown = min(text.count, excerptLength)
    while shown < text.count && shown > 0 && text[shown] & 0xC0 == 0x80 { shown -= 1 }
    let start = VisibleText.of(String(decodingBytes: text.extracting(0..<shown)))
    let whole = start + (shown < text.count ? "..." : "")
    return kind == .string ? "\"\(whole)\"" : whole
  }

  /// Formats of which the first that reads a text is named to people.
  private static let known = [
    "rfc3339", "%d/%b/%Y:%H:%M:%S %z", "%b %d %H:%M:%S", "%b %d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S.%f %Z",
    "%Y-%m-%d %H:%M:%S %z %Z", "%Y-%m-%d %H:%M:%S.%f %z %Z", "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%MZ", "%Y-%m-%d", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S",
    "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S%z", "%Y%m%d%H%M%S", "%a, %d %b %Y %H:%M:%S %Z",
    "%a, %d %b %Y %H:%M:%S %z", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Z %Y", "%a %b %d %H:%M:%S.%f %Y", "%H:%M:%S",
    "%H:%M:%S.%f",
  ]

  /// The option's value, in quotes for a shell, that would read a value; nil where none is known.
  private func fitting(_ kind: ValueKind, _ text: Span<UInt8>) -> String? {
    if kind == .number || CountText(text) != nil {
      let unit = CountedUnit.allCases.first { TimeFormats.isPlausible(text, $0) }
      if let unit { return unit.name }
    }
    for known in TimeFormats.known {
      guard let format = try? TimeFormat(known) else { continue }
      let reader = TimeReader(TimeFormats([format]), now: EventTime(milliseconds: 0))
      guard case .time = reader.reading(of: kind, text) else { continue }
      return known.contains("%") ? "'\(known)'" : known
    }
    return nil
  }

  /// Whether a count of the unit is a time of these decades: 1980 to 2100.
  private static func isPlausible(_ text: Span<UInt8>, _ unit: CountedUnit) -> Bool {
    guard let number = CountText(text), !number.hasPlus,
      let time = WholeNumber.floor(text, timesTenTo: Int(unit.rawValue))
    else { return false }
    return (FirstTime.earliest.milliseconds...4_102_444_800_000).contains(time)
  }
}

/// A look at the first time of a run: whether it is of another unit than it was taken for.
public enum FirstTime {
  /// 1980: what lies before is hardly a time of an event.
  static let earliest = EventTime(milliseconds: 315_532_800_000)
  private static let day: UInt64 = 86_400_000

  /// What to say of a first time that is before 1980 or more than a day ahead of the clock; nil for all
  /// others.
  ///
  /// - Parameters:
  ///   - time: what `text` was read as.
  ///   - now: what the clock shows.
  public static func note(
    on time: EventTime, _ kind: ValueKind, _ text: Span<UInt8>, now: EventTime
  ) -> String? {
    guard !isUsual(time, now) else { return nil }
    let value = String(decodingBytes: text.extracting(0..<min(text.count, 64)))
    let written = kind == .string ? "\"\(VisibleText.of(value))\"" : value
    let shown = "the first time, \(written), is \(time.internetText)"
    guard let unit = unit(of: text, now) else { return shown }
    return "\(shown); times look like \(unit.plural): --time-format \(unit.name)"
  }

  private static func isUsual(_ time: EventTime, _ now: EventTime) -> Bool {
    time >= earliest && time <= now.advanced(by: day)
  }

  /// The unit of which a number makes a usual time.
  private static func unit(of text: Span<UInt8>, _ now: EventTime) -> CountedUnit? {
    CountedUnit.allCases.first { unit in
      guard let number = CountText(text), !number.hasPlus,
        let time = WholeNumber.floor(text, timesTenTo: Int(unit.rawValue))
      else { return false }
      return isUsual(EventTime(milliseconds: time), now)
    }
  }
}
