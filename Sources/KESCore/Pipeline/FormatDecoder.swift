// Records of any format: finds each input's from its first bytes.

/// The formats of records.
public enum RecordFormat: String, CaseIterable, Sendable { case json, avro }

/// Decodes inputs of all formats, one behind the other: an Avro container file where an input begins
/// as one does, JSON-lines otherwise. Where the run has a registry to read by, messages are what
/// begins neither as a container file nor with a brace: read as a length, both are more than any
/// message may have.
public struct FormatDecoder: ~Copyable, RecordDecoder {
  /// Who decodes.
  private enum Reader { case jsonLines, container, frames }

  private var jsonLines: JSONLinesDecoder
  private var container: AvroContainerDecoder
  private var frames: ConfluentFrameDecoder
  private let readsFrames: Bool
  private let formats: RecordFormats
  private let forced: RecordFormat?
  /// Nil while nothing is known of the input.
  private var current: Reader?
  /// Who decoded last, and tells of that.
  private var last = Reader.jsonLines

  /// - Parameters:
  ///   - forced: the format of all inputs, where it need not be found.
  ///   - greatestRecord: how many bytes a record may have.
  ///   - position: the number of the first record.
  init(
    _ formats: RecordFormats, forced: RecordFormat?, greatestRecord: Int, position: Int64
  ) {
    self.formats = formats
    self.forced = forced
    jsonLines = JSONLinesDecoder(
      purpose: formats.wantsDetails ? .reading : .segmenting, greatestRecord: greatestRecord,
      unknownEvents: formats.unknownEvents, position: position)
    container = AvroContainerDecoder(
      schemas: formats.schemas, wantsDetails: formats.wantsDetails,
      greatestRecord: greatestRecord, unknownEvents: formats.unknownEvents, position: position)
    frames = ConfluentFrameDecoder(
      registry: formats.messageRegistry, schemas: formats.schemas,
      wantsDetails: formats.wantsDetails,
      greatestRecord: greatestRecord, unknownEvents: formats.unknownEvents, position: position)
    readsFrames = formats.messageRegistry != nil && forced != .json
  }

  public var position: Int64 {
    switch last {
    case .jsonLines: jsonLines.position
    case .container: container.position
    case .frames: frames.position
    }
  }

  public var isInsideRecord: Bool {
    switch last {
    case .jsonLines: jsonLines.isInsideRecord
    case .container: container.isInsideRecord
    case .frames: frames.isInsideRecord
    }
  }

  public var hasMore: Bool {
    switch current {
    case nil, .jsonLines: false
    case .container: container.hasMore
    case .frames: frames.hasMore
    }
  }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    switch last {
    case .jsonLines: jsonLines.place(after: batch)
    case .container: container.place(after: batch)
    case .frames: frames.place(after: batch)
    }
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    switch last {
    case .jsonLines: jsonLines.message(for: rejection, in: batch) + hint(at: rejection, in: batch)
    case .container: container.message(for: rejection, in: batch)
    case .frames: frames.message(for: rejection, in: batch)
    }
  }

  /// Whether inputs are values of a topic, a line each.
  var readsTopic = false

  /// What is to be said where an input may hold messages that nobody expects: its first byte is 0.
  private func hint(at rejection: Rejection, in batch: borrowing Batch) -> String {
    guard readsTopic || rejection.line == 1, rejection.length > 0,
      batch.bytes[Int(rejection.offset)] == 0
    else { return "" }
    return readsTopic
      ? "; Avro is read with --registry" : "; messages of topics are read with --framing confluent"
  }

  public func location(of rejection: Rejection) -> String {
    switch last {
    case .jsonLines: jsonLines.location(of: rejection)
    case .container: container.location(of: rejection)
    case .frames: frames.location(of: rejection)
    }
  }

  public var isBinary: Bool { last != .jsonLines }

  // MARK: Inputs

  public mutating func beginInput(_ start: InputStart) {
    current = nil
    jsonLines.beginInput(start)
    container.beginInput(.beginning)
    frames.beginInput(start)
    if forced == .json { choose(.jsonLines) }
    if forced == .avro && !readsFrames { choose(.container) }
    if case .resumed(let position, let head) = start, position.offset > 0 {
      if current == nil, let found = find(head.span, isAll: true) { choose(found) }
      if current == .container { container.beginInput(start) }
    }
  }

  private mutating func choose(_ reader: Reader) {
    let position = position
    (current, last) = (reader, reader)
    formats.meet(reader == .jsonLines ? .json : .avro)
    switch reader {
    case .jsonLines:
      jsonLines.position = position
      if formats.output == .avro {
        formats.linesConverter.limit(&jsonLines, formats.sessionRule)
      }
    case .container:
      container.position = position
      container.target = formats.readingTarget
    case .frames:
      frames.position = position
      frames.target = formats.readingTarget
    }
  }

  /// Who reads an input that begins with `bytes`; nil where that are too few.
  private func find(_ bytes: Span<UInt8>, isAll: Bool) -> Reader? {
    if bytes.isEmpty { return nil }
    guard let isContainer = AvroContainerHeader.isMagic(bytes, 0) ?? (isAll ? false : nil) else {
      return nil
    }
    if isContainer { return .container }
    let isBrace = forced == nil && bytes[0] == UInt8(ascii: "{")
    return readsFrames && !isBrace ? .frames : .jsonLines
  }

  // MARK: Decoding

  public mutating func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch current {
    case .container: return try container.withInput(&batch, fill)
    case .frames: return try frames.withInput(&batch, fill)
    default: return try fill(&batch.bytes)
    }
  }

  public mutating func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(SchemaFailure) {
    if current == nil {
      guard let found = batch.bytes.withBytes({ find($0, isAll: endOfInput) }) else { return }
      choose(found)
    }
    switch current {
    case .container: container.decode(&batch, endOfInput: endOfInput, limits: limits)
    case .frames: try frames.decode(&batch, endOfInput: endOfInput, limits: limits)
    default:
      jsonLines.decode(&batch, endOfInput: endOfInput, limits: limits)
      if formats.output == .avro { try formats.admitLines(of: batch) }
    }
  }
}
