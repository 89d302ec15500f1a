// Records of any format: finds each input's from its first bytes.

/// The formats of records.
public enum RecordFormat: String, CaseIterable, Sendable { case json, avro }

/// Decodes inputs of all formats, one behind the other: an Avro container file where an input begins
/// as one does, JSON-lines otherwise.
public struct FormatDecoder: ~Copyable, RecordDecoder {
  private var jsonLines: JSONLinesDecoder
  private var container: AvroContainerDecoder
  private let formats: RecordFormats
  private let forced: RecordFormat?
  private var current: RecordFormat?
  /// Whose position counts while no input's format is known.
  private var last = RecordFormat.json

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
  }

  public var position: Int64 { last == .avro ? container.position : jsonLines.position }
  public var isInsideRecord: Bool {
    last == .avro ? container.isInsideRecord : jsonLines.isInsideRecord
  }
  public var hasMore: Bool { current == .avro && container.hasMore }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    last == .avro ? container.place(after: batch) : jsonLines.place(after: batch)
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    last == .avro
      ? container.message(for: rejection, in: batch) : jsonLines.message(for: rejection, in: batch)
  }

  public func location(of rejection: Rejection) -> String {
    last == .avro ? container.location(of: rejection) : jsonLines.location(of: rejection)
  }

  public var isBinary: Bool { last == .avro }

  // MARK: Inputs

  public mutating func beginInput(_ start: InputStart) {
    current = nil
    jsonLines.beginInput(start)
    container.beginInput(.beginning)
    if let forced { choose(forced) }
    if case .resumed(let position, let head) = start, position.offset > 0 {
      choose(forced ?? (FormatDecoder.isAvro(head.span) == true ? .avro : .json))
      if current == .avro { container.beginInput(start) }
    }
  }

  private mutating func choose(_ format: RecordFormat) {
    let position = position
    (current, last) = (format, format)
    formats.meet(format)
    if format == .avro {
      container.position = position
      container.target = formats.readingTarget
    } else {
      jsonLines.position = position
      if formats.output == .avro && formats.wantsDetails {
        jsonLines.sessionRule = formats.sessionRule
      }
    }
  }

  /// Whether an input begins as a container file does; nil where too little of it is there.
  private static func isAvro(_ bytes: Span<UInt8>) -> Bool? {
    AvroContainerHeader.isMagic(bytes, 0)
  }

  // MARK: Decoding

  public mutating func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(SchemaFailure) {
    if current == nil {
      let found = batch.bytes.withBytes { FormatDecoder.isAvro($0) }
      guard let isAvro = found ?? (endOfInput ? false : nil) else { return }
      if batch.bytes.isEmpty { return }
      choose(isAvro ? .avro : .json)
    }
    switch current {
    case .avro: container.decode(&batch, endOfInput: endOfInput, limits: limits)
    default:
      jsonLines.decode(&batch, endOfInput: endOfInput, limits: limits)
      if formats.output == .avro { try formats.admitLines(of: batch) }
    }
  }
}
