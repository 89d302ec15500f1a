// Records of any format: finds each input's from its first bytes.

/// The formats of records.
public enum RecordFormat: String, CaseIterable, Sendable { case json, avro }

/// How an input is written: an Avro container file where it begins as one does, JSON-lines otherwise.
/// Where the run has a registry to read by, messages are what begins neither as a container file nor
/// with a brace, nor as what `ForeignInput` knows: read as a length, all those are more than any message
/// may have. A byte order mark says that an input is text.
public struct InputForms: Sendable {
  /// One of them.
  public enum Form: Sendable {
    case lines, container, messages

    public var format: RecordFormat { self == .lines ? .json : .avro }
  }

  /// The format of all inputs, where it need not be found.
  public let forced: RecordFormat?
  private let readsMessages: Bool

  /// - Parameter hasRegistry: whether inputs may be messages.
  public init(forced: RecordFormat?, hasRegistry: Bool) {
    self.forced = forced
    readsMessages = hasRegistry && forced != .json
  }

  /// That of every input, where the command line leaves no choice.
  var known: Form? {
    switch forced {
    case .json: .lines
    case .avro: readsMessages ? nil : .container
    case nil: nil
    }
  }

  /// Who says what is wrong with text, or reads it.
  var ofText: Form { forced == .avro ? .container : .lines }

  /// That of an input that begins with `bytes`; nil where those are too few to tell, unless they are
  /// all of it.
  public func form(of bytes: Span<UInt8>, isAll: Bool) -> Form? {
    if bytes.isEmpty { return nil }
    if ByteOrderMark.begins(bytes) == true { return ofText }
    guard let isContainer = AvroContainerHeader.isMagic(bytes, 0) ?? (isAll ? false : nil) else {
      return nil
    }
    if isContainer { return .container }
    if !readsMessages { return .lines }
    if forced == nil && bytes[0] == UInt8(ascii: "{") { return .lines }
    if bytes.count < ForeignInput.beginningLength && !isAll { return nil }
    return ForeignInput.byBeginning(bytes) == nil ? .messages : ofText
  }

  /// Whether `input` may hold Avro: one whose first bytes say that, and one whose bytes cannot be looked
  /// at before they are read, as those of a pipe.
  public func mayBeAvro(_ input: String) -> Bool {
    guard KnownInputs.isPositioned(input), let head = try? fileHead(input, length: 4) else {
      return true
    }
    return AvroContainerHeader.isMagic(head.span, 0) == true
      || (readsMessages && !head.isEmpty && head.first != UInt8(ascii: "{"))
  }
}

/// Decodes inputs of all formats, one behind the other, each by the decoder of its form. A byte order
/// mark at the start of an input is passed over.
public final class FormatDecoder: RecordDecoder {
  private let formats: RecordFormats
  private let forms: InputForms
  private let greatestRecord: Int
  /// The decoder of the current input, or of the last while nothing is known of the current one.
  private var decoder: any RecordDecoder & ~Copyable
  /// Whose form that is.
  private var form = InputForms.Form.lines
  /// Whether the current input's is known.
  private var isChosen = false
  /// Whether nothing of the input has been looked at.
  private var isAtStart = false
  private var start = InputStart.beginning

  /// - Parameters:
  ///   - forced: the format of all inputs, where it need not be found.
  ///   - greatestRecord: how many bytes a record may have.
  ///   - position: the number of the first record.
  init(
    _ formats: RecordFormats, forced: RecordFormat?, greatestRecord: Int, position: Int64
  ) {
    self.formats = formats
    forms = InputForms(forced: forced, hasRegistry: formats.messageRegistry != nil)
    self.greatestRecord = greatestRecord
    decoder = FormatDecoder.makeLines(formats, greatestRecord, position)
  }

