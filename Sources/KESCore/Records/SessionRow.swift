// One session as readers show it, but for its names.

/// A session's figures; its device and id go beside it as bytes.
public struct SessionRow: BitwiseCopyable, Sendable {
  /// Why it closed; nil where it is open.
  public var status: SessionStatus?
  /// The least and the greatest time of its events.
  public var start: EventTime
  public var end: EventTime
  /// How many events belong to it.
  public var events: Int64
  /// Whether it did not begin with a start event.
  public var isPartial: Bool

  public init(
    status: SessionStatus?, start: EventTime, end: EventTime, events: Int64, isPartial: Bool
  ) {
    self.status = status
    self.start = start
    self.end = end
    self.events = events
    self.isPartial = isPartial
  }

  /// The status in words.
  public var statusText: StaticString { status?.symbol ?? "open" }

  /// From start to end, in milliseconds.
  public var duration: UInt64 { start.elapsed(until: end) }
}

/// Writes sessions, one a line.
public protocol SessionRowEncoder: Sendable {
  /// Appends what stands before the first row.
  func begin(_ output: inout ByteBlock)

  /// Appends one session. `device` and `session` are read, not kept.
  func encode(
    _ row: SessionRow, device: Span<UInt8>, session: Span<UInt8>, to output: inout ByteBlock)
}
