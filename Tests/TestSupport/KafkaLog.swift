// A partition's log for a test's broker: record batches, with all that stands between records.

public import Foundation

/// What a broker keeps of a partition: record batches (Kafka's documentation, "Message Format", version
/// 2), the markers that end transactions (KIP-98), and what compaction and retention have left.
public struct KafkaLog: Sendable {
  /// A record as it is appended. Its time is in milliseconds.
  public struct Record: Sendable {
    public var key: Data?
    public var value: Data?
    public var time: Int64
    public var headers: [(name: String, value: Data?)]

    public init(
      key: Data? = nil, _ value: Data?, time: Int64 = 0,
      headers: [(name: String, value: Data?)] = []
    ) {
      (self.key, self.value, self.time, self.headers) = (key, value, time, headers)
    }

    public init(key: String? = nil, _ text: String, time: Int64 = 0) {
      self.init(key: key.map { Data($0.utf8) }, Data(text.utf8), time: time)
    }
  }

  /// A batch as it is sent to readers.
  public struct Batch: Sendable {
    /// From its first offset to the one behind its last, also where no record has those.
    public let offsets: Range<Int64>
    public let bytes: Data
    /// The time of each record that is there, by its offset.
    let times: [(offset: Int64, time: Int64)]
  }

  /// A transaction that was aborted: whose, and from its first offset to its marker.
  struct Abortion: Sendable {
    let producer: Int64
    let offsets: ClosedRange<Int64>
  }

  public private(set) var batches: [Batch] = []
  private(set) var abortions: [Abortion] = []
  /// The first offset that is still there.
  public private(set) var start: Int64 = 0
  /// The next offset.
  public private(set) var end: Int64 = 0
  /// The first offset of each transaction that is open, by its producer.
  private var open: [Int64: Int64] = [:]

  public init() {}

  /// Before it every transaction has ended (the last stable offset).
  public var stableEnd: Int64 { open.values.min() ?? end }

  // MARK: Writing

  /// Appends a batch. nil stands for a record that compaction has removed: a batch of those alone is an
  /// empty one.
  ///
  /// - Parameter producer: whose transaction it belongs to; nil for none.
  public mutating func append(_ records: [Record?], producer: Int64? = nil) {
    let present = records.enumerated().compactMap { index, record in
      record.map { (index: index, record: $0) }
    }
    if let producer { open[producer] = open[producer] ?? end }
    append(present, count: records.count, producer: producer, isControl: false)
  }

  /// Appends a batch as a producer made it. Its records have one time for all, the greatest.
  mutating func append(_ batch: KafkaRecordBatch) {
    var batch = batch
    batch.baseOffset = end
    if batch.isTransactional { open[batch.producer] = open[batch.producer] ?? end }
    batches.append(
      Batch(
        offsets: end..<batch.next, bytes: batch.bytes, times: [(end, batch.greatestTime)]))
    end = batch.next
  }

  /// Ends a producer's transaction with a marker.
  public mutating func endTransaction(of producer: Int64, commits: Bool, time: Int64 = 0) {
    // Both of version 0: the key's second number is the kind, the value's the coordinator's epoch.
    var (key, value) = (KafkaFrameWriter(), KafkaFrameWriter())
    for number in [0, commits ? 1 : 0] as [Int16] { key.write(number) }
    value.write(Int16(0))
    value.write(Int32(0))
    if let first = open.removeValue(forKey: producer), !commits {
      abortions.append(Abortion(producer: producer, offsets: first...end))
    }
    let marker = Record(key: key.bytes, value.bytes, time: time)
    append([(0, marker)], count: 1, producer: producer, isControl: true)
  }

  /// Retention: nothing before `offset` is there any more. Batches go as a whole, as segments do, but
  /// none of their records before it can be read.
  public mutating func removeRecords(before offset: Int64) {
    start = max(start, min(offset, end))
    batches.removeAll { $0.offsets.upperBound <= start }
    abortions.removeAll { $0.offsets.upperBound < start }
  }

  private mutating func append(
    _ records: [(index: Int, record: Record)], count: Int, producer: Int64?, isControl: Bool
  ) {
    let bytes = KafkaLog.encode(
      records, base: end, count: count, producer: producer, isControl: isControl)
    let times = isControl ? [] : records.map { (end + Int64($0.index), $0.record.time) }
    batches.append(Batch(offsets: end..<end + Int64(count), bytes: bytes, times: times))
    end += Int64(count)
  }

  // MARK: Reading

  /// The batches that a reader at `offset` gets, about `size` bytes; of ended transactions alone where
  /// it wants committed records.
  func read(from offset: Int64, isCommitted: Bool, size: Int) -> Data {
    let limit = isCommitted ? stableEnd : end
    var bytes = Data()
    for batch in batches where batch.offsets.upperBound > offset {
      if batch.offsets.lowerBound >= limit || bytes.count >= size { break }
      bytes += batch.bytes
    }
    return bytes
  }

  /// The transactions whose records a reader at `offset` is to leave out.
  func abortions(from offset: Int64) -> [Abortion] {
    abortions.filter { $0.offsets.upperBound >= offset }
  }

  /// The offset of the first record of `time` or later.
  func offset(atTime time: Int64) -> Int64? {
    batches.lazy.flatMap(\.times).first { $0.offset >= start && $0.time >= time }?.offset
  }

  // MARK: The bytes of a batch

  private static func encode(
    _ records: [(index: Int, record: Record)], base: Int64, count: Int, producer: Int64?,
    isControl: Bool
  ) -> Data {
    var content = KafkaFrameWriter()
    content.write(Int16(producer == nil ? 0 : 0x10) | (isControl ? 0x20 : 0))
    content.write(Int32(count - 1))
    let first = records.first?.record.time ?? 0
    content.write(first)
    content.write(records.map(\.record.time).max() ?? 0)
    content.write(producer ?? -1)
    content.write(Int16(producer == nil ? -1 : 0))
    content.write(Int32(producer == nil ? -1 : 0))
    content.write(Int32(records.count))
    for (index, record) in records {
      let bytes = encode(record, index: index, firstTime: first)
      content.write(varint: Int64(bytes.count))
      content.append(bytes)
    }
    var batch = KafkaFrameWriter()
    batch.write(base)
    // The leader's epoch, the version and the checksum stand before the content.
    batch.write(Int32(content.bytes.count + 9))
    batch.write(Int32(0))
    batch.write(Int8(2))
    batch.write(crc32c(content.bytes))
    batch.append(content.bytes)
    return batch.bytes
  }

  private static func encode(_ record: Record, index: Int, firstTime: Int64) -> Data {
    var writer = KafkaFrameWriter()
    writer.write(Int8(0))
    writer.write(varint: record.time - firstTime)
    writer.write(varint: Int64(index))
    writer.write(counted: record.key)
    writer.write(counted: record.value)
    writer.write(varint: Int64(record.headers.count))
    for header in record.headers {
      writer.write(counted: Data(header.name.utf8))
      writer.write(counted: header.value)
    }
    return writer.bytes
  }

  /// The checksum of batches (RFC 3720, appendix B.4), bit by bit.
  private static func crc32c(_ bytes: Data) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    return ~sum
  }
}
