// The unit in which everything moves: a block of bytes and columns over it.

/// A batch of records (design.md, "What flows").
///
/// A source fills `bytes`; a decoder fills `records` (and `details` where a reader asked for them)
/// and `rejections`; the segmenter writes what became of each into an `Outcome`; encoders walk both
/// once. A batch is reused for the whole run, so nothing is allocated an event.
public struct Batch: ~Copyable {
  /// What the records point into.
  public var bytes: ByteBlock
  /// How many of `bytes` have been decoded; the rest is the beginning of the next batch.
  public var decodedCount = 0
  /// Text that had escapes, unescaped: what a `TextRange` with `isUnescaped` points into.
  public var unescaped: ByteBlock

  public var records: Column<Record>
  /// As many as `records`, or none.
  public var details: Column<EventDetail>
  /// In the order of their places.
  public var rejections: Column<Rejection>
  /// Those of `records` that are ahead of the wall clock.
  public var ahead = AheadRecords()

  /// Of records that came as messages.
  public var headers = RecordHeaders()

  /// How many records without a value there were, which are no events (tombstones).
  public var tombstoneCount = 0

  /// How many events there were that are to be passed over: none of ours, or old closings.
  public var unknownCount = 0

  /// What stream time reaches after the last record; `.beforeAll` where nothing is to be said.
  public var finalStreamTime: EventTime = .beforeAll

  /// An empty batch for blocks of about `blockSize` bytes.
  public init(blockSize: Int) {
    bytes = ByteBlock(capacity: blockSize)
    unescaped = ByteBlock()
    records = Column(capacity: blockSize / 128)
    details = Column()
    rejections = Column()
  }

  /// Whether it tells of nothing.
  public var isEmpty: Bool { records.isEmpty && rejections.isEmpty }

  /// Makes room for the next batch: keeps only the bytes that have not been decoded.
  public mutating func recycle() {
    bytes.removeFirst(decodedCount)
    decodedCount = 0
    clearRecords()
  }

  /// Forgets the bytes that have not been decoded: they are no part of the next batch.
  mutating func forgetUndecoded() { bytes.truncate(to: decodedCount) }

  /// Forgets bytes, records and all.
  public mutating func removeAll() {
    bytes.truncate(to: 0)
    decodedCount = 0
    clearRecords()
  }

  /// What a decoder fills, apart from the bytes that it reads meanwhile.
  public struct Columns: ~Copyable {
    public var records = Column<Record>(capacity: 1)
    public var details = Column<EventDetail>(capacity: 1)
    public var rejections = Column<Rejection>(capacity: 1)
    public var unescaped = ByteBlock(capacity: 0)
    public var ahead = AheadRecords()
    public var unknownCount = 0
  }

  /// Lends the bytes, and what is to be filled from them. Valid until `fill` returns.
  @inline(__always)
  public mutating func decode<Result: ~Copyable>(
    _ fill: (Span<UInt8>, inout Columns) -> Result
  ) -> Result {
    var columns = Columns()
    return decode(using: &columns, fill)
  }

  /// The same with columns at hand, which are empty and stay so: nothing is allocated.
  @inline(__always)
  mutating func decode<Result: ~Copyable>(
    using columns: inout Columns, _ fill: (Span<UInt8>, inout Columns) -> Result
  ) -> Result {
    exchange(&columns)
    let result = bytes.withBytes { fill($0, &columns) }
    exchange(&columns)
    return result
  }

  /// The same over bytes that stand elsewhere, and are to become this batch's.
  @inline(__always)
  public mutating func decode<Result: ~Copyable>(
    _ block: borrowing ByteBlock, _ length: Int, _ fill: (Span<UInt8>, inout Columns) -> Result
  ) -> Result {
    var columns = Columns()
    exchange(&columns)
    let result = block.withBytes(0, length) { fill($0, &columns) }
    exchange(&columns)
    return result
  }

  private mutating func exchange(_ columns: inout Columns) {
    swap(&columns.records, &records)
    swap(&columns.details, &details)
    swap(&columns.rejections, &rejections)
    swap(&columns.unescaped, &unescaped)
    swap(&columns.ahead, &ahead)
    swap(&columns.unknownCount, &unknownCount)
  }

  private mutating func clearRecords() {
    unescaped.truncate(to: 0)
    records.removeAll()
    details.removeAll()
    rejections.removeAll()
    ahead = AheadRecords()
    headers.removeAll()
    finalStreamTime = .beforeAll
    tombstoneCount = 0
    unknownCount = 0
  }

  /// Lends the text at `range`. Valid until `body` returns.
  @inline(__always)
  @inlinable
  public func withText<Result: ~Copyable, Failure: Error>(
    _ range: TextRange, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    range.isUnescaped
      ? try unescaped.withBytes(Int(range.offset), range.length, body)
      : try bytes.withBytes(Int(range.offset), range.length, body)
  }

  /// Lends the key of `record` as people read it. Valid until `body` returns.
  public func withKeyText<Result, Failure: Error>(
    _ record: Record, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withText(record.key) { key throws(Failure) in try SessionKey.withText(key, body) }
  }

  /// Lends the bytes of `record`. Valid until `body` returns.
  @inline(__always)
  public func withRecordBytes<Result: ~Copyable, Failure: Error>(
    _ record: Record, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withBytes(Int(record.offset), Int(record.length), body)
  }
}
