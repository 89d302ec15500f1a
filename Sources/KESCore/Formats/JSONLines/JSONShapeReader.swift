// One record in JSON of any shape: scanned once, and understood as the run's selectors say.

/// Reads records whose key, time, start and end selectors tell (cli.md, section 2, "The shape of a
/// record"), and where they are session events, what sessions have of their own.
struct JSONShapeReader: ~Copyable {
  let shape: RecordShape
  private var scanner: JSONSlotScanner
  private var slots: RecordSlots
  private var reader: ShapeReader
  private let isReading: Bool
  private let asksForMessage: Bool
  private var message = ByteBlock(capacity: 0)
  private var messageScanner: JSONSlotScanner

  /// What the record scanned last is.
  enum Finding: UInt8, BitwiseCopyable {
    case record
    /// It belongs to no session, as a condition leaves it out: it is written as it came, or not at all.
    case passed, filtered
    /// It is a closing, of sessions that are no more.
    case oldClosing
    case rejected
  }

  private(set) var finding = Finding.rejected
  private(set) var fault = Fault.expectedValue
  private(set) var faultOffset = 0
  private var shapeFault: ShapeFault?
  private var closing = ReadClosing()

  init(_ shape: RecordShape, purpose: JSONRecordReader.Purpose, memory: TimeMemory? = nil) {
    isReading = purpose == .reading
    let shape = isReading ? shape.ofSessionEvents : shape
    self.shape = shape
    let sessions = shape.sessions
    let takesOut = isReading || sessions.replacesOld
    scanner = JSONSlotScanner(
      shape.wanted, taken: isReading ? [sessions.session] : sessions.names,
      takenMembers: takesOut ? .takenOut : .refused)
    asksForMessage = shape.wantedOfMessage.count > 1
    messageScanner = JSONSlotScanner(shape.wantedOfMessage)
    slots = RecordSlots(count: shape.wanted.count)
    reader = ShapeReader(shape, memory: memory)
  }

  /// The offset of the line feed that ends the record, where others may come before it; 0 in lines.
  var recordEnd: Int {
    get { scanner.scanner.recordEnd }
    set { scanner.scanner.recordEnd = newValue }
  }

  /// When the record scanned last happened; nil where that is not known.
  var time: EventTime { finding == .record ? reader.time : .beforeAll }

  /// The places of members that go, in their order.
  var cuts: [Range<Int>] { isReading ? [] : scanner.cuts }

  // MARK: Scanning

  /// Scans the record at `start`; returns the offset of the line feed behind it, or `JSONScanner.failed`
  /// where that is not found. What the record is stands in `finding`.
  @inline(__always)
  mutating func scan(_ bytes: Span<UInt8>, _ start: Int) -> Int {
    let end = scanner.scan(bytes, start, into: &slots)
    if end < 0 {
      reject(scanner.scanner.fault, at: scanner.scanner.faultOffset)
      return end
    }
    if scanner.isClosing {
      readClosing(bytes, start)
      return end
    }
    switch reader.read(bytes, slots) {
    case .record: finding = .record
    case .filtered: finding = shape.options.passesFiltered && !isReading ? .passed : .filtered
    case .rejected(let found):
      shapeFault = found
      reject(.notUnderstood, at: start)
    }
    return end
  }

  /// Takes what is to be known of the message that the next record comes in (see `ShapeReader`).
  ///
  /// - Parameter object: what `$message` is; nil where nobody asks.
  mutating func beginMessage(
    key: Span<UInt8>?, timestamp: EventTime?, keepsKey: Bool, object: (inout ByteBlock) -> Void
  ) {
    reader.beginMessage(key: key, timestamp: timestamp, keeps: keepsKey)
    if !asksForMessage { return }
    message.truncate(to: 0)
    object(&message)
    let length = message.count
    message.append(word: 0x0A0A_0A0A_0A0A_0A0A, count: 8)
    reader.withMessageSlots(message) { slots in
      _ = message.withBytes { messageScanner.scan($0, 0, into: &slots) }
    }
    message.truncate(to: length)
  }

  /// Why a record that was rejected as `.notUnderstood` is so; asked once more, as nobody keeps that.
  static func reason(_ record: Span<UInt8>, _ shape: RecordShape) -> String {
    var text = ByteBlock(capacity: record.count + 8)
    text.append(record)
    // As many as a word has, which scans look at.
    text.append(word: 0x0A0A_0A0A_0A0A_0A0A, count: 8)
    var reader = JSONShapeReader(shape, purpose: .segmenting)
    reader.recordEnd = record.count
    return text.withBytes { bytes in
      _ = reader.scan(bytes, 0)
      guard reader.fault == .notUnderstood, let fault = reader.shapeFault else { return "" }
      return reader.reader.text(of: fault, bytes, record: reader.slots[0])
    }
  }

  private mutating func reject(_ fault: Fault, at offset: Int) {
    finding = .rejected
    self.fault = fault
    faultOffset = offset
  }

