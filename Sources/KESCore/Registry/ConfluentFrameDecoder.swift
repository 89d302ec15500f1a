// Messages of topics in pipes and files: each with its length before it, and its schema's id in it.

/// Decodes events in messages of the Confluent wire format, each behind its length.
///
/// The length has 4 bytes, big-endian with a sign, and -1 means a record without a value (a
/// tombstone): what `kcat -f '%R%s'` writes of a topic. The message is a magic byte 0, the schema's
/// id (4 bytes, big-endian) and Avro binary. A message that is wrong is rejected alone; a length
/// that cannot be is the end of what can be followed.
public struct ConfluentFrameDecoder: ~Copyable, RecordDecoder {
  private static let lengthSize = 4
  /// Messages are decoded together up to so many bytes.
  private static let batchSize = 128 * 1024

  public internal(set) var position: Int64
  public private(set) var hasMore = false
  public private(set) var isInsideRecord = false
  private let registry: (any SchemaRegistry)?
  private let schemas: AvroSchemaTable
  /// Which schema the records are to have; nil for that of their message.
  var target: AvroTarget?
  private let greatestRecord: Int
  private let wantsDetails: Bool

  private var readings: [Int32: AvroReading] = [:]
  private var latest: (identifier: Int32, reading: AvroReading)?
  private var scanner = AvroEventScanner()
  private var raw = ByteBlock()
  private var used = 0
  private var given: Int64 = 0
  /// The number of the message at `used` in its input, from 1.
  private var message: Int64 = 1
  /// How many bytes of a message that is too long are still to be passed over; nil for all.
  private var left: Int? = 0
  /// What is wrong with the message at hand, where `fault` does not say it all.
  private var problem = ""
  private var fault = Fault.unusableSchema
  /// The problems of the batch's rejections.
  private var problems: [String] = []

  /// - Parameters:
  ///   - registry: where the schemas are; nil where no messages will come.
  ///   - schemas: where the schemas get their numbers, and how events are read.
  ///   - greatestRecord: how many bytes a message may have.
  ///   - position: the number of the first record.
  public init(
    registry: (any SchemaRegistry)?, schemas: AvroSchemaTable, wantsDetails: Bool,
    greatestRecord: Int, position: Int64 = 0
  ) {
    self.registry = registry
    self.schemas = schemas
    self.wantsDetails = wantsDetails
    self.greatestRecord = greatestRecord
    self.position = position
  }

