// One record in JSON: scanned, admitted or rejected, and put into a batch's columns.

/// Reads records of the schemas `Event` and `SessionEvent` whose bytes are there as a whole, with a line
/// feed behind each. Who frames them, as lines or as messages, says where each begins.
public struct JSONRecordReader: ~Copyable {
  /// What is read: `Event`s alone, or with their details, as those convert who take what
  /// `segmenting` takes; or `SessionEvent`s (which all events are), with their details.
  public enum Purpose: Sendable { case segmenting, converting, reading }

  /// Which records may come, where they are to be written with one schema.
  enum SessionRule: Sendable {
    case any
    /// All must have a session, or none may, as the first.
    case likeFirst
    case required, refused
  }

  /// The number of the next record in its input, from 0, or its offset (P in R12), and its line.
  var position: Int64
  var line: Int64 = 1
  /// Which events are ahead of the wall clock.
  var ahead = AheadLimit.none
  /// What is said of events that are none of ours.
  private let unknownEvents: UnknownEventPolicy
  private let wantsDetails: Bool
  private var scanner: JSONEventScanner
  /// Where the records are no devices'.
  private var shaped: JSONShapeReader?
  /// The shape of the records; nil for devices.
  let shape: RecordShape?
  /// Whether closings are passed over.
  private let passesOverClosings: Bool
  private var sessionRule = SessionRule.any
  /// Events that cannot be written.
  private var refusedKinds: Set<EventKind> = []
  /// Times that can be written, in milliseconds.
  private var admittedTimes = Int64.min...Int64.max
  private var admitsAll = true
  /// What is to be taken out of the batch's records.
  private var cuts: [Cut] = []
  /// Empty, for batches that are read record by record; nil while it is lent.
  private var spare: Batch.Columns? = Batch.Columns()

  /// A part of a record's bytes.
  private struct Cut {
    let record: Int
    let range: Range<Int>
  }

  /// - Parameters:
  ///   - sessions: how the fields of sessions are called, and what is done with an event that has such.
  ///   - shape: that of the records; nil for devices.
  ///   - memory: where the time that was read last is kept from reader to reader.
  init(
    purpose: Purpose, unknownEvents: UnknownEventPolicy = .reject, position: Int64 = 0,
    sessions: SessionFields = .usual, shape: RecordShape? = nil, memory: TimeMemory? = nil
  ) {
    self.shape = shape
    shaped = shape.map { JSONShapeReader($0, purpose: purpose, memory: memory) }
    self.unknownEvents = unknownEvents
    self.position = position
    wantsDetails = purpose != .segmenting
    scanner = JSONEventScanner(
      schema: purpose == .reading ? .sessionEvent : .event, sessions: sessions,
      admitsTaken: purpose == .converting)
    passesOverClosings = purpose != .reading && sessions.replacesOld
    admitsAll = !passesOverClosings
  }

  /// How the fields of sessions are called.
  var sessions: SessionFields { scanner.sessions }

  /// Has records that cannot be written rejected.
  mutating func admit(
    _ rule: SessionRule, refusing kinds: Set<EventKind>, times: ClosedRange<Int64>
  ) {
    (sessionRule, refusedKinds, admittedTimes) = (rule, kinds, times)
    admitsAll = rule == .any && kinds.isEmpty && times == .min ... .max && !passesOverClosings
  }

  // MARK: Reading

  /// Reads a record whose bytes are the last of `batch`'s, from `start` on, none of its line feeds being
  /// its end.
  mutating func read(lastOf batch: inout Batch, from start: Int, greatest: Int) {
    let end = batch.bytes.count
    // As many as a word has, so that the scan of the last bytes looks at words, too.
    batch.bytes.append(word: 0x0A0A_0A0A_0A0A_0A0A, count: 8)
    var columns = spare.take() ?? Batch.Columns()
    batch.decode(using: &columns) { bytes, columns in
      read(bytes, start, end, greatest: greatest, into: &columns)
    }
    spare = consume columns
    batch.bytes.truncate(to: end)
  }

  /// Takes what is to be known of the message that the next record comes in (`JSONShapeReader`).
  mutating func beginMessage(
    key: Span<UInt8>?, timestamp: EventTime?, keepsKey: Bool, object: (inout ByteBlock) -> Void
  ) {
    shaped?.beginMessage(key: key, timestamp: timestamp, keepsKey: keepsKey, object: object)
  }

