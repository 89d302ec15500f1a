// What a record needs beside its bytes to become a message of a topic, and where its bytes end.

/// The records in the buffer of an output that is a topic, in their order: keys, times and headers, and
/// where each value ends.
///
/// The encoder that appends a record notes it, right behind its bytes; who sends the buffer uses the
/// notes up. Reused, as batches are.
public final class TopicRecords {
  struct Note: BitwiseCopyable {
    /// Where the value ends in the output's buffer. It begins where the one before it ends.
    var end: Int
    /// The number of the value's schema (`AvroOutput.begin`); 0 where values are JSON.
    var schema: Int
    var time: EventTime
    /// In `bytes`, as are the others.
    var key: TextRange
    /// Empty for an event without one.
    var session: TextRange
    /// As `RecordHeaders` writes them.
    var headers: TextRange
  }

  private(set) var notes = Column<Note>()
  private(set) var bytes = ByteBlock()
  /// The number of the schema of the values that are noted next.
  var schema = 0
  private var headers = RecordHeaders.Cursor()

  public init() {}

  public var count: Int { notes.count }

  public func removeAll() {
    notes.removeAll()
    bytes.truncate(to: 0)
  }

  // MARK: Taking notes

  /// To be called before the first note of a batch.
  func beginBatch() { headers = RecordHeaders.Cursor() }

  /// Notes record `index` of `batch`, which belongs to `session`, and whose value ends at `end`.
  ///
  /// Apart, as are the others: encoders that write files pass them by.
  @inline(never)
  func note(
    _ index: Int, of batch: borrowing Batch, session: SessionIdentifier, end: Int
  ) {
    let record = batch.records[index]
    let key = batch.withText(record.key) { keep($0) }
    append(record, key, keep(session), of: batch, end: end)
  }

  /// Notes record `index` of `batch`, with the session that its details name.
  @inline(never)
  func note(_ index: Int, of batch: borrowing Batch, end: Int) {
    let record = batch.records[index]
    let key = batch.withText(record.key) { keep($0) }
    var session = TextRange.empty
    if !batch.details.isEmpty && batch.details[index].hasSession {
      session = batch.withText(batch.details[index].session) { keep($0) }
    }
    append(record, key, session, of: batch, end: end)
  }

  /// Notes a closing.
  @inline(never)
  func note(_ closing: Closing, of outcome: borrowing Outcome, end: Int) {
    let key = outcome.withClosingText(closing.key) { keep($0) }
    let session =
      switch closing.session {
      case .identifier(let identifier): keep(identifier)
      case .text(let range): outcome.withClosingText(range) { keep($0) }
      }
    notes.append(
      Note(
        end: end, schema: schema, time: closing.time, key: key, session: session, headers: .empty))
  }

  @inline(__always)
  private func append(
    _ record: Record, _ key: TextRange, _ session: TextRange, of batch: borrowing Batch, end: Int
  ) {
    var kept = TextRange.empty
    if let range = headers.find(record, in: batch.headers) {
      kept = batch.headers.withBytes(range) { keep($0) }
    }
    notes.append(
      Note(
        end: end, schema: schema, time: record.time, key: key, session: session, headers: kept))
  }

  @inline(__always)
  private func keep(_ text: Span<UInt8>) -> TextRange {
    let offset = bytes.count
    bytes.append(text)
    return TextRange(offset: offset, length: text.count)
  }

  @inline(__always)
  private func keep(_ session: SessionIdentifier) -> TextRange {
    let offset = bytes.count
    session.write(to: &bytes)
    return TextRange(offset: offset, length: bytes.count - offset)
  }
}
