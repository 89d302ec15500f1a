// What stands beside records that came as messages.

/// The headers of those records of a batch that have some, in the order of the records.
///
/// Layout of one record's headers: for each the length of its name (4 bytes, little-endian), the name,
/// the length of its value (4; all ones for none), the value.
public struct RecordHeaders: ~Copyable {
  struct Entry: BitwiseCopyable {
    /// The record's.
    var position: Int64
    var range: TextRange
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

  /// Adds a header of the record at `position`; those of one record one behind the other.
  mutating func append(_ name: Span<UInt8>, _ value: Span<UInt8>?, ofRecordAt position: Int64) {
    let offset = bytes.count
    bytes.append(field: UInt32(truncatingIfNeeded: name.count))
    bytes.append(name)
    if let value {
      bytes.append(field: UInt32(truncatingIfNeeded: value.count))
      bytes.append(value)
    } else {
      bytes.append(field: RecordHeaders.none)
    }
    let added = bytes.count - offset
    if entries.count > 0, entries[entries.count - 1].position == position {
      let range = entries[entries.count - 1].range
      entries[entries.count - 1].range = TextRange(
        offset: Int(range.offset), length: range.length + added)
    } else {
      entries.append(
        Entry(position: position, range: TextRange(offset: offset, length: added)))
    }
  }

  /// Lends what stands at `range`. Valid until `body` returns.
  func withBytes<Result: ~Copyable>(
    _ range: TextRange, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    bytes.withBytes(Int(range.offset), range.length, body)
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
