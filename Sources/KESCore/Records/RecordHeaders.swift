// What stands beside records that came as messages.

/// The headers of those records of a batch that have some, in the order of the records, which are named
/// by where their bytes begin: that stays when others of the batch are left out.
///
/// Layout of one record's headers: for each the length of its name (4 bytes, little-endian), the name,
/// the length of its value (4; all ones for none), the value. Where a record is to keep the key and the
/// timestamp of its message, these stand among them, under names that no header has: 0xFF and `k`, and
/// 0xFF and `t` with 8 bytes, little-endian.
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
  private static let mark: UInt8 = 0xFF
  private static let keyName: InlineArray<2, UInt8> = [mark, UInt8(ascii: "k")]
  private static let timeName: InlineArray<2, UInt8> = [mark, UInt8(ascii: "t")]

  /// Adds key and timestamp of the message that the record came in, nil for none.
  mutating func append(
    key: Span<UInt8>?, timestamp: EventTime?, ofRecordAt offset: UInt32
  ) {
    append(RecordHeaders.keyName.span, key, ofRecordAt: offset)
    guard let timestamp else { return }
    var value = ByteBlock(capacity: 8)
    value.append(field: timestamp.milliseconds)
    value.withBytes { append(RecordHeaders.timeName.span, $0, ofRecordAt: offset) }
  }

  /// What of a record's message stands among its headers.
  struct Message {
    /// Nil where the record does not keep its message's key; an empty range where that has none.
    var key: Range<Int>?
    var hasKey = false
    var timestamp: EventTime?
  }

  /// Finds key and timestamp of the message among `headers`, which are one record's.
  static func message(in headers: Span<UInt8>) -> Message {
    var found = Message()
    var reader = FieldReader()
    while reader.end < headers.count {
      let nameLength = Int(reader.next(headers, as: UInt32.self))
      let nameStart = reader.end
      reader = FieldReader(from: nameStart + nameLength)
      let length = reader.next(headers, as: UInt32.self)
      let value = reader.end..<reader.end + (length == none ? 0 : Int(length))
      if nameLength == 2 && headers[nameStart] == mark {
        if headers[nameStart + 1] == UInt8(ascii: "k") {
          (found.key, found.hasKey) = (value, length != none)
        } else {
          var time = FieldReader(from: value.lowerBound)
          found.timestamp = EventTime(milliseconds: time.next(headers))
        }
      }
      reader = FieldReader(from: value.upperBound)
    }
    return found
  }

  /// Whether a name is that of a header, and not of what else stands among them.
  static func isHeader(_ name: Span<UInt8>) -> Bool { name.count == 0 || name[0] != mark }

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
