// A topic as the end of an output.

/// Sends what is written to a topic, a message for each record: what `records` notes of it says where
/// its value ends, and key, time and headers.
///
/// Partitions go by murmur2 of the key, as Java clients do (cli.md, section 1, "Kafka").
public final class TopicDestination: OutputDestination {
  public let topic: String
  /// To be told of each record by who appends it.
  public let records = TopicRecords()
  private let sender: TopicSender
  private let keys: MessageKeys
  private let schemas: WriterSchemas?
  private let retention: RetentionWatch?
  private var key = ByteBlock()
  private var value = ByteBlock()

  /// - Parameters:
  ///   - schemas: of the values, which name them in the Confluent wire format; nil where values are
  ///     sent as they are.
  ///   - retention: looks at what is sent; nil where the topic keeps all.
  public init(
    topic: String, sender: TopicSender, keys: MessageKeys, schemas: WriterSchemas? = nil,
    retention: RetentionWatch? = nil
  ) {
    self.topic = topic
    self.sender = sender
    self.keys = keys
    self.schemas = schemas
    self.retention = retention
  }

  /// Throws also where a key's or a value's schema could not be had: of a value's before anything is
  /// sent, and then the records stay noted.
  public func write(_ bytes: borrowing ByteBlock) throws(Failure) {
    try findSchemas()
    defer { records.removeAll() }
    retention?.look(at: records)
    try sender.beginSending()
    let topic = try sender.topic(self.topic)
    var start = 0
    for index in 0..<records.count {
      let note = records.notes[index]
      try send(bytes, start..<note.end, note, to: topic)
      start = note.end
    }
    precondition(start == bytes.count, "every byte is a record's")
    try sender.checkDeliveries()
  }

  private func findSchemas() throws(Failure) {
    guard let schemas else { return }
    try schemas.avro.requireWritable()
    for index in 0..<records.count { _ = try schemas.identifier(records.notes[index].schema) }
  }

  /// Sends the record whose value stands at `range`.
  private func send(
    _ bytes: borrowing ByteBlock, _ range: Range<Int>, _ note: TopicRecords.Note,
    to topic: KafkaTopic
  ) throws(Failure) {
    key.truncate(to: 0)
    try keys.append(note, of: records, to: &key)
    guard let schemas else { return try send(valueAt: range, of: bytes, note, to: topic) }
    value.truncate(to: 0)
    ConfluentWireFormat.appendHeader(try schemas.identifier(note.schema), to: &value)
    value.append(bytes, range.lowerBound, range.count)
    try send(valueAt: 0..<value.count, of: value, note, to: topic)
  }

  @inline(__always)
  private func send(
    valueAt range: Range<Int>, of bytes: borrowing ByteBlock, _ note: TopicRecords.Note,
    to topic: KafkaTopic
  ) throws(Failure) {
    var headers = note.headers.length == 0 ? nil : makeHeaders(note.headers)
    try key.withBytes { key throws(Failure) in
      try bytes.withBytes(range.lowerBound, range.count) { value throws(Failure) in
        try sender.send(
          key: note.keyKind == .none ? nil : key, value: value, to: topic, timestamp: note.time,
          headers: headers.take())
      }
    }
  }

  private func makeHeaders(_ range: TextRange) -> KafkaHeaders {
    var headers = sender.producer.makeHeaders()
    records.bytes.withBytes(Int(range.offset), range.length) { bytes in
      RecordHeaders.forEach(in: bytes) { name, value in
        if RecordHeaders.isHeader(name) { headers.add(String(decodingBytes: name), value) }
      }
    }
    return headers
  }

  public func discard() { records.removeAll() }

  public func sync() throws(Failure) {
    try sender.deliver()
  }

  public func finish() throws(Failure) { try sync() }
}

/// Makes keys of records (cli.md, section 1, "Kafka"): without a registry the event's key as it is;
/// with one `Device{id}`, or `SessionKey{device, session}` for session events, in the Confluent wire
/// format.
public final class MessageKeys {
  private static let device =
    #"{"type":"record","name":"Device","fields":[{"name":"id","type":"string"}]}"#
  private static let sessionKey =
    #"{"type":"record","name":"SessionKey","fields":["#
    + #"{"name":"device","type":"string"},{"name":"session","type":"string"}]}"#

  private let registry: (any SchemaRegistry)?
  private let subject: SubjectName
  private var deviceIdentifier: SchemaIdentifier?
  private var sessionIdentifier: SchemaIdentifier?

  /// - Parameter registry: where the keys' schemas are looked up, and registered where they are not
  ///   there; nil for text.
  public init(topic: String, registry: (any SchemaRegistry)? = nil) {
    self.registry = registry
    subject = .keys(ofTopic: topic)
  }

  /// Appends the key of a record. Throws where its schema could not be had.
  func append(
    _ note: TopicRecords.Note, of records: TopicRecords, to key: inout ByteBlock
  ) throws(Failure) {
    let hasSession = note.session.length > 0
    if let registry, note.keyKind == .ofRecord {
      let identifier = try identifier(registry, hasSession: hasSession)
      ConfluentWireFormat.appendHeader(identifier, to: &key)
      records.bytes.withBytes(Int(note.key.offset), note.key.length) { key.append(avro: $0) }
      if hasSession {
        records.bytes.withBytes(Int(note.session.offset), note.session.length) {
          key.append(avro: $0)
        }
      }
    } else {
      key.append(records.bytes, Int(note.key.offset), note.key.length)
    }
  }

  private func identifier(
    _ registry: any SchemaRegistry, hasSession: Bool
  ) throws(Failure) -> SchemaIdentifier {
    if let known = hasSession ? sessionIdentifier : deviceIdentifier { return known }
    let schema = hasSession ? MessageKeys.sessionKey : MessageKeys.device
    let found = try registry.identifierRegistering(schema, under: subject)
    if hasSession { sessionIdentifier = found } else { deviceIdentifier = found }
    return found
  }
}

/// Tells of the first record that is sent to a topic and older than that keeps: brokers remove records
/// by their own times, which are those of the events (Kafka documentation, `retention.ms`).
public final class RetentionWatch {
  private let topic: String
  private let retention: Int64
  private let clock: Clock
  private let onNote: (String) -> Void
  private var hasNoted = false

  /// - Parameters:
  ///   - retention: how old records may be, in milliseconds.
  ///   - onNote: told of the first that is older.
  public init(
    topic: String, retention: Int64, clock: Clock = .real, onNote: @escaping (String) -> Void
  ) {
    self.topic = topic
    self.retention = retention
    self.clock = clock
    self.onNote = onNote
  }

  /// Looks at records that are to be sent. Cost: O(n), and O(1) once one was told of.
  func look(at records: TopicRecords) {
    if hasNoted { return }
    let now = EventTime(milliseconds: clock.wall())
    let oldest = EventTime(milliseconds: now.milliseconds - retention)
    for index in 0..<records.count where records.notes[index].time < oldest {
      hasNoted = true
      let age = AheadLimit.span(records.notes[index].time.elapsed(until: now))
      return onNote(
        "topic \(topic): keeps records for \(AheadLimit.span(UInt64(retention))) (retention.ms), and"
          + " what is sent is \(age) old: brokers will remove it; set retention.ms to -1, by"
          + " --topic-config where --create-topics creates the topic")
    }
  }
}
