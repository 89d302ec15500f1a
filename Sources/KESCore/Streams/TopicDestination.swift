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
