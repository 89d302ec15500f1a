// Messages of a topic to records: one record a message, its value byte for byte.

/// Decodes messages, of one partition at a time.
///
/// A value is a JSON object, or where the run has a registry Avro data in the Confluent wire format. Line
/// feeds between the parts of a JSON value are white space; a byte order mark before it is passed over; a
/// value of white space alone is rejected. A message without a value is a tombstone: counted, and no
/// record (cli.md, section 1). Memory: the values of a batch, copied once.
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
    var next: KafkaOffset
    /// How many messages were dealt with: records, rejected ones and those that count as filtered.
    var count = 0
  }

  /// About how many bytes make a batch (`Intake.blockSize`).
  private static let batchSize = 128 * 1024

  private let formats: RecordFormats
  private let greatestRecord: Int
  private let keepsHeaders: Bool
  private let topic: String
  /// Whether the bytes of values are of any kind, not text.
  let isBinary: Bool
  private var json: JSONRecordReader
  private var avro: ConfluentRecordReader
  /// Those of the last batch, in their order.
  private(set) var rejected: [Rejected] = []
  /// Bytes of values so far.
  private(set) var byteCount: Int64 = 0

  /// - Parameters:
  ///   - formats: with a registry of messages where values are Avro.
  ///   - topic: the one that the messages come from.
  ///   - keepsHeaders: whether the batches tell of headers.
  init(
    _ formats: RecordFormats, topic: String, isAvro: Bool, greatestRecord: Int, keepsHeaders: Bool
  ) {
    self.topic = topic
    self.formats = formats
    self.greatestRecord = greatestRecord
    self.keepsHeaders = keepsHeaders
    isBinary = isAvro
    json = JSONRecordReader(
      purpose: formats.wantsDetails ? .reading : .segmenting, unknownEvents: formats.unknownEvents,
      sessions: formats.sessions, shape: formats.shape, memory: formats.timeMemory)
    avro = ConfluentRecordReader(
      registry: formats.messageRegistry, schemas: formats.schemas, target: formats.readingTarget,
      wantsDetails: formats.wantsDetails, unknownEvents: formats.unknownEvents)
  }

  /// Replaces the content of `batch` with the records of messages from `index` on: those of the first
  /// one's partition, up to a batch's worth; moves `index` behind them.
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
    let (partition, first) = messages.withMessage(at: index) { ($0.partition, $0.offset) }
    let end = end(partition)
    // What comes from the end on is not read: nor may it be passed over for a next run.
    var progress = Progress(partition: partition, next: min(first, end ?? first))
    if !isBinary { formats.limit(&json) }
    while index < messages.count, batch.bytes.count < MessageDecoder.batchSize,
      Int64(progress.count) < limits.records
    {
      let (found, offset) = messages.withMessage(at: index) { ($0.partition, $0.offset) }
      if found != partition { break }
      if end.map({ offset < $0 }) ?? true {
        do throws(Failure) {
          if try !read(messages, index, into: &batch, limits) { break }
        } catch {
          // What came before is handed out first; the next call meets it again.
          if progress.count == 0 { throw error }
          break
        }
        progress.next = KafkaOffset(offset.rawValue + 1)
        progress.count += 1
      }
      index += 1
      if limits.stopsAtRejection && !rejected.isEmpty {
        progress.next = offset
        break
      }
    }
    batch.decodedCount = batch.bytes.count
    if !isBinary {
      json.takeOut(of: &batch)
      try formats.admitLines(of: batch)
    }
    return progress
  }

  /// Reads one message. False where its schema has to be asked for and there are records to be handed out.
  private func read(
    _ messages: borrowing KafkaMessageBatch, _ index: Int, into batch: inout Batch,
    _ limits: DecodingLimits
  ) throws(Failure) -> Bool {
    let before = batch.records.count
    let goesOn = try messages.withMessage(at: index) { message throws(Failure) in
      if message.isTombstone {
        batch.tombstoneCount += 1
        return true
      }
      let position = MessageDecoder.position(message.partition, message.offset)
      return try message.withValue { value throws(Failure) in
        guard let value else { return true }
        if formats.shape != nil { beginMessage(message) }
        if !isBinary {
          readLine(value, index, position, limits, into: &batch)
        } else if try !readFrame(value, index, position, limits, into: &batch) {
          return false
        }
        byteCount += Int64(value.count)
        return true
      }
    }
    if keepsHeaders && batch.records.count > before {
      let record = batch.records[before]
      let keepsKeys = keepsKeys
      messages.withMessage(at: index) {
        MessageDecoder.note($0, record, keepsKeys: keepsKeys, &batch.headers)
      }
    }
    return goesOn
  }

  // MARK: Messages of records of any shape

  /// Whether a record of any shape keeps its message's key and timestamp, and a closing the key of its
  /// session's first message.
  private var keepsKeys: Bool { keepsHeaders && formats.shape != nil && !formats.keysAnew }

  private func beginMessage(_ message: borrowing KafkaMessageView) {
    let topic = topic
    message.withKey { key in
      json.beginMessage(
        key: key, timestamp: message.timestamp, keepsKey: keepsKeys
      ) { output in
        MessageDecoder.appendObject(message, key, topic: topic, to: &output)
      }
    }
  }

  /// What `$message` is (cli.md, "Selectors").
  private static func appendObject(
    _ message: borrowing KafkaMessageView, _ key: Span<UInt8>?, topic: String,
    to output: inout ByteBlock
  ) {
    output.append("{\"key\":")
    if let key { appendText(key, to: &output) } else { output.append("null") }
    output.append(",\"timestamp\":")
    if let time = message.timestamp {
      output.append(decimal: time.milliseconds)
    } else {
      output.append("null")
    }
    output.append(",\"topic\":")
    withUTF8Bytes(of: topic) { JSONText.appendString($0, to: &output) }
    output.append(",\"partition\":")
    output.append(decimal: Int64(message.partition))
    output.append(",\"offset\":")
    output.append(decimal: message.offset.rawValue)
    output.append(",\"headers\":{")
    var isFirst = true
    message.forEachHeader { name, value in
      if !isFirst { output.append(",") }
      isFirst = false
      appendText(name, to: &output)
      output.append(":")
      if let value { appendText(value, to: &output) } else { output.append("null") }
    }
    output.append("}}")
  }

  private static func appendText(_ bytes: Span<UInt8>, to output: inout ByteBlock) {
    var text = ByteBlock(capacity: bytes.count)
    text.append(text: bytes)
    text.withBytes { JSONText.appendString($0, to: &output) }
  }

  // MARK: JSON

  private func readLine(
    _ value: Span<UInt8>, _ index: Int, _ position: Int64, _ limits: DecodingLimits,
    into batch: inout Batch
  ) {
    let value = value.extracting(ByteOrderMark.length(in: value)..<value.count)
    let start = batch.bytes.count
    batch.bytes.append(value)
    (json.position, json.ahead) = (position, limits.ahead)
    let rejections = batch.rejections.count
    json.read(lastOf: &batch, from: start, greatest: greatestRecord)
    if batch.rejections.count == rejections { return }
    let rejection = batch.rejections[rejections]
    reject(index, reason(of: rejection, in: batch), rejection.fault)
  }

  private func reason(of rejection: Rejection, in batch: borrowing Batch) -> String {
    let isBlank = batch.bytes.withBytes(Int(rejection.offset), Int(rejection.length)) {
      MessageDecoder.isBlank($0)
    }
    if isBlank { return "an empty value; expected a JSON object" }
    let foreign = batch.bytes.withBytes(Int(rejection.offset), Int(rejection.length)) {
      ForeignInput.of($0)
    }
    let message = JSONFaultMessage(
      rejection: rejection, greatestRecord: greatestRecord,
      foreign: foreign == .lines ? nil : foreign, sessions: formats.sessions,
      shape: formats.shape)
    let mayBeAvro = batch.bytes[Int(rejection.offset)] == 0 && foreign == nil
    return message.text(in: batch) + (mayBeAvro ? "; Avro is read with --registry" : "")
  }

  private static func isBlank(_ value: Span<UInt8>) -> Bool {
    for index in 0..<value.count
    where !JSONScanner.isSpace(value[index]) && value[index] != UInt8(ascii: "\n") {
      return false
    }
    return true
  }

  // MARK: Avro

  /// False where the schema has to be asked for and there are records to be handed out.
  private func readFrame(
    _ value: Span<UInt8>, _ index: Int, _ position: Int64, _ limits: DecodingLimits,
    into batch: inout Batch
  ) throws(Failure) -> Bool {
    if value.count > greatestRecord {
      reject(index, .tooLong(greatestRecord), position, &batch)
      return true
    }
    switch try avro.read(value, position: position, limits.ahead, into: &batch) {
    case .record:
      if let ahead = avro.takeAhead() {
        let place = batch.records.count - 1
        batch.ahead.note(MessageDecoder.rejection(ahead, position, place))
      }
    case .passedOver: batch.unknownCount += 1
    case .unasked: return false
    case .complaint(let complaint): reject(index, complaint, position, &batch)
    }
    return true
  }

  private func reject(
    _ index: Int, _ complaint: ConfluentRecordReader.Complaint, _ position: Int64,
    _ batch: inout Batch
  ) {
    let rejection = MessageDecoder.rejection(complaint, position, batch.records.count)
    batch.rejections.append(rejection)
    let message = AvroFaultMessage(
      rejection: rejection, greatestRecord: greatestRecord, enclosure: "message")
    let isOfSchema = complaint.fault == .unusableSchema
    reject(index, isOfSchema ? complaint.problem : message.text, complaint.fault)
  }

  private static func rejection(
    _ complaint: ConfluentRecordReader.Complaint, _ position: Int64, _ place: Int
  ) -> Rejection {
    var rejection = Rejection(
      part: .whole, fault: complaint.fault, field: complaint.field, place: place, offset: 0,
      length: 0, faultOffset: 0, position: position, line: 1)
    rejection.ahead = complaint.ahead
    return rejection
  }

  private func reject(_ index: Int, _ reason: String, _ fault: Fault) {
    rejected.append(Rejected(message: index, reason: reason, fault: fault))
  }

  // MARK: Positions

  private static let offsetBits: Int64 = 48

  /// P in R12: the partition and the offset.
  @inline(__always)
  private static func position(_ partition: Int32, _ offset: KafkaOffset) -> Int64 {
    Int64(partition) << offsetBits + offset.rawValue
  }

  /// The offset of the message whose record has `position`.
  @inline(__always)
  static func offset(ofPosition position: Int64) -> KafkaOffset {
    KafkaOffset(position & (1 << offsetBits - 1))
  }

  @inline(__always)
  private static func note(
    _ message: borrowing KafkaMessageView, _ record: Record, keepsKeys: Bool,
    _ headers: inout RecordHeaders
  ) {
    if keepsKeys {
      message.withKey {
        headers.append(key: $0, timestamp: message.timestamp, ofRecordAt: record.offset)
      }
    }
    message.forEachHeader { name, value in
      headers.append(name, value, ofRecordAt: record.offset)
    }
  }
}
