// An output of records: a stream, and the form in which they are written to it.

/// A stream and the form in which records are written to it.
public final class FormatOutput {
  public let stream: OutputStream
  public let formats: RecordFormats
  /// What encoders tell of Avro data; nil where lines are written.
  public let avro: AvroOutput?
  /// Where the stream is a topic: what encoders tell of each record.
  public let records: TopicRecords?

  init(
    _ stream: OutputStream, formats: RecordFormats, avro: AvroOutput? = nil,
    records: TopicRecords?
  ) {
    precondition((avro == nil) == (formats.output == .json), "Avro alone has schemas")
    self.stream = stream
    self.formats = formats
    self.avro = avro
    self.records = records
  }

  /// Writes to a file or a pipe.
  ///
  /// - Parameter writer: frames Avro data; nil where lines are written, as `formats` say.
  public convenience init(
    _ stream: OutputStream, formats: RecordFormats, writer: (any AvroWriter)? = nil
  ) {
    self.init(stream, formats: formats, avro: writer?.avro, records: nil)
    if let writer { stream.framing = writer }
  }

  /// Writes to a topic that is there: Avro as messages of the Confluent wire format, or JSON.
  ///
  /// - Parameters:
  ///   - registry: where the schemas of keys and values are registered; nil where records are JSON
  ///     and keys are text.
  ///   - subject: under which the schema of the values is registered; nil for `TOPIC-value`.
  ///   - retention: looks at what is sent; nil where the topic keeps all.
  public convenience init(
    topic: String, sender: TopicSender, formats: RecordFormats,
    registry: (any SchemaRegistry)? = nil, subject: SubjectName? = nil,
    retention: RetentionWatch? = nil
  ) {
    let schemas = registry.map {
      WriterSchemas(
        of: AvroOutput(), registry: $0, subject: subject ?? .values(ofTopic: topic),
        registers: true, known: formats.schemas)
    }
    let destination = TopicDestination(
      topic: topic, sender: sender,
      keys: MessageKeys(topic: topic, registry: formats.shape == nil ? registry : nil),
      schemas: schemas, retention: retention)
    self.init(
      OutputStream(destination, name: "topic \(topic)"), formats: formats, avro: schemas?.avro,
      records: destination.records)
  }

  // MARK: Encoders

  /// Writes what segmenting makes of records.
  public func makeSessionEncoder(
    emission: Emission, marksDuplicates: Bool
  ) -> any SessionEventEncoder & ~Copyable {
    guard let avro, let converter = formats.linesConverter else {
      return JSONLinesSessionEncoder(
        emission: emission, marksDuplicates: marksDuplicates,
        converter: formats.makeAvroConverter(), sessions: formats.sessions,
        closingForm: formats.closingForm, records: records, holdLineFeeds: formats.readsTopic)
    }
    return AvroSessionEncoder(
      emission: emission, marksDuplicates: marksDuplicates, avro: avro, target: formats.target,
      converter: converter, records: records)
  }

  /// Writes session events as they are, and the closings that are missing.
  public func makeThroughEncoder() -> any SessionEventEncoder & ~Copyable {
    guard let avro, let converter = formats.linesConverter else {
      return JSONLinesThroughEncoder(
        converter: formats.makeAvroConverter(), closingForm: formats.closingForm, records: records,
        holdLineFeeds: formats.readsTopic)
    }
    return AvroThroughEncoder(
      avro, target: formats.target, converter: converter, records: records)
  }

  /// Writes records as they are.
  public func makeRecordEncoder() -> any RecordAppender & ~Copyable {
    guard let avro, let converter = formats.linesConverter else {
      return JSONLinesRecordEncoder(
        converter: formats.makeAvroConverter(), records: records,
        holdLineFeeds: formats.readsTopic)
    }
    return AvroRecordEncoder(
      avro, target: formats.outputTarget(isContainer: avro.hasOneSchema), converter: converter,
      records: records)
  }
}

/// Turns blocks of session events in JSON-lines into text lines.
///
/// For people who look at the output of a tool that writes records (`--format text`). It reads the
/// lines again, so it takes about the time of kes-read; the tools' own path stays as it is.
public final class TextRewriter: OutputFraming {
  private var batch = Batch(blockSize: 1024)
  private var decoder: JSONLinesDecoder
  private let encoder: EventTextEncoder

  /// - Parameters:
  ///   - sessions: how the fields of sessions are called.
  ///   - shape: that of the session events; nil for devices.
  public init(style: TextStyle, sessions: SessionFields = .usual, shape: RecordShape? = nil) {
    encoder = EventTextEncoder(style: style, isOfDevices: shape == nil)
    decoder = JSONLinesDecoder(
      purpose: .reading, greatestRecord: .max, sessions: sessions, shape: shape)
  }

  /// A line for every line of `content`, which must all be whole.
  public func frame(
    _ content: borrowing ByteBlock, at moment: FlushMoment, to output: inout ByteBlock
  ) -> Int {
    batch.removeAll()
    batch.bytes.append(content, 0, content.count)
    decoder.decode(&batch, endOfInput: true, limits: DecodingLimits())
    encoder.encode(batch, to: &output)
    return content.count
  }
}
