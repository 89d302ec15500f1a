// What segmenting says of a batch: a session for each record, and the sessions that closed.

/// What became of a record; the ledger counts them (cli.md, section 3, `--stats`).
public enum Disposition: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  /// It belongs to a session and is emitted.
  case assigned
  /// It came behind the watermark and is not applied (R8).
  case late
  /// Its bytes were seen before; it is dropped, or marked and emitted with its session (R7).
  case duplicate
  /// A reader's filter left it out.
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
    let offset = closingText.count
    closingText.append(text)
    return TextRange(offset: offset, length: text.count)
  }

  /// Lends a closing's key or id. Valid until `body` returns.
  @inline(__always)
  public func withClosingText<Result: ~Copyable, Failure: Error>(
    _ range: TextRange, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try closingText.withBytes(Int(range.offset), range.length, body)
  }
}
