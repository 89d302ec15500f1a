// Where to begin reading, as the user says it.

/// What `--offset` takes, in kcat's forms.
public enum KafkaOffsetSpecification: Hashable, Sendable {
  case beginning
  case end
  /// The record with this number; the end where there are fewer.
  case number(Int64)
  /// So many records before the end, or at the beginning where there are fewer. Offsets count, so
  /// that transactions' markers and what compaction removed count, too.
  case beforeEnd(Int64)
  /// The first record of this time or later, in milliseconds since the epoch; the end where there
  /// is none.
  case time(EventTime)

  /// What the forms look like, for messages.
  public static let expected = "beginning, end, N, -N or s@MILLISECONDS"

  /// Parses `beginning`, `end`, `N`, `-N` or `s@MS`; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "beginning": self = .beginning
    case "end": self = .end
    default:
      guard let found = KafkaOffsetSpecification(number: text) else { return nil }
      self = found
    }
  }

  private init?(number text: String) {
    if text.hasPrefix("s@") {
      guard let milliseconds = KafkaOffsetSpecification.digits(text.dropFirst(2)) else {
        return nil
      }
      self = .time(EventTime(milliseconds: milliseconds))
    } else if text.hasPrefix("-") {
      guard let count = KafkaOffsetSpecification.digits(text.dropFirst()) else { return nil }
      self = .beforeEnd(count)
    } else {
      guard let number = KafkaOffsetSpecification.digits(text[...]) else { return nil }
      self = .number(number)
    }
  }

  /// Digits alone: no sign, no spaces.
  private static func digits(_ text: Substring) -> Int64? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      ? Int64(text) : nil
  }

  /// The offset to begin at. `atTime` is that of the first record of the specified time or later.
  func offset(in watermarks: KafkaWatermarks, atTime: KafkaOffset) -> KafkaOffset {
    switch self {
    case .beginning: return watermarks.low
    case .end: return watermarks.high
    // Before the first one is left as it is: what is gone must not be passed over in silence.
    case .number(let number): return min(KafkaOffset(number), watermarks.high)
    case .beforeEnd(let count):
      // `high` is not negative, so that this cannot overflow.
      return max(watermarks.low, KafkaOffset(watermarks.high.rawValue - count))
    case .time: return atTime.isNumber ? atTime : watermarks.high
    }
  }
}

extension KafkaOffsetSpecification: CustomStringConvertible {
  public var description: String {
    switch self {
    case .beginning: "beginning"
    case .end: "end"
    case .number(let number): "\(number)"
    case .beforeEnd(let count): "-\(count)"
    case .time(let time): "s@\(time.milliseconds)"
    }
  }
}
