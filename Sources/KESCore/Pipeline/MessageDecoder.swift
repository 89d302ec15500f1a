// Messages of a topic to records: the formats' decoders over the values, one record a message.

/// Decodes messages, of one partition at a time.
///
/// A value is a JSON object, or where the run has a registry Avro data in the Confluent wire format. A
/// line feed between the parts of a JSON value is handed on as other white space; a value of white
/// space alone is rejected. A message without a value is a tombstone: counted, and no record (cli.md, section 1).
/// Memory: the values of a batch, copied once.
final class MessageDecoder {
  /// A message that could not be decoded.
  struct Rejected {
    /// Its index among the messages.
    let message: Int
    let reason: String
    let fault: Fault
  }

  /// What was decoded.
  struct Progress {
    let partition: Int32
    /// The offset of the message that is next.
    let next: KafkaOffset
    /// How many messages were dealt with: records, rejected ones and tombstones.
    let count: Int
  }

  /// About how many bytes make a batch (`Intake.blockSize`).
  private static let batchSize = 128 * 1024

  private let decoder: FormatDecoder
  private let isAvro: Bool
  private let keepsHeaders: Bool
  private var taken = TakenMessages()
  /// The decoder's position at the first message taken.
  private var base: Int64 = 0
  /// Those of the last batch, in their order.
  private(set) var rejected: [Rejected] = []
  /// Bytes of values so far.
  private(set) var byteCount: Int64 = 0

  /// - Parameters:
  ///   - formats: with a registry of messages where values are Avro.
  ///   - keepsHeaders: whether the batches tell of headers.
  init(_ formats: RecordFormats, isAvro: Bool, greatestRecord: Int, keepsHeaders: Bool) {
    decoder = formats.makeDecoder(input: isAvro ? .avro : .json, greatestRecord: greatestRecord)
    decoder.readsTopic = true
    self.isAvro = isAvro
    self.keepsHeaders = keepsHeaders
  }

  /// Whether the bytes of values are of any kind, not text.
  var isBinary: Bool { isAvro }

  /// Whether messages that were taken have not come back.
  var hasMore: Bool { taken.hasMore }

  /// The index of the first of them; nil where all have.
  var next: Int? { taken.hasMore ? taken.next : nil }

  /// Forgets messages that were taken, as where they are read again.
  func reset() { taken.removeAll() }

  /// Replaces the content of `batch` with the records of messages from `index` on: those of the first
  /// one's partition, up to a batch's worth.
  ///
  /// - Parameters:
  ///   - limits: after how many messages to stop, and whether to stop before a bad one.
  ///   - end: a partition's offset from which on nothing is read; nil for none.
  /// Throws where a schema cannot be had.
  func decode(
    _ messages: borrowing KafkaMessageBatch, from index: inout Int, into batch: inout Batch,
    limits: DecodingLimits, end: (Int32) -> KafkaOffset?
  ) throws(Failure) -> Progress {
    batch.recycle()
    rejected = []
    let first = taken.hasMore ? taken.next : index
    let (partition, offset) = messages.withMessage(at: first) { ($0.partition, $0.offset) }
    let end = end(partition)
    // What stands from the end on is not read: nor may it be passed over for a next run.
    let start = min(offset, end ?? offset)
    var count = 0
    if !taken.hasMore {
      take(messages, &index, &batch, limits.records, end)
      count = taken.tombstoneCount
    }
    try decoder.decode(&batch, endOfInput: true, limits: limits)
    batch.tombstoneCount = count
    let (returned, next) = collect(messages, &batch, partition, start, limits.stopsAtRejection)
    return Progress(partition: partition, next: next, count: count + returned)
  }

  private func take(
    _ messages: borrowing KafkaMessageBatch, _ index: inout Int, _ batch: inout Batch,
    _ limit: Int64, _ end: KafkaOffset?
  ) {
    decoder.beginInput(.beginning)
    base = decoder.position
    var taken = TakenMessages()
    swap(&taken, &self.taken)
    let isAvro = isAvro
    decoder.withInput(&batch) { block in
      taken.take(
        messages, from: &index, limit: limit, size: MessageDecoder.batchSize, end: end,
        isAvro: isAvro, to: &block)
    }
    byteCount += Int64(taken.byteCount)
    swap(&taken, &self.taken)
  }

  // MARK: What came back

  /// Gives the records their places in the partition. Returns how many messages came back, and the
  /// offset of the one that is next.
  private func collect(
    _ messages: borrowing KafkaMessageBatch, _ batch: inout Batch, _ partition: Int32,
    _ start: KafkaOffset, _ stopsAtRejection: Bool
  ) -> (count: Int, next: KafkaOffset) {
    var (count, next, rejection) = (0, start, 0)
    for record in 0..<batch.records.count {
      while rejection < batch.rejections.count,
        Int(batch.rejections[rejection].place) <= record
      {
        if reject(rejection, of: batch) { count += 1 }
        rejection += 1
      }
      let number = Int(batch.records[record].position - base)
      messages.withMessage(at: taken.pop(number)) { message in
        let position = MessageDecoder.position(partition, message.offset)
        batch.records[record].position = position
        next = KafkaOffset(message.offset.rawValue + 1)
        if keepsHeaders { MessageDecoder.note(message, batch.records[record], &batch.headers) }
      }
      count += 1
    }
    while rejection < batch.rejections.count {
      if reject(rejection, of: batch) { count += 1 }
      rejection += 1
    }
    // Of events that are passed over nothing came.
    taken.pass(to: Int(decoder.position - base))
    count += batch.unknownCount
    if stopsAtRejection, let bad = rejected.first {
      return (count, messages.withMessage(at: bad.message) { $0.offset })
    }
    if !taken.hasMore {
      next = max(next, taken.end)
    } else if let last = taken.last {
      next = max(next, messages.withMessage(at: last) { KafkaOffset($0.offset.rawValue + 1) })
    }
    return (count, next)
  }

