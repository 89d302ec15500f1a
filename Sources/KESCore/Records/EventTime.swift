// When events happened, by their own clocks, and by ours.

/// An event's time: milliseconds since the epoch (UTC); any 64-bit value, negative before 1970.
public struct EventTime: BitwiseCopyable, Hashable, Comparable, Sendable {
  public var milliseconds: Int64

  @inline(__always)
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Before every event: what stream time is until the first event has come.
  public static let beforeAll = EventTime(milliseconds: .min)

  @inline(__always)
  public static func < (left: EventTime, right: EventTime) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Milliseconds from this time to `later`; 0 where `later` is not later. Exact for all times.
  @inline(__always)
  public func elapsed(until later: EventTime) -> UInt64 {
    later > self ? UInt64(bitPattern: later.milliseconds &- milliseconds) : 0
  }

  /// This time moved by `duration` milliseconds, held at the last representable time.
  public func advanced(by duration: UInt64) -> EventTime {
    let room = UInt64(bitPattern: Int64.max &- milliseconds)
    return duration >= room
      ? EventTime(milliseconds: .max)
      : EventTime(milliseconds: milliseconds &+ Int64(bitPattern: duration))
  }

  /// This time moved back by `duration` milliseconds, held at the first representable time.
  public func retreated(by duration: UInt64) -> EventTime {
    let room = UInt64(bitPattern: milliseconds &- Int64.min)
    return duration >= room
      ? .beforeAll
      : EventTime(milliseconds: milliseconds &- Int64(bitPattern: duration))
  }
}

extension EventTime {
  /// As RFC 3339 in UTC, `2023-11-14T22:13:20.123Z`.
  public var internetText: String { ByteBlock.text { $0.append(internetTime: milliseconds) } }
}

/// How a long tells a point in time: since the epoch, negative before it.
public enum TimeUnit: UInt8, BitwiseCopyable, Sendable {
  case milliseconds, microseconds, nanoseconds

  /// How many make a millisecond.
  var perMillisecond: Int64 {
    switch self {
    case .milliseconds: 1
    case .microseconds: 1000
    case .nanoseconds: 1_000_000
    }
  }

  /// `value` of this unit in `other`: rounded down, also before the epoch; or where that leaves 64
  /// bits, held at the last value that fits.
  func convert(_ value: Int64, to other: TimeUnit) -> (value: Int64, isHeld: Bool) {
    if other.perMillisecond < perMillisecond {
      let divisor = perMillisecond / other.perMillisecond
      let quotient = value / divisor
      return (value % divisor < 0 ? quotient - 1 : quotient, false)
    }
    let factor = other.perMillisecond / perMillisecond
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return (overflow ? (value < 0 ? .min : .max) : product, overflow)
  }

  /// The milliseconds that this unit can hold.
  var milliseconds: ClosedRange<Int64> { .min / perMillisecond ... .max / perMillisecond }
}

/// Moves times; one that would leave 64 bits is held at the last that fits.
public struct TimeShift: Sendable {
  private let isBack: Bool
  private let duration: UInt64

  /// The offset that moves `first` to `target`.
  public init(moving first: EventTime, to target: EventTime) {
    isBack = target < first
    duration = isBack ? target.elapsed(until: first) : first.elapsed(until: target)
  }

  /// `time`, moved.
  public func moved(_ time: EventTime) -> EventTime {
    EventTime(milliseconds: moved(time.milliseconds, in: .milliseconds))
  }

  /// `value`, which counts `unit`, moved.
  func moved(_ value: Int64, in unit: TimeUnit) -> Int64 {
    let (product, overflow) = duration.multipliedReportingOverflow(
      by: UInt64(unit.perMillisecond))
    let distance = overflow ? .max : product
    let time = EventTime(milliseconds: value)
    return (isBack ? time.retreated(by: distance) : time.advanced(by: distance)).milliseconds
  }
}

extension EventDetail {
  /// Where the times of the record stand in its bytes, what they are, and in which unit they stand
  /// there, in the order in which they do.
  func times(of record: Record) -> [(text: TextRange, time: EventTime, unit: TimeUnit)] {
    if kind != .sessionClosed { return [(timeText, record.time, timeUnit)] }
    let times = [
      (timeText, record.time, timeUnit), (startText, start, startUnit), (endText, end, endUnit),
    ]
    return times.sorted { $0.0.offset < $1.0.offset }
  }
}

/// How far a batch's events may be ahead of the wall clock.
public struct AheadLimit: Sendable {
  /// The wall clock.
  public var now: EventTime
  /// The greatest time that is not told of.
  public var greatest: EventTime
  /// Whether events of later times are rejected, or only noted.
  public var rejects: Bool

  public init(now: EventTime, greatest: EventTime, rejects: Bool) {
    self.now = now
    self.greatest = greatest
    self.rejects = rejects
  }

  /// No event is told of.
  public static let none = AheadLimit(
    now: .beforeAll, greatest: EventTime(milliseconds: .max), rejects: false)

  /// `17 years ahead of the clock`.
  static func text(ahead milliseconds: UInt64) -> String {
    span(milliseconds) + " ahead of the clock"
  }

  /// `17 years`: whole units, of which there are two or more.
  static func span(_ milliseconds: UInt64) -> String {
    let units: [(name: String, length: UInt64)] = [
      ("years", 31_556_952_000), ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000),
      ("seconds", 1000),
    ]
    for unit in units where milliseconds >= 2 * unit.length {
      return "\(milliseconds / unit.length) \(unit.name)"
    }
    return "\(milliseconds) ms"
  }
}

/// Records of a batch that are ahead of the wall clock, and stay in it.
public struct AheadRecords: Sendable {
  public private(set) var count: Int64 = 0
  /// The first of them, as if it were rejected; its `place` is its index among the records.
  public private(set) var first: Rejection?

  public init() {}

  mutating func note(_ record: Rejection) {
    count += 1
    if first == nil { first = record }
  }
}
