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
    /// What the key is.
    var keyKind = KeyKind.ofRecord
    /// Empty for an event without one.
    var session: TextRange
    /// As `RecordHeaders` writes them.
    var headers: TextRange
  }

  /// What a message's key is made of.
  enum KeyKind: UInt8, BitwiseCopyable {
    /// The record's key, as text.
    case ofRecord
    /// The key of the message that the record came in, byte for byte; or none, as that had none.
    case ofMessage, none
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
    append(batch.records[index], keep(session), of: batch, end: end)
  }

  /// Notes record `index` of `batch`, with the session that its details name.
  @inline(never)
  func note(_ index: Int, of batch: borrowing Batch, end: Int) {
    var session = TextRange.empty
    if !batch.details.isEmpty && batch.details[index].hasSession {
      session = batch.withText(batch.details[index].session) { keep($0) }
    }
    append(batch.records[index], session, of: batch, end: end)
  }

  /// Notes a closing.
  ///
  /// - Parameter isMarked: whether a header tells that it is one, as nothing else may.
  @inline(never)
  func note(_ closing: Closing, of outcome: borrowing Outcome, isMarked: Bool = false, end: Int) {
    var (keyKind, key) = (KeyKind.ofRecord, TextRange.empty)
    outcome.withClosingText(closing.key) { bytes in
      SessionKey.withMessageKey(bytes) { found in
        if SessionKey.isDetailed(bytes) { keyKind = found == nil ? .none : .ofMessage }
        if let found { key = keep(found) }
      }
    }
    let session =
      switch closing.session {
      case .identifier(let identifier): keep(identifier)
      case .text(let range): outcome.withClosingText(range) { keep($0) }
      }
    notes.append(
      Note(
        end: end, schema: schema, time: closing.time, key: key, keyKind: keyKind, session: session,
        headers: isMarked ? keepMark() : .empty))
  }

  /// `kes.record: closed`.
  private func keepMark() -> TextRange {
    let offset = bytes.count
    for text: StaticString in ["kes.record", "closed"] {
      bytes.append(field: UInt32(text.utf8CodeUnitCount))
      bytes.append(text)
    }
    return TextRange(offset: offset, length: bytes.count - offset)
  }

  @inline(__always)
  private func append(
    _ record: Record, _ session: TextRange, of batch: borrowing Batch, end: Int
  ) {
    var note = Note(
      end: end, schema: schema, time: record.time, key: .empty, session: session, headers: .empty)
    if let range = headers.find(record, in: batch.headers) {
      note.headers = batch.headers.withBytes(range) { keep($0) }
      let message = batch.headers.withBytes(range) { RecordHeaders.message(in: $0) }
      if let key = message.key {
        note.keyKind = message.hasKey ? .ofMessage : .none
        note.key = TextRange(
          offset: Int(note.headers.offset) + key.lowerBound, length: key.count)
      }
      if let time = message.timestamp { note.time = time }
    }
    if note.keyKind == .ofRecord {
      note.key = batch.withText(record.key) { SessionKey.withMessageKey($0) { keep($0) } }
    }
    notes.append(note)
  }

  @inline(__always)
  private func keep(_ text: Span<UInt8>?) -> TextRange {
    guard let text else { return .empty }
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
