// What a record needs beside its bytes to become a message of a topic.

/// Keys, times and headers of the records in an output's buffer, in their order.
///
/// Encoders of a run whose output is a topic leave one note for each record that they append; who
/// sends the records uses the notes up. Reused, as batches are.
public final class MessageNotes {
  struct Note: BitwiseCopyable {
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

  /// Notes record `index` of `batch`, which belongs to `session`.
  @inline(__always)
  func note(
    _ index: Int, of batch: borrowing Batch, session: SessionIdentifier
  ) {
    let record = batch.records[index]
    let key = batch.withText(record.key) { keep($0) }
    let offset = bytes.count
    session.write(to: &bytes)
    append(
      record, key, TextRange(offset: offset, length: bytes.count - offset), of: batch)
  }

  /// Notes record `index` of `batch`, with the session that its details name.
  ///
  /// - Parameter time: nil for the record's own.
  func note(_ index: Int, of batch: borrowing Batch, at time: EventTime? = nil) {
    var record = batch.records[index]
    if let time { record.time = time }
    let key = batch.withText(record.key) { keep($0) }
    var session = TextRange.empty
    if !batch.details.isEmpty && batch.details[index].hasSession {
      session = batch.withText(batch.details[index].session) { keep($0) }
    }
    append(record, key, session, of: batch)
  }

  /// Notes a closing.
  func note(_ closing: Closing, of outcome: borrowing Outcome) {
    let key = outcome.withClosingText(closing.key) { keep($0) }
    let session: TextRange
    switch closing.session {
    case .identifier(let identifier):
      let offset = bytes.count
      identifier.write(to: &bytes)
      session = TextRange(offset: offset, length: bytes.count - offset)
    case .text(let range): session = outcome.withClosingText(range) { keep($0) }
    }
    notes.append(Note(time: closing.time, key: key, session: session, headers: .empty))
  }

  @inline(__always)
  private func append(
    _ record: Record, _ key: TextRange, _ session: TextRange, of batch: borrowing Batch
  ) {
    var kept = TextRange.empty
    if let range = headers.find(record, in: batch.headers) {
      kept = batch.headers.withBytes(range) { keep($0) }
    }
    notes.append(Note(time: record.time, key: key, session: session, headers: kept))
  }

  @inline(__always)
  private func keep(_ text: Span<UInt8>) -> TextRange {
    let offset = bytes.count
    bytes.append(text)
    return TextRange(offset: offset, length: text.count)
  }
}

/// Encodes events, and notes of each what its message needs.
public struct NotingEventEncoder<Encoder: EventEncoder & ~Copyable>: ~Copyable, EventEncoder {
  private var encoder: Encoder
  private let notes: MessageNotes?

  /// - Parameter notes: nil where the output is no topic.
  public init(_ encoder: consuming Encoder, notes: MessageNotes?) {
    self.encoder = encoder
    self.notes = notes
  }

  public mutating func encode(_ batch: borrowing Batch, to output: inout ByteBlock) {
    encoder.encode(batch, to: &output)
    guard let notes else { return }
    notes.beginBatch()
    for index in 0..<batch.records.count { notes.note(index, of: batch) }
  }
}
