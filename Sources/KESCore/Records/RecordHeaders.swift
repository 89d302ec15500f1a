// What stands beside records that came as messages.

/// The headers of those records of a batch that have some, in the order of the records, which are named
/// by where their bytes begin: that stays when others of the batch are left out.
///
/// Layout of one record's headers: for each the length of its name (4 bytes, little-endian), the name,
/// the length of its value (4; all ones for none), the value.
public struct RecordHeaders: ~Copyable {
  struct Entry: BitwiseCopyable {
    /// The record's.
    var offset: UInt32
    var range: TextRange
  }

  /// Finds the headers of a batch's records, which are asked for in their order.
  struct Cursor {
    private var next = 0

    /// Where the headers of `record` stand; nil where it has none. Amortized O(1).
    @inline(__always)
    mutating func find(_ record: Record, in headers: borrowing RecordHeaders) -> TextRange? {
      if headers.isEmpty { return nil }
      while next < headers.count {
        let entry = headers.entry(next)
        if entry.offset > record.offset { break }
        next += 1
        if entry.offset == record.offset { return entry.range }
      }
      return nil
    }
  }

  private static let none: UInt32 = .max

  private var entries = Column<Entry>(capacity: 1)
  private var bytes = ByteBlock(capacity: 0)

  public init() {}

  public var isEmpty: Bool { entries.isEmpty }
  var count: Int { entries.count }

  func entry(_ index: Int) -> Entry { entries[index] }

  mutating func removeAll() {
    entries.removeAll()
    bytes.truncate(to: 0)
  }

  /// Adds a header of the record whose bytes begin at `offset`; those of one record one behind the
  /// other.
  mutating func append(_ name: Span<UInt8>, _ value: Span<UInt8>?, ofRecordAt offset: UInt32) {
    let start = bytes.count
    bytes.append(field: UInt32(truncatingIfNeeded: name.count))
    bytes.append(name)
    if let value {
      bytes.append(field: UInt32(truncatingIfNeeded: value.count))
      bytes.append(value)
    } else {
      bytes.append(field: RecordHeaders.none)
    }
    note(start, ofRecordAt: offset)
  }

  /// Adds all headers of the record whose bytes begin at `offset`, as another batch has them.
  mutating func append(_ headers: Span<UInt8>, ofRecordAt offset: UInt32) {
    let start = bytes.count
    bytes.append(headers)
    note(start, ofRecordAt: offset)
  }

  /// Notes that the bytes from `start` on are the record's.
  private mutating func note(_ start: Int, ofRecordAt offset: UInt32) {
    let added = bytes.count - start
    if entries.count > 0, entries[entries.count - 1].offset == offset {
      let range = entries[entries.count - 1].range
      entries[entries.count - 1].range = TextRange(
        offset: Int(range.offset), length: range.length + added)
    } else {
      entries.append(Entry(offset: offset, range: TextRange(offset: start, length: added)))
    }
  }

  /// Lends what stands at `range`. Valid until `body` returns.
  func withBytes<Result: ~Copyable>(
    _ range: TextRange, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    bytes.withBytes(Int(range.offset), range.length, body)
  }

  /// Whether `bytes` are the headers of one record: to be asked of what comes from outside.
  static func areHeaders(_ bytes: Span<UInt8>) -> Bool {
    var reader = FieldReader()
    while reader.end < bytes.count {
      for isValue in [false, true] {
        let length = reader.next(bytes, as: UInt32.self)
        if isValue && length == none { continue }
        let end = reader.end + Int(length)
        if !reader.isComplete || end > bytes.count { return false }
        reader = FieldReader(from: end)
      }
    }
    return reader.isComplete
  }

  /// Lends each header among `bytes`, which are one record's.
  static func forEach(
    in bytes: Span<UInt8>, _ body: (_ name: Span<UInt8>, _ value: Span<UInt8>?) -> Void
  ) {
    var reader = FieldReader()
    while reader.end < bytes.count {
      let nameLength = Int(reader.next(bytes, as: UInt32.self))
      let name = bytes.extracting(reader.end..<reader.end + nameLength)
      reader = FieldReader(from: reader.end + nameLength)
      let valueLength = reader.next(bytes, as: UInt32.self)
      if valueLength == none {
        body(name, nil)
        continue
      }
      let end = reader.end + Int(valueLength)
      body(name, bytes.extracting(reader.end..<end))
      reader = FieldReader(from: end)
    }
  }
}
