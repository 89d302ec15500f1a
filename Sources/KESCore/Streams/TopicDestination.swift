// A topic as the end of an output.

/// Sends what is written to a topic, a message for each record: values from the bytes, keys, times and
/// headers from the notes.
///
/// The bytes are lines, or where `isFramed` messages behind their lengths (`ConfluentFrameWriter`).
/// Partitions go by murmur2 of the key, as Java clients do (cli.md, section 1, "Kafka").
public final class TopicDestination: OutputDestination {
  public let topic: String
  public let notes: MessageNotes
  /// Whether the bytes are messages behind their lengths.
  public var isFramed = false
  private let sender: TopicSender
  private let keys: MessageKeys
  private let retention: RetentionWatch?
  private var key = ByteBlock()

  private static let lengthSize = 4

  /// - Parameter retention: looks at what is sent; nil where the topic keeps all.
  public init(
    topic: String, sender: TopicSender, keys: MessageKeys, notes: MessageNotes = MessageNotes(),
    retention: RetentionWatch? = nil
  ) {
    self.topic = topic
    self.sender = sender
    self.keys = keys
    self.notes = notes
    self.retention = retention
  }

  /// Throws also where a key's schema could not be had.
  public func write(_ bytes: borrowing ByteBlock) throws(Failure) {
    defer { notes.removeAll() }
    retention?.look(at: notes)
    try sender.beginSending()
    let topic = try sender.topic(self.topic)
    var place = 0
    for index in 0..<notes.count {
      let note = notes.notes[index]
      let end = self.end(of: bytes, from: place)
      let start = isFramed ? place + TopicDestination.lengthSize : place
      key.truncate(to: 0)
      try keys.append(note, of: notes, to: &key)
      try send(bytes, start..<end, note, to: topic)
      place = isFramed ? end : end + 1
    }
    precondition(place == bytes.count, "a note for each record")
    try sender.checkDeliveries()
  }

  /// Where the value ends that begins at `place`.
  @inline(__always)
  private func end(of bytes: borrowing ByteBlock, from place: Int) -> Int {
    if isFramed {
      let length = Int(Int32(bigEndian: bytes.load(at: place)).littleEndian)
      return place + TopicDestination.lengthSize + length
    }
    let end = bytes.withBytes { $0.firstIndex(of: UInt8(ascii: "\n"), from: place) }
    guard let end else { preconditionFailure("every line ends") }
    return end
  }

  @inline(__always)
  private func send(
    _ bytes: borrowing ByteBlock, _ range: Range<Int>, _ note: MessageNotes.Note,
    to topic: KafkaTopic
  ) throws(Failure) {
    var headers = note.headers.length == 0 ? nil : makeHeaders(note.headers)
    try key.withBytes { key throws(Failure) in
      try bytes.withBytes(range.lowerBound, range.count) { value throws(Failure) in
        try sender.send(
          key: key, value: value, to: topic, timestamp: note.time, headers: headers.take())
      }
    }
  }

  private func makeHeaders(_ range: TextRange) -> KafkaHeaders {
    var headers = sender.producer.makeHeaders()
    notes.bytes.withBytes(Int(range.offset), range.length) { bytes in
      RecordHeaders.forEach(in: bytes) { name, value in
        headers.add(String(decodingBytes: name), value)
      }
    }
    return headers
  }

  public func discard() { notes.removeAll() }

  public func sync() throws(Failure) {
    try sender.deliver()
  }

  public func finish() throws(Failure) { try sync() }
}

/// Makes keys from notes (cli.md, section 1, "Kafka"): without a registry the event's key as it is;
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

  /// Appends the key that a note asks for. Throws `Failure`.
  func append(
    _ note: MessageNotes.Note, of notes: MessageNotes, to key: inout ByteBlock
  ) throws(Failure) {
    let hasSession = note.session.length > 0
    if let registry {
      let identifier = try identifier(registry, hasSession: hasSession)
      ConfluentWireFormat.appendHeader(identifier, to: &key)
      notes.bytes.withBytes(Int(note.key.offset), note.key.length) { key.append(avro: $0) }
      if hasSession {
        notes.bytes.withBytes(Int(note.session.offset), note.session.length) {
          key.append(avro: $0)
        }
      }
    } else {
      key.append(notes.bytes, Int(note.key.offset), note.key.length)
    }
  }

  private func identifier(
    _ registry: any SchemaRegistry, hasSession: Bool
  ) throws(Failure) -> SchemaIdentifier {
    if let known = hasSession ? sessionIdentifier : deviceIdentifier { return known }
    let schema = hasSession ? MessageKeys.sessionKey : MessageKeys.device
    do throws(Failure) {
      let found = try registry.identifierRegistering(schema, under: subject)
      if hasSession { sessionIdentifier = found } else { deviceIdentifier = found }
      return found
    } catch {
      throw error.of(.output)
    }
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
  func look(at notes: MessageNotes) {
    if hasNoted { return }
    let now = EventTime(milliseconds: clock.wall())
    let oldest = EventTime(milliseconds: now.milliseconds - retention)
    for index in 0..<notes.count where notes.notes[index].time < oldest {
      hasNoted = true
      let age = AheadLimit.span(notes.notes[index].time.elapsed(until: now))
      return onNote(
        "topic \(topic): keeps records for \(AheadLimit.span(UInt64(retention))) (retention.ms), and"
          + " what is sent is \(age) old: brokers will remove it; set retention.ms to -1, by"
          + " --topic-config where --create-topics creates the topic")
    }
  }
}
