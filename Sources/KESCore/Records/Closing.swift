// One session that closed, as a plain value.

/// The session's id as text where it came in as text (readers), else as a number (the segmenter).
public enum ClosedSession: BitwiseCopyable, Sendable {
  case identifier(SessionIdentifier)
  /// In `Outcome.closingText`.
  case text(TextRange)
}

/// One session that closed while a batch was segmented.
public struct Closing: BitwiseCopyable, Sendable {
  /// How many records of the batch come before the closing.
  public var place: UInt32
  /// The session's key, in `Outcome.closingText`.
  public var key: TextRange
  public var session: ClosedSession
  public var status: SessionStatus
  public var isPartial: Bool
  /// The time of the `SessionClosed` itself.
  public var time: EventTime
  /// The least and the greatest event time of the session.
  public var start: EventTime
  public var end: EventTime
  /// How many events belong to it.
  public var events: Int64
  /// The number of the Avro schema of the last event before it in its input partition; 0 for one
  /// that is not Avro, or none.
  public var schema: UInt16

  public init(
    place: Int, key: TextRange, session: ClosedSession, status: SessionStatus, isPartial: Bool,
    time: EventTime, start: EventTime, end: EventTime, events: Int64, schema: UInt16 = 0
  ) {
    self.place = UInt32(truncatingIfNeeded: place)
    self.key = key
    self.session = session
    self.status = status
    self.isPartial = isPartial
    self.time = time
    self.start = start
    self.end = end
    self.events = events
    self.schema = schema
  }
}
