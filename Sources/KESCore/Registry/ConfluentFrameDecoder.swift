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
  private let wantsDetails: Bool
  private let unknownEvents: UnknownEventPolicy

  private var readings: MessageReadings
  private var scanner = AvroEventScanner()
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

  /// What is wrong with a message.
  private struct Complaint {
    var fault = Fault.unusableSchema
    var field = FieldName.none
    /// All that is to be said where the fault is `.unusableSchema`.
    var problem = ""
    /// See `Rejection`.
    var ahead: UInt64 = 0

    /// Whether the message is an event of another branch than ours.
    var isUnknownEvent: Bool { fault == .unknownBranch && field == .event }
  }

  /// - Parameters:
  ///   - registry: where the schemas are; nil where no messages will come.
  ///   - schemas: where the schemas get their numbers, and how events are read.
  ///   - greatestRecord: how many bytes a message may have.
  ///   - position: the number of the first record.
  public init(
    registry: (any SchemaRegistry)?, schemas: AvroSchemaTable, wantsDetails: Bool,
    greatestRecord: Int, unknownEvents: UnknownEventPolicy = .reject, position: Int64 = 0
  ) {
    self.unknownEvents = unknownEvents
    readings = MessageReadings(registry: registry, schemas: schemas)
    self.wantsDetails = wantsDetails
    self.greatestRecord = greatestRecord
    self.position = position
  }

  /// Which schema the records are to have; nil for that of their message.
  var target: AvroTarget? {
    get { readings.target }
    set { readings.target = newValue }
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
        "a message longer than \(greatestRecord) bytes; --max-record SIZE allows longer ones",
        length, &batch, limits)
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
    let header = raw.withBytes(start, length) { ConfluentWireFormat.readHeader(of: $0) }
    let complaint: Complaint?
    switch header {
    case .fault(let fault): complaint = Complaint(problem: fault.description)
    case .schema(let identifier):
      // What came before does not wait for a registry.
      if !(batch.isEmpty && batch.tombstoneCount == 0) && !readings.hasAsked(for: identifier) {
        hasMore = true
        return false
      }
      let reading = try readings.reading(identifier)
      if let entry = reading.entry, reading.problem == nil {
        complaint = admit(start, length, reading, entry, limits.ahead, &batch)
      } else {
        complaint = Complaint(problem: reading.problem ?? "")
      }
    }
    if let complaint, passesOver(complaint) {
      batch.unknownCount += 1
    } else if let complaint {
      let offset = batch.bytes.count
      batch.bytes.append(raw, start, length)
      reject(complaint, .whole, offset, length, &batch)
      if limits.stopsAtRejection { return false }
    }
    finish(length)
    return true
  }

  /// Whether a message counts as filtered: an old closing, or an event that is none of ours.
  private func passesOver(_ complaint: Complaint) -> Bool {
    complaint.fault == .oldClosing || (complaint.isUnknownEvent && unknownEvents == .filter)
  }

  /// Appends the message's event to the batch; returns what is wrong where it is none.
  private mutating func admit(
    _ start: Int, _ length: Int, _ reading: AvroReading, _ entry: AvroSchemaTable.Entry,
    _ ahead: AheadLimit, _ batch: inout Batch
  ) -> Complaint? {
    let (payload, frameEnd) = (start + ConfluentWireFormat.payloadOffset, start + length)
    let offset = batch.bytes.count
    var complaint: Complaint?
    if let transcoder = reading.transcoder {
      let end = raw.withBytes(0, frameEnd) { transcoder.transcode($0, payload, to: &batch.bytes) }
      complaint = ConfluentFrameDecoder.complaint(of: transcoder.reader, end, frameEnd)
    } else {
      batch.bytes.append(raw, payload, frameEnd - payload)
    }
    if complaint == nil { complaint = scan(offset, reading.schema, entry, ahead, &batch) }
    if complaint != nil { batch.bytes.truncate(to: offset) }
    return complaint
  }

  /// Scans the datum at the end of the batch's bytes; returns what is wrong with it.
  @inline(__always)
  private mutating func scan(
    _ offset: Int, _ schema: UInt16, _ entry: AvroSchemaTable.Entry, _ ahead: AheadLimit,
    _ batch: inout Batch
  ) -> Complaint? {
    let end = batch.bytes.withBytes { bytes in
      entry.withPlan { scanner.scan($0, $1, entry.layout, bytes, offset) }
    }
    let complaint = ConfluentFrameDecoder.complaint(of: scanner.reader, end, batch.bytes.count)
    if complaint != nil { return complaint }
    if scanner.time > ahead.greatest.milliseconds {
      let found = Complaint(
        fault: .aheadOfClock, field: .timestamp, ahead: scanner.ahead(of: ahead))
      if ahead.rejects { return found }
      let noted = rejection(found, .whole, offset, end - offset, batch)
      batch.ahead.note(noted)
    }
    batch.records.append(scanner.record(at: offset, end, position: position, schema: schema))
    if wantsDetails { batch.details.append(scanner.detailOfKind) }
    return nil
  }

  /// What is wrong with a datum that `reader` walked over, up to `end` of `expected`.
  @inline(__always)
  private static func complaint(of reader: AvroReader, _ end: Int, _ expected: Int) -> Complaint? {
    if end == expected && reader.flaw == nil { return nil }
    if end < 0 { return Complaint(fault: reader.fault) }
    guard let flaw = reader.flaw, end == expected || !flaw.isUnknownEvent else {
      return Complaint(fault: .leftOver)
    }
    return Complaint(fault: flaw.fault, field: flaw.field)
  }

  // MARK: What is no event

  /// Rejects a message that is not to be had as a whole; `length` is nil where nobody knows where
  /// the next begins. False where that ends the run.
  private mutating func lose(
    _ problem: String, _ length: Int?, _ batch: inout Batch, _ limits: DecodingLimits
  ) -> Bool {
    reject(Complaint(problem: problem), .first, batch.bytes.count, 0, &batch)
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
    reject(Complaint(), isWhole || endOfInput ? .last : .middle, offset, length, &batch)
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
    _ complaint: Complaint, _ part: Rejection.Part, _ offset: Int, _ length: Int,
    _ batch: inout Batch
  ) {
    let rejection = rejection(complaint, part, offset, length, batch)
    batch.rejections.append(rejection)
    problems.append(complaint.problem)
  }

  private func rejection(
    _ complaint: Complaint, _ part: Rejection.Part, _ offset: Int, _ length: Int,
    _ batch: borrowing Batch
  ) -> Rejection {
    var rejection = Rejection(
      part: part, fault: complaint.fault, field: complaint.field, place: batch.records.count,
      offset: offset, length: length, faultOffset: problems.count, position: position,
      line: message)
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

/// The readings of the schemas that messages name.
///
/// A registry is asked once for each id. What it does not know is asked for again at the next
/// message, because somebody may register it meanwhile; `CachingSchemaRegistry` says how often that
/// reaches a server.
struct MessageReadings {
  private let registry: (any SchemaRegistry)?
  private let schemas: AvroSchemaTable
  /// Which schema the records are to have; nil for that of their message.
  var target: AvroTarget?

  private var readings: [SchemaIdentifier: AvroReading] = [:]
  /// Those that the registry did not know when it was asked; some of them, where there are many.
  private var absent: Set<SchemaIdentifier> = []
  private static let greatestAbsent = 1024
  private var latest: (identifier: SchemaIdentifier, reading: AvroReading)?

  /// - Parameter registry: where the schemas are; nil where no messages will come.
  init(registry: (any SchemaRegistry)?, schemas: AvroSchemaTable) {
    self.registry = registry
    self.schemas = schemas
  }

  /// Whether the registry was asked for the schema of this id: else that may take its time.
  func hasAsked(for identifier: SchemaIdentifier) -> Bool {
    latest?.identifier == identifier || readings[identifier] != nil || absent.contains(identifier)
  }

  /// How data with the schema of this id are read. Throws where the registry cannot be asked.
  mutating func reading(_ identifier: SchemaIdentifier) throws(Failure) -> AvroReading {
    if let latest, latest.identifier == identifier { return latest.reading }
    var found: AvroReading
    if let known = readings[identifier] {
      found = known
    } else {
      guard let registry else { return AvroReading(problem: "there is no registry") }
      do throws(Failure) {
        found = AvroReading(try registry.schema(identifier), schemas: schemas, target: target)
      } catch {
        if error.kind == .badData {
          if absent.count >= MessageReadings.greatestAbsent { absent.removeAll() }
          absent.insert(identifier)
          return AvroReading(problem: error.description)
        }
        throw error
      }
      if let problem = found.problem {
        found = AvroReading(problem: "the schema with the id \(identifier): \(problem)")
      }
      readings[identifier] = found
      if found.keepsSchema { schemas.note(identifier, of: found.schema) }
    }
    latest = (identifier, found)
    return found
  }
}
