// Records that an encoder finds in a format that is not its own.

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
