// Records of any format: finds each input's from its first bytes.

/// The formats of records.
public enum RecordFormat: String, CaseIterable, Sendable { case json, avro }

/// Decodes inputs of all formats, one behind the other: an Avro container file where an input begins
/// as one does, JSON-lines otherwise; or, where the run has a registry to read by, Avro messages.
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
      position: position)
    container = AvroContainerDecoder(
      schemas: formats.schemas, wantsDetails: formats.wantsDetails,
      greatestRecord: greatestRecord, position: position)
    frames = ConfluentFrameDecoder(
      registry: formats.messageRegistry, schemas: formats.schemas,
      wantsDetails: formats.wantsDetails,
      greatestRecord: greatestRecord, position: position)
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
    case .jsonLines: jsonLines.message(for: rejection, in: batch)
    case .container: container.message(for: rejection, in: batch)
    case .frames: frames.message(for: rejection, in: batch)
    }
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
    if readsFrames {
      choose(.frames)
    } else if let forced {
      choose(forced == .avro ? .container : .jsonLines)
    }
    if case .resumed(let position, let head) = start, position.offset > 0 {
      if current == nil {
        choose(FormatDecoder.isAvro(head.span) == true ? .container : .jsonLines)
      }
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
        jsonLines.admit(formats.sessionRule, refusing: formats.linesConverter.unwritableKinds)
      }
    case .container:
      container.position = position
      container.target = formats.readingTarget
    case .frames:
      frames.position = position
      frames.target = formats.readingTarget
    }
  }

  /// Whether an input begins as a container file does; nil where too little of it is there.
  private static func isAvro(_ bytes: Span<UInt8>) -> Bool? {
    AvroContainerHeader.isMagic(bytes, 0)
  }

  // MARK: Decoding

  public mutating func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch current {
    case .container: return try container.withInput(&batch, fill)
    default: return try fill(&batch.bytes)
    }
  }

  public mutating func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(SchemaFailure) {
    if current == nil {
      let found = batch.bytes.withBytes { FormatDecoder.isAvro($0) }
      guard let isAvro = found ?? (endOfInput ? false : nil), !batch.bytes.isEmpty else { return }
      choose(isAvro ? .container : .jsonLines)
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
