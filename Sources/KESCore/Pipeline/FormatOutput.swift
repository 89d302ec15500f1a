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
