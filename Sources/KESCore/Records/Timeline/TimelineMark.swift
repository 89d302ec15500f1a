// One event as a timeline keeps it.

/// When an event was, and of which device.
public struct TimelineMark: BitwiseCopyable, Sendable {
  public var time: EventTime
  /// The number of its device.
  public var device: Int32
  /// The number of its session; -1 where it has none.
  public var session: Int32
  public var kind: EventKind
}
