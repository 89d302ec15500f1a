// Records of one format in another, for encoders that find records of a format not their own.

/// Writes records of other formats in the format of an encoder. The formats do not know each other:
/// who puts a pipeline together gives an encoder what it may need.
public protocol RecordConverter: AnyObject {
  /// Replaces what `converted` holds by the batch's records, all of them.
  func convert(_ batch: borrowing Batch, into converted: inout ConvertedRecords)
}

/// The records of a batch in another format, one behind the other.
public struct ConvertedRecords: ~Copyable {
  public var bytes = ByteBlock()
  /// Where each record ends in `bytes`.
  private var ends = Column<Int>()

  public init() {}

  public var isEmpty: Bool { ends.isEmpty }

  public mutating func removeAll() {
    bytes.truncate(to: 0)
    ends.removeAll()
  }

  /// Ends a record, whose bytes have been appended.
  public mutating func endRecord() { ends.append(bytes.count) }

  /// The places of a record's bytes.
  public func range(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// Lends a record's bytes. Valid until `body` returns.
  public func withRecord<Result: ~Copyable>(
    _ index: Int, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    let range = range(of: index)
    return bytes.withBytes(range.lowerBound, range.count, body)
  }
}

/// Converts a batch's records of other formats, all at once when the first is met.
struct ForeignRecords: ~Copyable {
  private let converter: (any RecordConverter)?
  private var converted = ConvertedRecords()

  /// - Parameter converter: nil where no such records can come.
  init(converter: (any RecordConverter)?) { self.converter = converter }

  /// To be called before the first record of a batch.
  mutating func beginBatch() { converted.removeAll() }

  /// Appends a record of another format.
  @inline(never)
  mutating func append(_ index: Int, of batch: borrowing Batch, to output: inout ByteBlock) {
    guard let converter else { preconditionFailure("a record of a format nobody expected") }
    if converted.isEmpty { converter.convert(batch, into: &converted) }
    converted.withRecord(index) { output.append($0) }
  }
}
