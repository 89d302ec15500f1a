// An output of records whose format is known at once, or follows the input.

/// A stream and the form in which records are written to it.
public final class FormatOutput {
  public let stream: OutputStream
  public let formats: RecordFormats
  /// What frames Avro data for this stream.
  public let writer: any AvroWriter
  /// Where the stream is a topic: what encoders are to note of the records.
  public let notes: MessageNotes?

  public init(
    _ stream: OutputStream, formats: RecordFormats,
    writer: any AvroWriter = AvroContainerWriter(codec: .null, blockSize: 1 << 16),
    notes: MessageNotes? = nil
  ) {
    self.notes = notes
    self.stream = stream
    self.formats = formats
    self.writer = writer
    formats.whenAvro { stream.framing = writer }
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

  private let content: SessionEventContent

  /// - Parameter content: which session events both write.
  init(
    lines: consuming Lines, container: consuming Container, output: FormatOutput,
    content: SessionEventContent
  ) {
    self.content = content
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
    if let notes = output.notes { content.note(batch, outcome, in: notes) }
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
    lines = JSONLinesRecordEncoder(converter: formats.makeAvroConverter())
    container = AvroRecordEncoder(
      writer: output.writer, target: formats.target(of: output.writer),
      converter: formats.linesConverter)
  }

  public func encode(_ batch: borrowing Batch, to buffer: inout ByteBlock) {
    if batch.records.isEmpty { return }
    switch output.format() {
    case .json: lines.encode(batch, to: &buffer)
    case .avro: container.encode(batch, to: &buffer)
    }
    guard let notes = output.notes else { return }
    notes.beginBatch()
    for index in 0..<batch.records.count { notes.note(index, of: batch) }
  }

  /// To be called before the first `append` of a batch.
  public func beginBatch() {
    lines.beginBatch()
    container.beginBatch()
    output.notes?.beginBatch()
  }

  public func append(
    _ index: Int, of batch: borrowing Batch, to buffer: inout ByteBlock
  ) {
    encode(index, of: batch, to: &buffer)
    output.notes?.note(index, of: batch)
  }

  /// The same of a record whose bytes stand in `shifted`, with its time moved by `shift`
  /// (`BatchTimeShift.apply`).
  public func append(
    _ index: Int, of batch: borrowing Batch, movedBy shift: BatchTimeShift,
    into shifted: borrowing Batch, to buffer: inout ByteBlock
  ) {
    encode(index, of: shifted, to: &buffer)
    output.notes?.note(index, of: batch, at: shift.moved(batch.records[index].time))
  }

  private func encode(
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
        converter: formats.makeAvroConverter(), sessions: formats.sessions),
      container: AvroSessionEncoder(
        emission: emission, marksDuplicates: marksDuplicates, writer: writer,
        target: formats.target, converter: formats.linesConverter),
      output: self, content: .segmented(emission, marksDuplicates: marksDuplicates))
  }

  /// Writes session events as they are, and the closings that are missing.
  public func makeThroughEncoder()
    -> FormatSessionEncoder<JSONLinesThroughEncoder, AvroThroughEncoder>
  {
    FormatSessionEncoder(
      lines: JSONLinesThroughEncoder(
        converter: formats.makeAvroConverter(), sessions: formats.sessions),
      container: AvroThroughEncoder(
        writer: writer, target: formats.target, converter: formats.linesConverter),
      output: self, content: .through)
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
    let destination = TopicDestination(
      topic: topic, sender: sender, keys: MessageKeys(topic: topic, registry: registry),
      retention: retention)
    let stream = OutputStream(destination, name: "topic \(topic)")
    if let registry {
      let writer = ConfluentFrameWriter(
        registry: registry, subject: subject ?? .values(ofTopic: topic), registers: true,
        schemas: formats.schemas)
      self.init(stream, formats: formats, writer: writer, notes: destination.notes)
    } else {
      self.init(stream, formats: formats, notes: destination.notes)
    }
    formats.whenAvro { destination.isFramed = true }
  }
}

/// What an encoder of session events writes; it must be what the encoders of all formats do.
enum SessionEventContent {
  /// Records that were segmented, and closings, as `--emit` says.
  case segmented(Emission, marksDuplicates: Bool)
  /// All records, which have their sessions already, and closings.
  case through

  /// Notes each session event that is written of the batch, in the order of writing.
  func note(_ batch: borrowing Batch, _ outcome: borrowing Outcome, in notes: MessageNotes) {
    notes.beginBatch()
    var closed = 0
    let closings = writesClosings ? outcome.closings.count : 0
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        notes.note(outcome.closings[closed], of: outcome)
        closed &+= 1
      }
      note(index, of: batch, outcome, in: notes)
    }
    while closed < closings {
      notes.note(outcome.closings[closed], of: outcome)
      closed &+= 1
    }
  }

  private var writesClosings: Bool {
    switch self {
    case .segmented(let emission, _): emission != .events
    case .through: true
    }
  }

  @inline(__always)
  private func note(
    _ index: Int, of batch: borrowing Batch, _ outcome: borrowing Outcome, in notes: MessageNotes
  ) {
    switch self {
    case .through: notes.note(index, of: batch)
    case .segmented(.closed, _): break
    case .segmented(_, let marksDuplicates):
      let assignment = outcome.assignments[index]
      switch assignment.disposition {
      case .assigned: notes.note(index, of: batch, session: assignment.session)
      case .duplicate where marksDuplicates:
        notes.note(index, of: batch, session: assignment.session)
      default: break
      }
    }
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
