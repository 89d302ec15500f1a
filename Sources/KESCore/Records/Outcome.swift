// What segmenting says of a batch: a session a record, and the sessions that closed.

/// What became of a record; the ledger counts them (cli.md, section 3, `--stats`).
public enum Disposition: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  /// It belongs to a session and is emitted.
  case assigned
  /// It came behind the watermark and is not applied (R8).
  case late
  /// Its bytes were seen before; it is dropped, or marked and emitted with its session (R7).
  case duplicate
  /// A filter left it out; where it is passed on (`Role.passed`), it is written as it came.
  case filtered
}

/// A record's session.
public struct Assignment: BitwiseCopyable, Sendable {
  public var session: SessionIdentifier
  public var disposition: Disposition

  @inline(__always)
  public init(session: SessionIdentifier, disposition: Disposition) {
    self.session = session
    self.disposition = disposition
  }
}

/// The segmenter's answer to a batch: an assignment a record, and closings with their places.
///
/// Reused from batch to batch, as the batch is.
public struct Outcome: ~Copyable {
  /// In the order of the batch's records, as many as they are.
  public var assignments: Column<Assignment>
  /// In the order in which they happened, so by place.
  public var closings: Column<Closing>
  /// Keys and ids of `closings`, copied: the sessions are gone.
  public var closingText: ByteBlock

  /// Whether closings are gathered.
  public let keepsClosings: Bool

  public init(keepsClosings: Bool = true) {
    self.keepsClosings = keepsClosings
    assignments = Column(capacity: 8192)
    closings = Column()
    closingText = ByteBlock()
  }

  public mutating func removeAll() {
    assignments.removeAll()
    closings.removeAll()
    closingText.truncate(to: 0)
  }

  /// Copies `text` for a closing that is about to be appended.
  @inline(__always)
  public mutating func keepClosingText(_ text: Span<UInt8>) -> TextRange {
    keepClosingText { $0.append(text) }
  }

  /// Keeps what `write` appends for a closing that is about to be appended.
  @inline(__always)
  mutating func keepClosingText(_ write: (inout ByteBlock) -> Void) -> TextRange {
    let offset = closingText.count
    write(&closingText)
    return TextRange(offset: offset, length: closingText.count - offset)
  }

  /// Lends a closing's key or id. Valid until `body` returns.
  @inline(__always)
  @inlinable
  public func withClosingText<Result: ~Copyable, Failure: Error>(
    _ range: TextRange, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try closingText.withBytes(Int(range.offset), range.length, body)
  }
}

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
  /// The time of the `SessionClosed` itself, and how it is written (`Record.timeForm`).
  public var time: EventTime
  public var timeForm: UInt8
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
    time: EventTime, timeForm: UInt8 = 0, start: EventTime, end: EventTime, events: Int64,
    schema: UInt16 = 0
  ) {
    self.place = UInt32(truncatingIfNeeded: place)
    self.key = key
    self.session = session
    self.status = status
    self.isPartial = isPartial
    self.time = time
    self.timeForm = timeForm
    self.start = start
    self.end = end
    self.events = events
    self.schema = schema
  }
}

/// The `status` of a `SessionClosed` (cli.md, section 1), in the order of the Avro enum.
public enum SessionStatus: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  /// Its end event came (R4).
  case completed
  /// Stream time or the next event of its key left it behind (R5).
  case timeout
  /// Another start of its key came first: its end was lost (R2).
  case superseded
  /// It reached the greatest span or number of events (R10).
  case limit
  /// The input ended and all was to be closed (R11).
  case flushed
  /// Somebody removed it by name (kes-purge).
  case purged

  /// The symbol in JSON, text and Avro.
  public var symbol: StaticString {
    switch self {
    case .completed: "completed"
    case .timeout: "timeout"
    case .superseded: "superseded"
    case .limit: "limit"
    case .flushed: "flushed"
    case .purged: "purged"
    }
  }
}