  /// Scans the record at `start`; returns the offset of the line feed behind it where the record may come
  /// and has at most `greatest` bytes, to be followed by `append`, else `JSONScanner.failed`, by `reject`.
  @inline(__always)
  mutating func scan(
    _ bytes: Span<UInt8>, _ start: Int, greatest: Int, into columns: inout Batch.Columns
  ) -> Int {
    if shaped != nil { return scanShaped(bytes, start, greatest: greatest, into: &columns) }
    let found = scanner.scan(bytes, start)
    return found >= 0 && found &- start <= greatest && isWelcome(start, found, into: &columns)
      ? found : JSONScanner.failed
  }

  /// The same of a record of any shape.
  @inline(never)
  private mutating func scanShaped(
    _ bytes: Span<UInt8>, _ start: Int, greatest: Int, into columns: inout Batch.Columns
  ) -> Int {
    let found = shaped?.scan(bytes, start) ?? JSONScanner.failed
    guard found >= 0 && found &- start <= greatest, let finding = shaped?.finding else {
      return JSONScanner.failed
    }
    switch finding {
    case .passed: return found
    case .filtered, .oldClosing, .rejected: return JSONScanner.failed
    case .record:
      let time = shaped?.time ?? .beforeAll
      return time <= ahead.greatest || isTaken(start, found, into: &columns)
        ? found : JSONScanner.failed
    }
  }

  @inline(__always)
  private mutating func isWelcome(
    _ start: Int, _ end: Int, into columns: inout Batch.Columns
  ) -> Bool {
    (admitsAll || isAdmitted(start))
      && (scanner.event.time <= ahead.greatest.milliseconds || isTaken(start, end, into: &columns))
  }

  /// Reads records that `append` has put into `batch`, one behind the other.
  mutating func read(
    _ records: borrowing Column<TextRange>, of batch: inout Batch, greatest: Int
  ) {
    let end = batch.bytes.count
    batch.bytes.append(word: 0x0A0A_0A0A_0A0A_0A0A, count: 8)
    batch.decode { bytes, columns in
      for index in 0..<records.count {
        let bounds = records[index].bounds
        read(bytes, bounds.lowerBound, bounds.upperBound, greatest: greatest, into: &columns)
      }
    }
    batch.bytes.truncate(to: end)
  }

  /// Puts the bytes of a record into `batch`, to be read with others.
  static func append(
    _ record: Span<UInt8>, to records: inout Column<TextRange>, of batch: inout Batch
  ) {
    records.append(TextRange(offset: batch.bytes.count, length: record.count))
    batch.bytes.append(record)
    batch.bytes.append(UInt8(ascii: "\n"))
  }

  /// Reads the record from `start` to `end`, where a line feed is that is none of its own; those within
  /// the record are white space.
  private mutating func read(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, greatest: Int,
    into columns: inout Batch.Columns
  ) {
    let isTooLong = end - start > greatest
    if shaped != nil {
      shaped?.recordEnd = end
      defer { shaped?.recordEnd = 0 }
      let isRecord =
        !isTooLong && scanShaped(bytes, start, greatest: greatest, into: &columns) == end
      if isRecord {
        append(recordAt: start, end: end, bytes, to: &columns)
      } else {
        reject(recordAt: start, end: end, isTooLong: isTooLong, bytes, into: &columns)
      }
      return
    }
    scanner.scanner.recordEnd = end
    defer { scanner.scanner.recordEnd = 0 }
    let isEvent =
      !isTooLong
      && (scanner.scanCanonical(bytes, start) == end || scanner.scanGenerally(bytes, start) == end)
    if isEvent && isWelcome(start, end, into: &columns) {
      append(recordAt: start, end: end, bytes, to: &columns)
    } else {
      reject(recordAt: start, end: end, isTooLong: isTooLong, bytes, into: &columns)
    }
  }

