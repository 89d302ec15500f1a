// When an event happened, by its own clock.

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
  public var internetText: String {
    var text = ByteBlock()
    text.append(internetTime: milliseconds)
    return text.withBytes { String(decodingBytes: $0) }
  }
}
