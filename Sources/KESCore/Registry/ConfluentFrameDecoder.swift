// Messages of topics in pipes and files: each with its length before it, and its schema's id in it.

/// Decodes events in messages of the Confluent wire format, each behind its length.
///
/// The length has 4 bytes, big-endian with a sign, and -1 means a record without a value (a
/// tombstone): what `kcat -f '%R%s'` writes of a topic. The message is a magic byte 0, the schema's
/// id (4 bytes, big-endian) and Avro binary. A message that is wrong is rejected alone; a length
/// that cannot be is the end of what can be followed.
///
///     message ──▶ message, tombstone, or a rejection
///        │  ▲
///        ▼  │ its last byte
///     passing over (too long, or nobody knows where it ends)
///
/// Where the input ends inside a message, that is rejected, but the input's place stays before it:
/// who writes a file may not be done, and a later run finds the message whole. Memory: one message.
public struct ConfluentFrameDecoder: ~Copyable, RecordDecoder {
  private static let lengthSize = 4
  /// What is longer is no message, whatever is allowed. Our choice, as for lines.
  private static let greatestLength = 1 << 30
  /// Messages are decoded together up to so many bytes.
  private static let batchSize = 128 * 1024

  public internal(set) var position: Int64
  public private(set) var hasMore = false
  private let greatestRecord: Int
  private var reader: ConfluentRecordReader
  /// What has come in and is not decoded yet begins at `used`.
  private var raw = ByteBlock()
  private var used = 0
  /// How many bytes of the input come before the end of `raw`.
  private var given: Int64 = 0
  /// The number of the message at hand in its input, from 1.
  private var message: Int64 = 1
  /// The message that is passed over, while it is.
  private var passing: PassedMessage?
  /// Where the message begins inside which the input ended.
  private var cutPlace: Int64?
  /// Why the schema of the message at `used` cannot be had, while what came before is handed out.
  private var failure: Failure?
  /// The problems of the batch's rejections.
  private var problems: [String] = []

  private struct PassedMessage {
    /// Where it begins in the input.
    let place: Int64
    /// How many of its bytes are still to come; nil for all that come.
    var left: Int?
  }

  /// - Parameters:
  ///   - registry: where the schemas are; nil where no messages will come.
  ///   - schemas: where the schemas get their numbers, and how events are read.
  ///   - target: which schema the records are to have; nil for that of their message.
  ///   - greatestRecord: how many bytes a message may have.
  ///   - position: the number of the first record.
  public init(
    registry: (any SchemaRegistry)?, schemas: AvroSchemaTable, target: AvroTarget? = nil,
    wantsDetails: Bool, greatestRecord: Int, unknownEvents: UnknownEventPolicy = .reject,
    position: Int64 = 0
  ) {
    reader = ConfluentRecordReader(
      registry: registry, schemas: schemas, target: target, wantsDetails: wantsDetails,
      unknownEvents: unknownEvents)
    self.greatestRecord = greatestRecord
    self.position = position
  }

  public var isInsideRecord: Bool { passing != nil }

  // MARK: Inputs