  /// Whether the record at `start` has a session where it must, and none where it must not, and is
  /// an event that can be written, with times that can be.
  @inline(never)
  private mutating func isAdmitted(_ start: Int) -> Bool {
    if passesOverClosings && scanner.event.kind == .sessionClosed {
      scanner.refuse(.oldClosing, .event, at: start)
      return false
    }
    if let kind = scanner.event.kind, refusedKinds.contains(kind) {
      scanner.refuse(.unwritableEvent, .event, at: start)
      return false
    }
    let times = [scanner.event.time, scanner.event.start ?? 0, scanner.event.end ?? 0]
    if !times.allSatisfy(admittedTimes.contains) {
      scanner.refuse(.unwritableTime, .timestamp, at: start)
      return false
    }
    if sessionRule == .any { return true }
    let hasSession = scanner.event.session.isPresent
    if sessionRule == .likeFirst { sessionRule = hasSession ? .required : .refused }
    if sessionRule == .required && !hasSession {
      scanner.refuse(.missingField, .session, at: start)
    } else if sessionRule == .refused && hasSession {
      scanner.refuse(.unexpectedSession, .session, at: start)
    } else {
      return true
    }
    return false
  }

  /// Whether an event that is ahead of the clock is taken all the same; then it is noted.
  @inline(never)
  private mutating func isTaken(
    _ start: Int, _ end: Int, into columns: inout Batch.Columns
  ) -> Bool {
    if ahead.rejects {
      shaped?.refuse(.aheadOfClock, at: start)
      scanner.refuse(.aheadOfClock, .timestamp, at: start)
      return false
    }
    var record = Rejection(
      part: .whole, fault: .aheadOfClock, field: .timestamp, place: columns.records.count,
      offset: start, length: end - start, faultOffset: start, position: position, line: line)
    record.ahead = lead()
    columns.ahead.note(record)
    return true
  }

  /// How far the event scanned last is ahead of the clock, in milliseconds.
  private mutating func lead() -> UInt64 {
    ahead.now.elapsed(until: shaped?.time ?? EventTime(milliseconds: scanner.event.time))
  }

  /// Appends the record that was scanned last. Takes the scanned fields one by one: a copy of the scanner
  /// would cost more than the scan.
  @inline(__always)
  mutating func append(
    recordAt start: Int, end: Int, _ bytes: Span<UInt8>, to columns: inout Batch.Columns
  ) {
    if shaped != nil { return appendShaped(recordAt: start, end: end, bytes, to: &columns) }
    let device = scanner.event.device
    let time = EventTime(milliseconds: scanner.event.time)
    let role = scanner.event.role
    columns.records.append(
      Record(
        offset: start, length: end &- start,
        key: JSONRecordReader.range(device, bytes, &columns.unescaped), time: time,
        position: position, role: role))
    if wantsDetails { appendDetail(bytes, to: &columns) }
    position &+= 1
    if !scanner.cuts.isEmpty { noteCuts(of: columns.records.count - 1) }
  }

  @inline(__always)
  private mutating func appendShaped(
    recordAt start: Int, end: Int, _ bytes: Span<UInt8>, to columns: inout Batch.Columns
  ) {
    shaped?.append(recordAt: start, end: end, bytes, position: position, to: &columns)
    position &+= 1
    for range in shaped?.cuts ?? [] {
      cuts.append(Cut(record: columns.records.count - 1, range: range))
    }
  }

  @inline(__always)
  private static func range(
    _ text: ScannedEvent.Text, _ bytes: Span<UInt8>, _ unescaped: inout ByteBlock
  ) -> TextRange {
    if !text.hasEscapes { return TextRange(offset: text.start, length: text.end &- text.start) }
    let offset = unescaped.count
    JSONText.unescape(bytes.extracting(text.start..<text.end), to: &unescaped)
    return TextRange(offset: offset, length: unescaped.count - offset, isUnescaped: true)
  }