  /// Keeps what is wrong with a message; false for another part of one.
  private func reject(_ index: Int, of batch: borrowing Batch) -> Bool {
    let rejection = batch.rejections[index]
    guard rejection.part == .whole || rejection.part == .first else { return false }
    let number = Int(rejection.position - base)
    let reason =
      taken.isBlank(number)
      ? "an empty value; expected a JSON object" : decoder.message(for: rejection, in: batch)
    rejected.append(Rejected(message: taken.pop(number), reason: reason, fault: rejection.fault))
    return true
  }

  // MARK: Places

  private static let offsetBits: Int64 = 48

  /// P in R12: the partition and the offset.
  @inline(__always)
  private static func position(_ partition: Int32, _ offset: KafkaOffset) -> Int64 {
    Int64(partition) << offsetBits + offset.rawValue
  }

  /// The offset of the message whose record stands at `position`.
  @inline(__always)
  static func offset(ofPosition position: Int64) -> KafkaOffset {
    KafkaOffset(position & (1 << offsetBits - 1))
  }

  @inline(__always)
  private static func note(
    _ message: borrowing KafkaMessageView, _ record: Record, _ headers: inout RecordHeaders
  ) {
    message.forEachHeader { name, value in
      headers.append(name, value, ofRecordAt: record.offset)
    }
  }
}

/// Indexes of messages of one partition, in their order.
struct TakenMessages: ~Copyable {
  private var indexes = Column<Int32>()
  private var returned = 0
  /// Those whose values are of white space alone, by their places here.
  private var blanks: Set<Int> = []
  /// How many of the messages were tombstones, which are not among the indexes.
  private(set) var tombstoneCount = 0
  /// The offset behind the last message.
  private(set) var end = KafkaOffset(0)
  /// Bytes of values.
  private(set) var byteCount = 0

  var hasMore: Bool { returned < indexes.count }
  /// The next that is to come back.
  var next: Int { Int(indexes[returned]) }
  /// The one that came back last.
  var last: Int? { returned == 0 ? nil : Int(indexes[returned - 1]) }
  func isBlank(_ number: Int) -> Bool { !blanks.isEmpty && blanks.contains(number) }

  /// Takes back the message with that number here, and those before it, of which nothing came.
  mutating func pop(_ number: Int) -> Int {
    returned = number + 1
    return Int(indexes[number])
  }

  /// Notes that the messages before that number are dealt with.
  mutating func pass(to number: Int) { returned = max(returned, number) }

  mutating func removeAll() {
    indexes.removeAll()
    blanks = []
    end = KafkaOffset(0)
    (returned, tombstoneCount, byteCount) = (0, 0, 0)
  }

  /// Appends the values of messages from `index` on, as the decoder takes them, until `size` bytes or
  /// `limit` messages are there, or another partition begins. Those from offset `end` on are passed
  /// over.
  mutating func take(
    _ messages: borrowing KafkaMessageBatch, from index: inout Int, limit: Int64, size: Int,
    end: KafkaOffset?, isAvro: Bool, to block: inout ByteBlock
  ) {
    removeAll()
    var partition: Int32 = -1
    var goesOn = true
    while goesOn, index < messages.count, byteCount < size,
      Int64(indexes.count + tombstoneCount) < limit
    {
      goesOn = messages.withMessage(at: index) { message in
        if partition >= 0 && message.partition != partition { return false }
        partition = message.partition
        if let end, message.offset >= end { return true }
        take(message, index, isAvro: isAvro, to: &block)
        return true
      }
      if goesOn { index += 1 }
    }
  }

  @inline(__always)
  private mutating func take(
    _ message: borrowing KafkaMessageView, _ index: Int, isAvro: Bool, to block: inout ByteBlock
  ) {
    end = KafkaOffset(message.offset.rawValue + 1)
    if message.isTombstone {
      tombstoneCount += 1
      return
    }
    message.withValue { value in
      guard let value else { return }
      byteCount += value.count
      if isAvro {
        block.append(word: UInt64(UInt32(value.count).byteSwapped), count: 4)
        block.append(value)
      } else {
        appendLine(value, to: &block)
      }
    }
    indexes.append(Int32(truncatingIfNeeded: index))
  }

  /// A line of the value: a byte order mark before it is passed over, and a line feed in it becomes a
  /// tab, which is white space where it is, and in a string as wrong as it was.
  @inline(__always)
  private mutating func appendLine(_ value: Span<UInt8>, to block: inout ByteBlock) {
    let value = value.extracting(ByteOrderMark.length(in: value)..<value.count)
    if value.isEmpty || value[0] != UInt8(ascii: "{"), TakenMessages.isBlank(value) {
      // A line of its own that is rejected: an empty one would be passed over.
      blanks.insert(indexes.count)
      block.append("\"\"\n")
      return
    }
    if value.firstIndex(of: UInt8(ascii: "\n"), from: 0) == nil {
      block.append(value)
    } else {
      for place in 0..<value.count {
        block.append(value[place] == UInt8(ascii: "\n") ? UInt8(ascii: "\t") : value[place])
      }
    }
    block.append(UInt8(ascii: "\n"))
  }

  private static func isBlank(_ value: Span<UInt8>) -> Bool {
    for index in 0..<value.count {
      switch value[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): break
      default: return false
      }
    }
    return true
  }
}