  /// Has the record scanned last rejected after all.
  mutating func refuse(_ fault: Fault, at offset: Int) { reject(fault, at: offset) }

  /// Why it is rejected, about which of our own fields, and where.
  var rejection: (fault: Fault, field: FieldName, offset: Int) {
    let field: FieldName =
      fault != .fieldTaken
      ? .none
      : shape.sessions.names[scanner.takenName] == shape.sessions.session ? .session : .duplicate
    return (fault, field, faultOffset)
  }

  // MARK: Closings

  /// What a `SessionClosed` says.
  private struct ReadClosing {
    var status = SessionStatus.completed
    var start: Int64 = 0
    var end: Int64 = 0
    var events: Int64 = 0
    var isPartial = false
  }

  @inline(never)
  private mutating func readClosing(_ bytes: Span<UInt8>, _ start: Int) {
    guard isReading, let places = shape.sessionSlots else {
      if shape.sessions.replacesOld {
        finding = .oldClosing
      } else {
        reject(.closingAmongEvents, at: start)
      }
      return
    }
    guard slots[places.session].kind == .string, let status = status(bytes, places.status),
      let first = number(bytes, places.start), let last = number(bytes, places.end),
      let events = number(bytes, places.events)
    else { return reject(.badClosing, at: start) }
    closing = ReadClosing(
      status: status, start: first, end: last, events: events,
      isPartial: slots[places.partial].kind == .true)
    let hasKey = reader.readClosing(
      bytes, slots, key: slot(places.key), end: EventTime(milliseconds: last))
    if !hasKey { return reject(.badClosing, at: start) }
    finding = .record
  }

  private func slot(_ slot: Int) -> SlotValue? {
    slots[slot].kind == .missing ? nil : slots[slot]
  }

  private func number(_ bytes: Span<UInt8>, _ slot: Int) -> Int64? {
    let value = slots[slot]
    guard value.kind == .number else { return nil }
    guard case .value(let number) = WholeNumber.parse(bytes.extracting(value.text.bounds)) else {
      return nil
    }
    return number
  }

  private func status(_ bytes: Span<UInt8>, _ slot: Int) -> SessionStatus? {
    let value = slots[slot]
    guard value.kind == .string else { return nil }
    let symbol = bytes.extracting(value.text.bounds)
    return SessionStatus.allCases.first { symbol.equals($0.symbol) }
  }

  // MARK: Columns

  /// Appends the record scanned last, from `start` to `end`.
  @inline(__always)
  func append(
    recordAt start: Int, end: Int, _ bytes: Span<UInt8>, position: Int64,
    to columns: inout Batch.Columns
  ) {
    let isPassed = finding == .passed
    var record = Record(
      offset: start, length: end &- start,
      key: isPassed ? .empty : key(&columns.unescaped), time: isPassed ? .beforeAll : reader.time,
      position: position, role: isPassed ? .passed : reader.role)
    record.timeForm = reader.timeForm.rawValue
    columns.records.append(record)
    if isReading { appendDetail(bytes, to: &columns) }
  }

  @inline(__always)
  private func key(_ unescaped: inout ByteBlock) -> TextRange {
    if let text = reader.keyText { return text }
    let offset = unescaped.count
    unescaped.append(reader.keyBytes, 0, reader.keyBytes.count)
    return TextRange(offset: offset, length: reader.keyBytes.count, isUnescaped: true)
  }

  private func appendDetail(_ bytes: Span<UInt8>, to columns: inout Batch.Columns) {
    var detail = EventDetail(kind: reader.role == .closed ? .sessionClosed : .dataReceived)
    if let places = shape.sessionSlots {
      let session = slots[places.session]
      detail.hasSession = session.kind == .string
      if detail.hasSession {
        detail.session = text(session, bytes, &columns.unescaped)
        detail.sessionMember = sessionMember
      }
      detail.isDuplicate = slots[places.duplicate].kind == .true
    }
    if reader.role == .closed {
      detail.status = closing.status
      detail.start = EventTime(milliseconds: closing.start)
      detail.end = EventTime(milliseconds: closing.end)
      detail.events = closing.events
      detail.isPartial = closing.isPartial
    }
    columns.details.append(detail)
  }

  /// Where the session stands with its comma: all its members, which usually are one.
  private var sessionMember: TextRange {
    guard let first = scanner.cuts.first, scanner.cuts.count == 1 else { return .empty }
    return TextRange(offset: first.lowerBound, length: first.count)
  }

  private func text(
    _ value: SlotValue, _ bytes: Span<UInt8>, _ unescaped: inout ByteBlock
  ) -> TextRange {
    if !value.hasEscapes { return value.text }
    let offset = unescaped.count
    JSONText.unescape(bytes.extracting(value.text.bounds), to: &unescaped)
    return TextRange(offset: offset, length: unescaped.count - offset, isUnescaped: true)
  }
}
