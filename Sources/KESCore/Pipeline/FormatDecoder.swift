// Records of any format: finds each input's from its first bytes.

/// The formats of records.
public enum RecordFormat: String, CaseIterable, Sendable { case json, avro }

/// Decodes inputs of all formats, one behind the other: an Avro container file where an input begins
/// as one does, JSON-lines otherwise. Where the run has a registry to read by, messages are what
/// begins neither as a container file nor with a brace, nor as what `ForeignInput` knows: read as a
/// length, all those are more than any message may have. A byte order mark at the start of an input is
/// passed over, and says that the input is text.
public final class FormatDecoder: RecordDecoder {
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
  /// Whether nothing of the input has been looked at.
  private var isAtStart = false

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
      unknownEvents: formats.unknownEvents, position: position, sessions: formats.sessions)
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
    switch current {
    case .container: container.place(after: batch)
    case .frames: frames.place(after: batch)
    // Too few bytes to tell whose they are wait as those of a line do.
    case .jsonLines, nil: jsonLines.place(after: batch)
    }
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    switch last {
    case .jsonLines: jsonLines.message(for: rejection, in: batch) + hint(at: rejection, in: batch)
    case .container: container.message(for: rejection, in: batch)
    case .frames: frames.message(for: rejection, in: batch)
    }
  }

  public func message(
    for rejection: Rejection, in batch: borrowing Batch, input: String
  ) -> String {
    let found =
      switch last {
      case .jsonLines: jsonLines.foreignInput(at: rejection, in: batch)
      case .container: rejection.fault == .badHeader ? container.foreign : nil
      case .frames: ForeignInput?.none
      }
    let advice = found?.advice(
      input: input, reader: formats.reader, namesFile: formats.knowsInputs)
    return message(for: rejection, in: batch) + (advice ?? "")
  }

  /// Whether inputs are values of a topic, a line each.
  var readsTopic = false { didSet { jsonLines.isEachAlone = readsTopic } }

  /// What is to be said where an input may hold messages that nobody expects: its first byte is 0.
  private func hint(at rejection: Rejection, in batch: borrowing Batch) -> String {
    guard readsTopic || rejection.line == 1, rejection.length > 0,
      batch.bytes[Int(rejection.offset)] == 0,
      jsonLines.foreignInput(at: rejection, in: batch) == nil
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

  public func beginInput(_ start: InputStart) {
    current = nil
    jsonLines.beginInput(start)
    container.beginInput(.beginning)
    frames.beginInput(start)
    if forced == .json { choose(.jsonLines) }
    if forced == .avro && !readsFrames { choose(.container) }
    // Values of a topic have lost theirs already.
    isAtStart = !readsTopic
    if case .resumed(let position, let head) = start, position.offset > 0 {
      isAtStart = false
      if current == nil, let found = find(head.span, isAll: true) { choose(found) }
      if current == .container { container.beginInput(start) }
    }
  }

  private func choose(_ reader: Reader) {
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
    if ByteOrderMark.begins(bytes) == true { return text }
    guard let isContainer = AvroContainerHeader.isMagic(bytes, 0) ?? (isAll ? false : nil) else {
      return nil
    }
    if isContainer { return .container }
    if !readsFrames { return .jsonLines }
    if forced == nil && bytes[0] == UInt8(ascii: "{") { return .jsonLines }
    if bytes.count < ForeignInput.beginningLength && !isAll { return nil }
    return ForeignInput.byBeginning(bytes) == nil ? .frames : text
  }

  /// Whether an input may hold Avro: one whose first bytes say that, and one whose bytes cannot be looked
  /// at before they are read, as those of a pipe.
  ///
  /// - Parameter readsFrames: whether it may hold messages.
  public static func mayBeAvro(_ input: String, readsFrames: Bool) -> Bool {
    guard KnownInputs.isPositioned(input), let head = try? fileHead(input, length: 4) else {
      return true
    }
    return AvroContainerHeader.isMagic(head.span, 0) == true
      || (readsFrames && !head.isEmpty && head.first != UInt8(ascii: "{"))
  }

  /// Who says what is wrong with text, or reads it.
  private var text: Reader { forced == .avro ? .container : .jsonLines }

  /// Passes over a byte order mark at the start of the input; false where too few bytes are there to
  /// tell. Places in the input are counted from behind, so the mark stays a part of it.
  private func passOverMark(_ batch: inout Batch, isAll: Bool) -> Bool {
    let hasMark = batch.bytes.withBytes { ByteOrderMark.begins($0) }
    if hasMark == nil && !isAll { return false }
    isAtStart = false
    if hasMark == true {
      batch.bytes.removeFirst(ByteOrderMark.bytes.count)
      if current == nil { choose(text) }
    }
    return true
  }

  // MARK: Decoding

  public func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch current {
    case .container: return try container.withInput(&batch, fill)
    case .frames: return try frames.withInput(&batch, fill)
    default: return try fill(&batch.bytes)
    }
  }

  public func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(Failure) {
    if isAtStart && current != .container && !passOverMark(&batch, isAll: endOfInput) { return }
    if current == nil {
      let isAll = endOfInput && !limits.leavesUnfinished
      guard let found = batch.bytes.withBytes({ find($0, isAll: isAll) }) else { return }
      choose(found)
    }
    switch current {
    case .container: container.decode(&batch, endOfInput: endOfInput, limits: limits)
    case .frames: try frames.decode(&batch, endOfInput: endOfInput, limits: limits)
    default:
      jsonLines.decode(&batch, endOfInput: endOfInput, limits: limits)
      if !batch.records.isEmpty { try formats.requireLines() }
      if formats.output == .avro { try formats.admitLines(of: batch) }
    }
  }
}