  private func appendDetail(_ bytes: Span<UInt8>, to columns: inout Batch.Columns) {
    let event = scanner.event
    var detail = EventDetail(kind: event.kind ?? .dataReceived)
    detail.timeText = JSONRecordReader.range(event.timeText, bytes, &columns.unescaped)
    detail.isDuplicate = event.isDuplicate
    detail.hasSession = event.session.isPresent
    if detail.hasSession {
      detail.session = JSONRecordReader.range(event.session, bytes, &columns.unescaped)
    }
    switch detail.kind {
    case .deviceWokeUp, .allDataSent: break
    case .dataReceived:
      detail.name = JSONRecordReader.range(event.name, bytes, &columns.unescaped)
      detail.value = FloatingPointText.parse(bytes.extracting(event.value.start..<event.value.end))
    case .sessionClosed:
      detail.status = event.status ?? .completed
      detail.start = EventTime(milliseconds: event.start ?? 0)
      detail.end = EventTime(milliseconds: event.end ?? 0)
      detail.startText = JSONRecordReader.range(event.startText, bytes, &columns.unescaped)
      detail.endText = JSONRecordReader.range(event.endText, bytes, &columns.unescaped)
      detail.events = event.events ?? 0
      detail.isPartial = event.isPartial ?? false
    }
    columns.details.append(detail)
  }

  // MARK: What is not a record

  /// Rejects the record that was scanned last, or passes over it where it counts as filtered.
  mutating func reject(
    recordAt start: Int, end: Int, isTooLong: Bool, _ bytes: Span<UInt8>,
    into columns: inout Batch.Columns
  ) {
    defer { position &+= 1 }
    scanner.cuts.removeAll(keepingCapacity: true)
    if !isTooLong && isPassedOver(bytes, start) {
      columns.unknownCount += 1
      return
    }
    let found =
      shaped?.rejection
      ?? (
        fault: scanner.scanner.fault, field: scanner.faultField, offset: scanner.scanner.faultOffset
      )
    var rejection = Rejection(
      part: .whole, fault: isTooLong ? .tooLong : found.fault,
      field: isTooLong ? .none : found.field, place: columns.records.count, offset: start,
      length: end - start, faultOffset: isTooLong ? start : found.offset,
      position: position, line: line)
    if rejection.fault == .aheadOfClock { rejection.ahead = lead() }
    columns.rejections.append(rejection)
  }

  /// Whether the record at `start` counts as filtered: an old closing, or an event that is none of ours.
  private mutating func isPassedOver(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
    if let finding = shaped?.finding { return finding == .filtered || finding == .oldClosing }
    return scanner.scanner.fault == .oldClosing
      || (unknownEvents == .filter && scanner.isOfUnknownEvent(bytes, start))
  }

  // MARK: Members that go

  /// Takes members out of the records that have them, byte for byte: what follows them moves up,
  /// and the record keeps its offset.
  mutating func takeOut(of batch: inout Batch) {
    if cuts.isEmpty { return }
    // From behind, so that the offsets of the others stay true.
    for cut in cuts.reversed() {
      let (range, length) = (cut.range, cut.range.count)
      var record = batch.records[cut.record]
      let end = Int(record.offset) + Int(record.length)
      batch.bytes.move(from: range.upperBound, to: range.lowerBound, end - range.upperBound)
      record.length -= UInt32(length)
      if !record.key.isUnescaped && Int(record.key.offset) >= range.upperBound {
        record.key = TextRange(offset: Int(record.key.offset) - length, length: record.key.length)
      }
      batch.records[cut.record] = record
    }
    cuts.removeAll(keepingCapacity: true)
  }

  @inline(never)
  private mutating func noteCuts(of record: Int) {
    for range in scanner.cuts { cuts.append(Cut(record: record, range: range)) }
    scanner.cuts.removeAll(keepingCapacity: true)
  }
}

/// What a scan found: places in the scanned bytes, and values where they are numbers.
struct ScannedEvent {
  /// The contents of a string, between its quotes.
  struct Text {
    var start = 0
    var end = -1
    var hasEscapes = false

    var isPresent: Bool { end >= start }
  }

  /// The role of `kind`, for a complete event.
  @inline(__always)
  var role: Role {
    switch kind {
    case .deviceWokeUp: .start
    case .allDataSent: .end
    case .sessionClosed: .closed
    default: .data
    }
  }

  var device = Text()
  var time: Int64 = 0
  var timeText = Text()
  var kind: EventKind?
  var session = Text()
  var isDuplicate = false
  var name = Text()
  var value = Text()
  var status: SessionStatus?
  var start: Int64?
  var startText = Text()
  var end: Int64?
  var endText = Text()
  var events: Int64?
  var isPartial: Bool?
}