  public mutating func beginInput(_ start: InputStart) {
    raw.truncate(to: 0)
    (used, given, message) = (0, 0, 1)
    (passing, cutPlace, failure) = (nil, nil, nil)
    hasMore = false
    if case .resumed(let position, _) = start {
      (given, message) = (position.offset, position.line)
    }
  }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    DecodingPlace(unread: Int(given - (cutPlace ?? place)), line: message)
  }

  /// The place in the input of what stands at `used`.
  private var place: Int64 { given - Int64(raw.count - used) }

  public mutating func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    forgetUsed()
    let before = raw.count
    defer { given += Int64(raw.count - before) }
    return try fill(&raw)
  }

  private mutating func forgetUsed() {
    raw.removeFirst(used)
    used = 0
  }

  /// Moves the batch's bytes behind those that wait.
  private mutating func take(_ batch: inout Batch) {
    forgetUsed()
    given += Int64(batch.bytes.count)
    raw.append(batch.bytes, 0, batch.bytes.count)
    batch.bytes.truncate(to: 0)
  }

  // MARK: Decoding

  /// Throws where the schema of the first message cannot be had; what stands before such a message
  /// is handed out first.
  public mutating func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(Failure) {
    take(&batch)
    hasMore = false
    problems = []
    if let failure { throw failure }
    let last = position &+ min(limits.records, Int64.max &- position)
    do throws(Failure) {
      while position < last {
        if batch.bytes.count >= ConfluentFrameDecoder.batchSize {
          hasMore = raw.count > used
          break
        }
        let goesOn = try step(&batch, endOfInput, limits)
        if !goesOn { break }
      }
    } catch {
      if batch.isEmpty && batch.tombstoneCount + batch.unknownCount == 0 { throw error }
      failure = error
      hasMore = true
    }
    batch.decodedCount = batch.bytes.count
  }

  /// One message; false where the next needs more bytes, or must not come.
  private mutating func step(
    _ batch: inout Batch, _ endOfInput: Bool, _ limits: DecodingLimits
  ) throws(Failure) -> Bool {
    if passing != nil { return passOver(&batch, endOfInput) }
    let room = raw.count - used
    if room == 0 { return false }
    let isEnd = endOfInput && !limits.leavesUnfinished
    if room < ConfluentFrameDecoder.lengthSize {
      return isEnd && lose("it ends inside a message's length", nil, &batch, limits)
    }
    let length = Int(Int32(bigEndian: raw.load(at: used)).littleEndian)
    if length == -1 {
      finish(0)
      batch.tombstoneCount += 1
      return true
    }
    if length < 0 || length > ConfluentFrameDecoder.greatestLength {
      return lose(
        "a length of \(length), which no message has; expected messages behind their lengths, as"
          + " kcat -f '%R%s' writes them", nil, &batch, limits)
    }
    if length > greatestRecord {
      return lose(
        ConfluentRecordReader.Complaint.tooLong(greatestRecord).problem, length, &batch, limits)
    }
    if room - ConfluentFrameDecoder.lengthSize < length {
      return isEnd && lose("it ends inside a message", nil, &batch, limits)
    }
    return try decode(length, &batch, limits)
  }

  /// Goes behind a message of `length` bytes.
  private mutating func finish(_ length: Int) {
    used += ConfluentFrameDecoder.lengthSize + length
    message += 1
    position += 1
  }

  /// Decodes the message of `length` bytes; false where its rejection ends the run, or its schema has
  /// to be asked for and there are records to be handed out.
  private mutating func decode(
    _ length: Int, _ batch: inout Batch, _ limits: DecodingLimits
  ) throws(Failure) -> Bool {
    let start = used + ConfluentFrameDecoder.lengthSize
    let found = try ConfluentFrameDecoder.read(
      raw, start, length, number: position, limits.ahead, &reader, &batch)
    switch found {
    case .record: break
    case .passedOver: batch.unknownCount += 1
    // What came before does not wait for a registry.
    case .unasked:
      hasMore = true
      return false
    case .complaint(let complaint):
      let offset = batch.bytes.count
      batch.bytes.append(raw, start, length)
      reject(complaint, .whole, offset, length, &batch)
      if limits.stopsAtRejection { return false }
    }
    if let noted = reader.takeAhead() {
      let record = batch.records[batch.records.count - 1]
      batch.ahead.note(
        rejection(noted, .whole, Int(record.offset), Int(record.length), batch.records.count - 1))
    }
    finish(length)
    return true
  }

  private static func read(
    _ raw: borrowing ByteBlock, _ start: Int, _ length: Int, number: Int64, _ ahead: AheadLimit,
    _ reader: inout ConfluentRecordReader, _ batch: inout Batch
  ) throws(Failure) -> ConfluentRecordReader.Found {
    try raw.withBytes(start, length) { message throws(Failure) in
      try reader.read(message, position: number, ahead, into: &batch)
    }
  }

  // MARK: What is no event

  /// Rejects a message that is not to be had as a whole; `length` is nil where nobody knows where
  /// the next begins. False where that ends the run.
  private mutating func lose(
    _ problem: String, _ length: Int?, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    reject(.init(problem: problem), .first, batch.bytes.count, 0, &batch)
    if limits.stopsAtRejection { return false }
    passing = PassedMessage(place: place, left: length)
    // Where the length cannot be trusted, it is part of what is lost.
    if length != nil { used += ConfluentFrameDecoder.lengthSize }
    return true
  }

  /// Goes on in the message that is passed over; false where it has not come to its end.
  private mutating func passOver(_ batch: inout Batch, _ endOfInput: Bool) -> Bool {
    guard let passed = passing else { return true }
    let length = min(passed.left ?? .max, raw.count - used)
    let left = passed.left.map { $0 - length }
    let isWhole = left == 0
    let offset = batch.bytes.count
    batch.bytes.append(raw, used, length)
    reject(.init(), isWhole || endOfInput ? .last : .middle, offset, length, &batch)
    used += length
    if isWhole {
      passing = nil
      message += 1
      position += 1
    } else if endOfInput {
      passing = nil
      cutPlace = passed.place
    } else {
      passing?.left = left
    }
    return isWhole
  }

  private mutating func reject(
    _ complaint: ConfluentRecordReader.Complaint, _ part: Rejection.Part, _ offset: Int,
    _ length: Int, _ batch: inout Batch
  ) {
    batch.rejections.append(rejection(complaint, part, offset, length, batch.records.count))
    problems.append(complaint.problem)
  }

  private func rejection(
    _ complaint: ConfluentRecordReader.Complaint, _ part: Rejection.Part, _ offset: Int,
    _ length: Int, _ index: Int
  ) -> Rejection {
    var rejection = Rejection(
      part: part, fault: complaint.fault, field: complaint.field, place: index, offset: offset,
      length: length, faultOffset: problems.count, position: position, line: message)
    rejection.byteOffset = passing?.place ?? place
    rejection.ahead = complaint.ahead
    return rejection
  }

  public var isBinary: Bool { true }

  public func location(of rejection: Rejection) -> String {
    ": message \(rejection.line), byte \(rejection.byteOffset)"
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    if rejection.fault == .unusableSchema { return problems[Int(rejection.faultOffset)] }
    return AvroFaultMessage(
      rejection: rejection, greatestRecord: greatestRecord, enclosure: "message"
    ).text
  }
}
