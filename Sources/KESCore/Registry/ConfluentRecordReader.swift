// One message of a topic in Avro: its schema's id read, its datum scanned, and put into a batch.

/// Reads events in messages of the Confluent wire format: a magic byte 0, the schema's id (4 bytes,
/// big-endian) and Avro binary. Who frames them says where each begins and ends.
struct ConfluentRecordReader: ~Copyable {
  /// What a message is.
  enum Found {
    /// Its record is the batch's last.
    case record
    /// It counts as filtered: an old closing, or an event that is none of ours.
    case passedOver
    case complaint(Complaint)
    /// The registry has yet to be asked for its schema, and the batch holds what must not wait for that.
    case unasked
  }

  /// What is wrong with a message.
  struct Complaint {
    var fault = Fault.unusableSchema
    var field = FieldName.none
    /// All that is to be said where the fault is `.unusableSchema`.
    var problem = ""
    /// See `Rejection`.
    var ahead: UInt64 = 0

    static func tooLong(_ greatest: Int) -> Complaint {
      Complaint(
        problem: "a message longer than \(greatest) bytes; --max-record SIZE allows longer ones")
    }

    /// Whether the message is an event of another branch than ours.
    var isUnknownEvent: Bool { fault == .unknownBranch && field == .event }
  }

  private let wantsDetails: Bool
  private let unknownEvents: UnknownEventPolicy
  private var readings: MessageReadings
  private var scanner = AvroEventScanner()
  /// Set where the record read last is ahead of the wall clock.
  private var ahead: Complaint?

  /// - Parameters:
  ///   - registry: where the schemas are; nil where no messages will come.
  ///   - schemas: where the schemas get their numbers, and how events are read.
  ///   - target: which schema the records are to have; nil for that of their message.
  init(
    registry: (any SchemaRegistry)?, schemas: AvroSchemaTable, target: AvroTarget?,
    wantsDetails: Bool, unknownEvents: UnknownEventPolicy
  ) {
    readings = MessageReadings(registry: registry, schemas: schemas, target: target)
    self.wantsDetails = wantsDetails
    self.unknownEvents = unknownEvents
  }

  /// Reads `message`, and appends its record to the batch. Throws where its schema cannot be had.
  ///
  /// - Parameters:
  ///   - position: the record's.
  ///   - limit: which events are ahead of the wall clock.
  mutating func read(
    _ message: Span<UInt8>, position: Int64, _ limit: AheadLimit, into batch: inout Batch
  ) throws(Failure) -> Found {
    ahead = nil
    let complaint: Complaint?
    switch ConfluentWireFormat.readHeader(of: message) {
    case .fault(let fault): complaint = Complaint(problem: fault.description)
    case .schema(let identifier):
      if !(batch.isEmpty && batch.tombstoneCount == 0) && !readings.hasAsked(for: identifier) {
        return .unasked
      }
      let reading = try readings.reading(identifier)
      if let entry = reading.entry, reading.problem == nil {
        complaint = admit(message, reading, entry, position, limit, &batch)
      } else {
        complaint = Complaint(problem: reading.problem ?? "")
      }
    }
    guard let complaint else { return .record }
    return passesOver(complaint) ? .passedOver : .complaint(complaint)
  }

  /// How far the record read last is ahead of the wall clock; nil where it is not. Once a record.
  mutating func takeAhead() -> Complaint? {
    defer { ahead = nil }
    return ahead
  }

  /// Whether a message counts as filtered.
  private func passesOver(_ complaint: Complaint) -> Bool {
    complaint.fault == .oldClosing || (complaint.isUnknownEvent && unknownEvents == .filter)
  }

  /// Appends the message's event to the batch; returns what is wrong where it is none.
  private mutating func admit(
    _ message: Span<UInt8>, _ reading: AvroReading, _ entry: AvroSchemaTable.Entry,
    _ position: Int64, _ limit: AheadLimit, _ batch: inout Batch
  ) -> Complaint? {
    let payload = ConfluentWireFormat.payloadOffset
    let offset = batch.bytes.count
    var complaint: Complaint?
    if let transcoder = reading.transcoder {
      let end = transcoder.transcode(message, payload, to: &batch.bytes)
      complaint = ConfluentRecordReader.complaint(of: transcoder.reader, end, message.count)
    } else {
      batch.bytes.append(message.extracting(payload..<message.count))
    }
    if complaint == nil {
      complaint = scan(offset, reading.schema, entry, position, limit, &batch)
    }
    if complaint != nil { batch.bytes.truncate(to: offset) }
    return complaint
  }

  /// Scans the datum at the end of the batch's bytes; returns what is wrong with it.
  @inline(__always)
  private mutating func scan(
    _ offset: Int, _ schema: UInt16, _ entry: AvroSchemaTable.Entry, _ position: Int64,
    _ limit: AheadLimit, _ batch: inout Batch
  ) -> Complaint? {
    let end = batch.bytes.withBytes { bytes in
      entry.withPlan { scanner.scan($0, $1, entry.layout, bytes, offset) }
    }
    let complaint = ConfluentRecordReader.complaint(of: scanner.reader, end, batch.bytes.count)
    if complaint != nil { return complaint }
    if scanner.time > limit.greatest.milliseconds {
      let found = Complaint(
        fault: .aheadOfClock, field: .timestamp, ahead: scanner.ahead(of: limit))
      if limit.rejects { return found }
      ahead = found
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
  private let target: AvroTarget?

  private var readings: [SchemaIdentifier: AvroReading] = [:]
  /// Those that the registry did not know when it was asked; some of them, where there are many.
  private var absent: Set<SchemaIdentifier> = []
  private static let greatestAbsent = 1024
  private var latest: (identifier: SchemaIdentifier, reading: AvroReading)?

  /// - Parameter registry: where the schemas are; nil where no messages will come.
  init(registry: (any SchemaRegistry)?, schemas: AvroSchemaTable, target: AvroTarget?) {
    self.registry = registry
    self.schemas = schemas
    self.target = target
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