  public var position: Int64 { decoder.position }
  public var isInsideRecord: Bool { decoder.isInsideRecord }
  public var hasMore: Bool { isChosen && decoder.hasMore }
  public var isBinary: Bool { decoder.isBinary }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    if isChosen { return decoder.place(after: batch) }
    // Too few bytes to tell whose they are wait for more.
    return DecodingPlace(unread: batch.bytes.count - batch.decodedCount, line: 1)
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    decoder.message(for: rejection, in: batch) + hint(at: rejection, in: batch)
  }

  /// The same, with what to do about it where the input, called `input`, is of another kind.
  func message(for rejection: Rejection, in batch: borrowing Batch, input: String) -> String {
    let found = foreignInput(at: rejection, in: batch)
    let advice = found?.advice(
      input: input, reader: formats.reader, namesFile: formats.knowsInputs)
    return message(for: rejection, in: batch) + (advice ?? "")
  }

  public func foreignInput(at rejection: Rejection, in batch: borrowing Batch) -> ForeignInput? {
    decoder.foreignInput(at: rejection, in: batch)
  }

  /// What is to be said where an input may hold messages that nobody expects: its first byte is 0.
  private func hint(at rejection: Rejection, in batch: borrowing Batch) -> String {
    guard form == .lines, rejection.line == 1, rejection.length > 0,
      batch.bytes[Int(rejection.offset)] == 0, foreignInput(at: rejection, in: batch) == nil
    else { return "" }
    return "; messages of topics are read with --framing confluent"
  }

  public func location(of rejection: Rejection) -> String {
    decoder.location(of: rejection)
  }

  // MARK: Inputs

  public func beginInput(_ start: InputStart) {
    self.start = start
    decoder.beginInput(.beginning)
    isChosen = false
    isAtStart = true
    if case .resumed(let position, let head) = start, position.offset > 0 {
      isAtStart = false
      if let found = forms.known ?? forms.form(of: head.span, isAll: true) { choose(found) }
    } else if let known = forms.known {
      choose(known)
    }
  }

  private func choose(_ found: InputForms.Form) {
    decoder = makeDecoder(found)
    (form, isChosen) = (found, true)
    decoder.beginInput(start)
  }

  private func makeDecoder(_ form: InputForms.Form) -> any RecordDecoder & ~Copyable {
    switch form {
    case .lines:
      var lines = FormatDecoder.makeLines(formats, greatestRecord, position)
      formats.limit(&lines.reader)
      return lines
    case .container:
      return AvroContainerDecoder(
        schemas: formats.schemas, target: formats.readingTarget,
        wantsDetails: formats.wantsDetails, greatestRecord: greatestRecord,
        unknownEvents: formats.unknownEvents, position: position)
    case .messages:
      return ConfluentFrameDecoder(
        registry: formats.messageRegistry, schemas: formats.schemas, target: formats.readingTarget,
        wantsDetails: formats.wantsDetails, greatestRecord: greatestRecord,
        unknownEvents: formats.unknownEvents, position: position)
    }
  }

  private static func makeLines(
    _ formats: RecordFormats, _ greatestRecord: Int, _ position: Int64
  ) -> JSONLinesDecoder {
    JSONLinesDecoder(
      purpose: formats.wantsDetails ? .reading : .segmenting, greatestRecord: greatestRecord,
      unknownEvents: formats.unknownEvents, position: position, sessions: formats.sessions,
      shape: formats.shape, memory: formats.timeMemory)
  }

  /// Passes over a byte order mark at the start of the input; false where too few bytes are there to
  /// tell. Places in the input are counted from behind, so the mark stays a part of it.
  private func passOverMark(_ batch: inout Batch, isAll: Bool) -> Bool {
    let hasMark = batch.bytes.withBytes { ByteOrderMark.begins($0) }
    if hasMark == nil && !isAll { return false }
    isAtStart = false
    if hasMark == true {
      batch.bytes.removeFirst(ByteOrderMark.bytes.count)
      if !isChosen { choose(forms.ofText) }
    }
    return true
  }

  // MARK: Decoding

  public func withInput<Result, Failure: Error>(
    _ batch: inout Batch, _ fill: (inout ByteBlock) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    isChosen ? try decoder.withInput(&batch, fill) : try fill(&batch.bytes)
  }

  public func decode(
    _ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits
  ) throws(Failure) {
    let isContainer = isChosen && form == .container
    if isAtStart && !isContainer && !passOverMark(&batch, isAll: endOfInput) { return }
    if !isChosen {
      let isAll = endOfInput && !limits.leavesUnfinished
      guard let found = batch.bytes.withBytes({ forms.form(of: $0, isAll: isAll) }) else { return }
      choose(found)
    }
    if formats.shape != nil && form != .lines {
      throw Failure(
        .usage, .input, "selectors are for records in JSON, and this input is Avro", cause: .schema)
    }
    try decoder.decode(&batch, endOfInput: endOfInput, limits: limits)
    if form == .lines { try formats.admitLines(of: batch) }
  }
}
