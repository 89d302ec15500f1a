// An output of records whose format is known at once, or follows the input.

/// A stream and the form in which records are written to it.
public final class FormatOutput {
  public let stream: OutputStream
  public let formats: RecordFormats
  /// What encoders tell of Avro data.
  public let avro: AvroOutput
  /// Where the stream is a topic: what encoders tell of each record.
  public let records: TopicRecords?

  /// Writes to a file or a pipe.
  ///
  /// - Parameter writer: frames Avro data.
  public convenience init(
    _ stream: OutputStream, formats: RecordFormats,
    writer: any AvroWriter = AvroContainerWriter(codec: .null, blockSize: 1 << 16)
  ) {
    self.init(stream, formats: formats, avro: writer.avro, records: nil)
    formats.whenAvro { stream.framing = writer }
  }

  init(
    _ stream: OutputStream, formats: RecordFormats, avro: AvroOutput = AvroOutput(),
    records: TopicRecords?
  ) {
    self.stream = stream
    self.formats = formats
    self.avro = avro
    self.records = records
  }

  /// The format, which is known as soon as there are records. What is written before there are (of
  /// sessions that an earlier run left) is JSON-lines, and so is all behind it.
  @inline(__always)
  func format() -> RecordFormat {
    formats.meet(.json)
    return formats.output ?? .json
  }
}

/// Encodes session events in the format of the output.
public final class FormatSessionEncoder<
  Lines: SessionEventEncoder & ~Copyable, Container: SessionEventEncoder & ~Copyable
>: SessionEventEncoder {
  private var lines: Lines
  private var container: Container
  private let output: FormatOutput

  init(lines: consuming Lines, container: consuming Container, output: FormatOutput) {
    self.lines = lines
    self.container = container
    self.output = output
  }

  public var wantsClosings: Bool { lines.wantsClosings }

  public func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to buffer: inout ByteBlock
  ) {
    if batch.records.isEmpty && outcome.closings.isEmpty { return }
    switch output.format() {
    case .json: lines.encode(batch, outcome, to: &buffer)
    case .avro: container.encode(batch, outcome, to: &buffer)
    }
  }
}

/// Encodes records, unchanged, in the format of the output.
public final class FormatRecordEncoder: RecordEncoder {
  private var lines: JSONLinesRecordEncoder
  private var container: AvroRecordEncoder
  private let output: FormatOutput

  public init(_ output: FormatOutput) {
    self.output = output
    let formats = output.formats
    lines = JSONLinesRecordEncoder(
      converter: formats.makeAvroConverter(), records: output.records)
    container = AvroRecordEncoder(
      output.avro, target: formats.outputTarget(isContainer: output.avro.hasOneSchema),
      converter: formats.linesConverter, records: output.records)
  }

  public func encode(_ batch: borrowing Batch, to buffer: inout ByteBlock) {
    if batch.records.isEmpty { return }
    switch output.format() {
    case .json: lines.encode(batch, to: &buffer)
    case .avro: container.encode(batch, to: &buffer)
    }
  }

  /// To be called before the first `append` of a batch.
  public func beginBatch() {
    lines.beginBatch()
    container.beginBatch()
  }

  public func append(
    _ index: Int, of batch: borrowing Batch, to buffer: inout ByteBlock
  ) {
    switch output.format() {
    case .json: lines.append(index, of: batch, to: &buffer)
    case .avro: container.append(index, of: batch, to: &buffer)
    }
  }
}

extension FormatOutput {
  /// Writes what segmenting makes of records.
  public func makeSessionEncoder(
    emission: Emission, marksDuplicates: Bool
  ) -> FormatSessionEncoder<JSONLinesSessionEncoder, AvroSessionEncoder> {
    FormatSessionEncoder(
      lines: JSONLinesSessionEncoder(
        emission: emission, marksDuplicates: marksDuplicates,
        converter: formats.makeAvroConverter(), sessions: formats.sessions, records: records),
      container: AvroSessionEncoder(
        emission: emission, marksDuplicates: marksDuplicates, avro: avro, target: formats.target,
        converter: formats.linesConverter, records: records),
      output: self)
  }

  /// Writes session events as they are, and the closings that are missing.
  public func makeThroughEncoder()
    -> FormatSessionEncoder<JSONLinesThroughEncoder, AvroThroughEncoder>
  {
    FormatSessionEncoder(
      lines: JSONLinesThroughEncoder(
        converter: formats.makeAvroConverter(), sessions: formats.sessions, records: records),
      container: AvroThroughEncoder(
        avro, target: formats.target, converter: formats.linesConverter, records: records),
      output: self)
  }
}

extension FormatOutput {
  /// Writes to a topic that is there: Avro as messages of the Confluent wire format where the run's
  /// output is that, else JSON.
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
    let avro = AvroOutput()
    let schemas = registry.map {
      WriterSchemas(
        of: avro, registry: $0, subject: subject ?? .values(ofTopic: topic), registers: true,
        known: formats.schemas)
    }
    let destination = TopicDestination(
      topic: topic, sender: sender, keys: MessageKeys(topic: topic, registry: registry),
      schemas: schemas, retention: retention)
    self.init(
      OutputStream(destination, name: "topic \(topic)"), formats: formats, avro: avro,
      records: destination.records)
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

  /// - Parameter sessions: how the fields of sessions are called.
  public init(style: TextStyle, sessions: SessionFields = .usual) {
    encoder = EventTextEncoder(style: style)
    decoder = JSONLinesDecoder(purpose: .reading, greatestRecord: .max, sessions: sessions)
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