  public mutating func beginInput(_ start: InputStart) {
    raw.truncate(to: 0)
    (used, given, message, left) = (0, 0, 1, 0)
    (isInsideRecord, hasMore) = (false, false)
    if case .resumed(let position, _) = start {
      (given, message) = (position.offset, position.line)
    }
  }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    DecodingPlace(unread: raw.count - used, line: message)
  }

  private mutating func forgetUsed() {
    raw.removeFirst(used)
    used = 0
  }

  // MARK: Decoding

  public mutating func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(SchemaFailure) {
    forgetUsed()
    given += Int64(batch.bytes.count)
    raw.append(batch.bytes, 0, batch.bytes.count)
    batch.bytes.truncate(to: 0)
    hasMore = false
    problems = []
    let last = position &+ min(limits.records, Int64.max &- position)
    while position < last {
      if batch.bytes.count >= ConfluentFrameDecoder.batchSize {
        hasMore = raw.count > used
        break
      }
      let goesOn = try step(&batch, endOfInput, limits)
      if !goesOn { break }
    }
    batch.decodedCount = batch.bytes.count
  }

  /// One message; false where the next needs more bytes, or must not come.
  private mutating func step(
    _ batch: inout Batch, _ endOfInput: Bool, _ limits: DecodingLimits
  ) throws(SchemaFailure) -> Bool {
    if isInsideRecord { return passOver(&batch, endOfInput) }
    let room = raw.count - used
    if room == 0 { return false }
    if room < ConfluentFrameDecoder.lengthSize {
      return endOfInput && lose("it ends inside a message's length", nil, &batch, limits)
    }
    let length = Int(Int32(bigEndian: raw.load(at: used)).littleEndian)
    if length == -1 {
      finish(0)
      batch.tombstoneCount += 1
      return true
    }
    if length < 0 {
      return lose("a length of \(length), from which on nothing can be told", nil, &batch, limits)
    }
    if length > greatestRecord {
      return lose(
        "a message longer than \(greatestRecord) bytes; --max-record SIZE allows longer ones",
        length, &batch, limits)
    }
    if room - ConfluentFrameDecoder.lengthSize < length {
      return endOfInput && lose("it ends inside a message", nil, &batch, limits)
    }
    return try decode(length, &batch, limits)
  }

  /// Goes behind a message of `length` bytes.
  private mutating func finish(_ length: Int) {
    used += ConfluentFrameDecoder.lengthSize + length
    message += 1
    position += 1
  }

  /// Decodes the message of `length` bytes; false where its rejection ends the run.
  private mutating func decode(
    _ length: Int, _ batch: inout Batch, _ limits: DecodingLimits
  ) throws(SchemaFailure) -> Bool {
    let start = used + ConfluentFrameDecoder.lengthSize
    let header = raw.withBytes(start, length) { ConfluentWireFormat.readHeader(of: $0) }
    switch header {
    case .fault(let fault): note(fault.description)
    case .schema(let identifier):
      let reading = try reading(identifier)
      note(reading.problem ?? "")
      if let entry = reading.entry, reading.problem == nil,
        admit(start, length, reading, entry, &batch)
      {
        finish(length)
        return true
      }
    }
    return reject(start, length, &batch, limits)
  }

  private mutating func note(_ problem: String) {
    self.problem = problem
    fault = .unusableSchema
  }

  /// How data with the schema of this id are read. Throws where the registry cannot be asked.
  private mutating func reading(
    _ identifier: SchemaIdentifier
  ) throws(SchemaFailure) -> AvroReading {
    if let latest, latest.identifier == identifier.rawValue { return latest.reading }
    let found: AvroReading
    if let known = readings[identifier.rawValue] {
      found = known
    } else {
      found = try ask(identifier)
    }
    readings[identifier.rawValue] = found
    latest = (identifier.rawValue, found)
    return found
  }

  private func ask(_ identifier: SchemaIdentifier) throws(SchemaFailure) -> AvroReading {
    guard let registry else { return AvroReading(problem: "there is no registry") }
    do throws(RegistryError) {
      return AvroReading(try registry.schema(identifier), schemas: schemas, target: target)
    } catch {
      if error.kind == .badData { return AvroReading(problem: error.description) }
      throw error.asSchemaFailure
    }
  }

  /// Appends the message's event to the batch; false, with `fault`, where it is none.
  private mutating func admit(
    _ start: Int, _ length: Int, _ reading: AvroReading, _ entry: AvroSchemaTable.Entry,
    _ batch: inout Batch
  ) -> Bool {
    let (payload, frameEnd) = (start + ConfluentWireFormat.payloadOffset, start + length)
    let offset = batch.bytes.count
    var fault: Fault?
    if let transcoder = reading.transcoder {
      let end = raw.withBytes(0, frameEnd) { transcoder.transcode($0, payload, to: &batch.bytes) }
      fault = end < 0 ? transcoder.reader.fault : transcoder.reader.flaw?.fault
      if fault == nil && end < frameEnd { fault = .leftOver }
    } else {
      batch.bytes.append(raw, payload, frameEnd - payload)
    }
    if fault == nil { fault = scan(offset, reading.schema, entry, &batch) }
    guard let fault else { return true }
    self.fault = fault
    batch.bytes.truncate(to: offset)
    return false
  }

  /// Scans the datum at the end of the batch's bytes; returns what is wrong with it.
  private mutating func scan(
    _ offset: Int, _ schema: UInt16, _ entry: AvroSchemaTable.Entry, _ batch: inout Batch
  ) -> Fault? {
    let (position, wantsDetails) = (position, wantsDetails)
    return batch.decode { bytes, columns in
      let end = entry.withPlan { scanner.scan($0, $1, entry.layout, bytes, offset) }
      if end < 0 { return scanner.reader.fault }
      if let flaw = scanner.reader.flaw { return flaw.fault }
      if end < bytes.count { return .leftOver }
      columns.records.append(scanner.record(at: offset, end, position: position, schema: schema))
      if wantsDetails { columns.details.append(scanner.detailOfKind) }
      return nil
    }
  }

  // MARK: What is no event

  /// Rejects a message whose end is known, for `problem`; false where that ends the run.
  private mutating func reject(
    _ start: Int, _ length: Int, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    let offset = batch.bytes.count
    batch.bytes.append(raw, start, length)
    append(.whole, offset, length, &batch)
    if limits.stopsAtRejection { return false }
    finish(length)
    return true
  }

  /// Rejects a message that is not to be had as a whole; `length` is nil where nobody knows where
  /// the next begins. False where that ends the run.
  private mutating func lose(
    _ reason: String, _ length: Int?, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    note(reason)
    append(.first, batch.bytes.count, 0, &batch)
    if limits.stopsAtRejection { return false }
    left = length
    isInsideRecord = true
    finish(0)
    if length == nil { used -= ConfluentFrameDecoder.lengthSize }
    return true
  }

  private mutating func passOver(_ batch: inout Batch, _ endOfInput: Bool) -> Bool {
    let length = min(left ?? .max, raw.count - used)
    left = left.map { $0 - length }
    let isLast = left == 0 || (endOfInput && used + length == raw.count)
    let offset = batch.bytes.count
    batch.bytes.append(raw, used, length)
    used += length
    append(isLast ? .last : .middle, offset, length, &batch)
    if isLast { isInsideRecord = false }
    return isLast && left == 0
  }

  private mutating func append(
    _ part: Rejection.Part, _ offset: Int, _ length: Int, _ batch: inout Batch
  ) {
    var rejection = Rejection(
      part: part, fault: fault, field: .none, place: batch.records.count, offset: offset,
      length: length, faultOffset: problems.count, position: position, line: message)
    rejection.byteOffset = given - Int64(raw.count - used)
    problems.append(problem)
    batch.rejections.append(rejection)
  }

  public var isBinary: Bool { true }

  public func location(of rejection: Rejection) -> String {
    ": message \(rejection.line), byte \(rejection.byteOffset)"
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    rejection.fault == .unusableSchema
      ? problems[Int(rejection.faultOffset)]
      : AvroFaultMessage(rejection: rejection, greatestRecord: greatestRecord).text
  }
}
