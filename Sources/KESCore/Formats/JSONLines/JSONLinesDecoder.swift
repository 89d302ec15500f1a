// JSON-lines to records: cuts the lines, scans each, fills the batch.

/// Decodes events, or session events, one JSON object a line (cli.md, section 1).
///
/// Lines end with LF; CRLF is accepted, and so is a last line without either. Lines of nothing but
/// white space are no records. A record longer than the limit is rejected in parts, so that memory
/// stays bounded.
public struct JSONLinesDecoder: ~Copyable, RecordDecoder {
  /// What is read: `Event`s alone, or with their details, as those convert who take what
  /// `segmenting` takes; or `SessionEvent`s (which all events are), with their details.
  public enum Purpose: Sendable { case segmenting, converting, reading }

  /// Which records may come, where they are to be written with one schema.
  public enum SessionRule: Sendable {
    case any
    /// All must have a session, or none may, as the first.
    case likeFirst
    case required, refused
  }

  private var sessionRule = SessionRule.any
  /// Events that cannot be written.
  private var refusedKinds: Set<EventKind> = []
  /// Times that can be written, in milliseconds.
  private var admittedTimes = Int64.min...Int64.max
  private var admitsAll = true
  private var aheadLimit = AheadLimit.none
  private var line: Int64 = 1
  public internal(set) var position: Int64
  private let greatestRecord: Int
  private let wantsDetails: Bool
  private let unknownEvents: UnknownEventPolicy
  private var scanner: JSONEventScanner
  /// Whether closings are passed over.
  private let passesOverClosings: Bool
  /// What is to be taken out of the batch's records.
  private var cuts: [Cut] = []
  /// Whether the bytes at hand belong to a record that was rejected as too long.
  public private(set) var isInsideRecord = false
  /// How many bytes, from the first, are known to hold no line feed: a long line that comes in
  /// small pieces is searched once.
  private var searchedCount = 0

  /// A part of a record's bytes.
  private struct Cut {
    let record: Int
    let range: Range<Int>
  }

  /// - Parameters:
  ///   - greatestRecord: how many bytes a record may have.
  ///   - position: the number of the first record.
  ///   - sessions: how the fields of sessions are called, and what is done with an event that has such.
  public init(
    purpose: Purpose, greatestRecord: Int, unknownEvents: UnknownEventPolicy = .reject,
    position: Int64 = 0, sessions: SessionFields = .usual
  ) {
    self.unknownEvents = unknownEvents
    self.greatestRecord = greatestRecord
    self.position = position
    wantsDetails = purpose != .segmenting
    scanner = JSONEventScanner(
      schema: purpose == .reading ? .sessionEvent : .event, sessions: sessions,
      admitsTaken: purpose == .converting)
    passesOverClosings = purpose != .reading && sessions.replacesOld
    admitsAll = !passesOverClosings
  }

  /// Has records that cannot be written rejected.
  mutating func admit(
    _ rule: SessionRule, refusing kinds: Set<EventKind>, times: ClosedRange<Int64>
  ) {
    (sessionRule, refusedKinds, admittedTimes) = (rule, kinds, times)
    admitsAll = rule == .any && kinds.isEmpty && times == .min ... .max && !passesOverClosings
  }

  public func place(after batch: borrowing Batch) -> DecodingPlace {
    DecodingPlace(unread: batch.bytes.count - batch.decodedCount, line: line)
  }

  public mutating func beginInput(_ start: InputStart) {
    line = 1
    if case .resumed(let position, _) = start { line = position.line }
    isInsideRecord = false
    searchedCount = 0
  }

  public mutating func decode(_ batch: inout Batch, endOfInput: Bool, limits: DecodingLimits) {
    aheadLimit = limits.ahead
    let length = batch.bytes.count
    let needsEnd = endOfInput && length > 0 && batch.bytes[length - 1] != UInt8(ascii: "\n")
    if needsEnd { batch.bytes.append(UInt8(ascii: "\n")) }
    let unfinished = needsEnd && limits.leavesUnfinished
    batch.decodedCount = batch.decode { bytes, columns in
      decodeLines(bytes, into: &columns, limits: limits, leavesLast: unfinished)
    }
    if !cuts.isEmpty { takeOut(of: &batch) }
    if needsEnd {
      // The line feed is ours: it must not count as a byte of the input.
      batch.bytes.truncate(to: length)
      batch.decodedCount = min(batch.decodedCount, length)
      // What may be appended later still belongs to this line.
      if batch.decodedCount == length && line > 1 { line &-= 1 }
    }
    if endOfInput { isInsideRecord = false }
  }

  /// Decodes whole lines; returns how many bytes were used up.
  ///
  /// - Parameter leavesLast: whether the last line, unless it is a record as it is, stays undecoded.
  private mutating func decodeLines(
    _ bytes: Span<UInt8>, into columns: inout Batch.Columns, limits: DecodingLimits,
    leavesLast: Bool
  ) -> Int {
    let searched = min(searchedCount, bytes.count)
    searchedCount = 0
    guard
      let found = bytes.extracting(searched..<bytes.count).lastIndex(of: UInt8(ascii: "\n"))
    else { return keepTail(of: bytes, from: 0, into: &columns, limits) }
    let lines = bytes.extracting(0..<(searched + found + 1))
    var index = isInsideRecord ? endLongRecord(lines, into: &columns) : 0
    let end = position &+ min(limits.records, Int64.max &- position)
    while index < lines.count && position < end {
      let filtered = columns.unknownCount
      let next = decodeLine(lines, index, into: &columns)
      if leavesLast && next == lines.count &- 1 && !isForeign(lines, from: index)
        && leaveLine(at: index, of: &columns, filteredBefore: filtered)
      {
        return index
      }
      if limits.stopsAtRejection && !columns.rejections.isEmpty {
        position &-= 1
        return index
      }
      line &+= 1
      index = next &+ 1
    }
    if index < lines.count || position >= end { return index }
    return keepTail(of: bytes, from: index, into: &columns, limits)
  }

  /// Takes members out of the records that have them, byte for byte: what stood behind them moves up,
  /// and the line keeps its place.
  private mutating func takeOut(of batch: inout Batch) {
    // From behind, so that the places of the others stay true.
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

  /// Leaves the beginning of a line for the next batch, unless it is too long already. Returns how
  /// many bytes are used up.
  private mutating func keepTail(
    of bytes: Span<UInt8>, from start: Int, into columns: inout Batch.Columns,
    _ limits: DecodingLimits
  ) -> Int {
    let used = passOverLongRecord(bytes, start, into: &columns, limits)
    searchedCount = bytes.count - used
    return used
  }

  /// Decodes the line at `start`; returns the place of its line feed.
  @inline(__always)
  private mutating func decodeLine(
    _ lines: Span<UInt8>, _ start: Int, into columns: inout Batch.Columns
  ) -> Int {
    let found = scanner.scan(lines, start)
    if found >= 0 && found &- start <= greatestRecord && (admitsAll || isAdmitted(start))
      && (scanner.event.time <= aheadLimit.greatest.milliseconds
        || isTaken(start, found, into: &columns))
    {
      append(recordAt: start, end: withoutCarriageReturn(lines, start, found), lines, to: &columns)
      position &+= 1
      if !scanner.cuts.isEmpty { noteCuts(of: columns.records.count - 1) }
      return found
    }
    return rejectLine(lines, start, into: &columns)
  }

  @inline(never)
  private mutating func noteCuts(of record: Int) {
    for range in scanner.cuts { cuts.append(Cut(record: record, range: range)) }
    scanner.cuts.removeAll(keepingCapacity: true)
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
    if aheadLimit.rejects {
      scanner.refuse(.aheadOfClock, .timestamp, at: start)
      return false
    }
    var record = Rejection(
      part: .whole, fault: .aheadOfClock, field: .timestamp, place: columns.records.count,
      offset: start, length: end - start, faultOffset: start, position: position, line: line)
    record.ahead = ahead
    columns.ahead.note(record)
    return true
  }

  /// How far the event scanned last is ahead of the clock, in milliseconds.
  private var ahead: UInt64 {
    aheadLimit.now.elapsed(until: EventTime(milliseconds: scanner.event.time))
  }

  /// Whether the input, of which the line at `start` is the first, is no JSON-lines at all: then there is
  /// nothing to wait for.
  private func isForeign(_ lines: Span<UInt8>, from start: Int) -> Bool {
    line == 1 && ForeignInput.of(lines.extracting(start..<lines.count)) != .lines
  }

  /// Takes back what was made of the line at `start`, unless that is a record; returns whether it did.
  private mutating func leaveLine(
    at start: Int, of columns: inout Batch.Columns, filteredBefore: Int
  ) -> Bool {
    let (records, rejections) = (columns.records.count, columns.rejections.count)
    if records > 0, Int(columns.records[records - 1].offset) == start { return false }
    // A blank line is neither rejected nor filtered.
    if rejections > 0, Int(columns.rejections[rejections - 1].offset) == start {
      columns.rejections.truncate(to: rejections - 1)
      position &-= 1
    } else if columns.unknownCount > filteredBefore {
      columns.unknownCount = filteredBefore
      position &-= 1
    }
    return true
  }

  @inline(__always)
  private func withoutCarriageReturn(_ lines: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
    end > start && lines[end &- 1] == UInt8(ascii: "\r") ? end &- 1 : end
  }

  /// Takes the scanned fields one by one: a copy of the scanner would cost more than the scan.
  @inline(__always)
  private mutating func append(
    recordAt start: Int, end: Int, _ lines: Span<UInt8>, to columns: inout Batch.Columns
  ) {
    let device = scanner.event.device
    let time = EventTime(milliseconds: scanner.event.time)
    let role = scanner.event.role
    columns.records.append(
      Record(
        offset: start, length: end &- start,
        key: JSONLinesDecoder.range(device, lines, &columns.unescaped), time: time,
        position: position, role: role))
    if wantsDetails { appendDetail(lines, to: &columns) }
  }

  @inline(__always)
  private static func range(
    _ text: ScannedEvent.Text, _ lines: Span<UInt8>, _ unescaped: inout ByteBlock
  ) -> TextRange {
    if !text.hasEscapes { return TextRange(offset: text.start, length: text.end &- text.start) }
    let offset = unescaped.count
    JSONText.unescape(lines.extracting(text.start..<text.end), to: &unescaped)
    return TextRange(offset: offset, length: unescaped.count - offset, isUnescaped: true)
  }

  private func appendDetail(_ lines: Span<UInt8>, to columns: inout Batch.Columns) {
    let event = scanner.event
    var detail = EventDetail(kind: event.kind ?? .dataReceived)
    detail.timeText = JSONLinesDecoder.range(event.timeText, lines, &columns.unescaped)
    detail.isDuplicate = event.isDuplicate
    detail.hasSession = event.session.isPresent
    if detail.hasSession {
      detail.session = JSONLinesDecoder.range(event.session, lines, &columns.unescaped)
    }
    switch detail.kind {
    case .deviceWokeUp, .allDataSent: break
    case .dataReceived:
      detail.name = JSONLinesDecoder.range(event.name, lines, &columns.unescaped)
      detail.value = FloatingPointText.parse(lines.extracting(event.value.start..<event.value.end))
    case .sessionClosed:
      detail.status = event.status ?? .completed
      detail.start = EventTime(milliseconds: event.start ?? 0)
      detail.end = EventTime(milliseconds: event.end ?? 0)
      detail.startText = JSONLinesDecoder.range(event.startText, lines, &columns.unescaped)
      detail.endText = JSONLinesDecoder.range(event.endText, lines, &columns.unescaped)
      detail.events = event.events ?? 0
      detail.isPartial = event.isPartial ?? false
    }
    columns.details.append(detail)
  }

  // MARK: What is not a record

  /// A line that did not scan: blank, wrong or too long.
  @inline(never)
  private mutating func rejectLine(
    _ lines: Span<UInt8>, _ start: Int, into columns: inout Batch.Columns
  ) -> Int {
    let lineFeed = lines.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? lines.count - 1
    var index = start
    while JSONScanner.isSpace(lines[index]) { index += 1 }
    if index == lineFeed { return lineFeed }
    let isTooLong = lineFeed - start > greatestRecord
    if !isTooLong && isPassedOver(lines, start) {
      columns.unknownCount += 1
      position &+= 1
      return lineFeed
    }
    var rejection = Rejection(
      part: .whole, fault: isTooLong ? .tooLong : scanner.scanner.fault,
      field: isTooLong ? .none : scanner.faultField, place: columns.records.count, offset: start,
      length: withoutCarriageReturn(lines, start, lineFeed) - start,
      faultOffset: isTooLong ? start : scanner.scanner.faultOffset, position: position,
      line: line)
    if rejection.fault == .aheadOfClock { rejection.ahead = ahead }
    columns.rejections.append(rejection)
    position &+= 1
    return lineFeed
  }

  /// Whether the line at `start` counts as filtered: an old closing, or an event that is none of ours.
  private mutating func isPassedOver(_ lines: Span<UInt8>, _ start: Int) -> Bool {
    scanner.scanner.fault == .oldClosing
      || (unknownEvents == .filter && scanner.isOfUnknownEvent(lines, start))
  }

  /// Rejects what is longer than a record may be, though its end has not come yet. Returns how many
  /// bytes are used up.
  private mutating func passOverLongRecord(
    _ bytes: Span<UInt8>, _ start: Int, into columns: inout Batch.Columns, _ limits: DecodingLimits
  ) -> Int {
    let length = bytes.count - start
    guard length > 0 && (isInsideRecord || length > greatestRecord) else { return start }
    appendPart(isInsideRecord ? .middle : .first, start, length, to: &columns)
    if limits.stopsAtRejection { return start }
    if !isInsideRecord { position += 1 }
    isInsideRecord = true
    return bytes.count
  }

  /// The last part of a record that was too long; returns the place behind its line feed.
  private mutating func endLongRecord(_ lines: Span<UInt8>, into columns: inout Batch.Columns)
    -> Int
  {
    let lineFeed = lines.firstIndex(of: UInt8(ascii: "\n"), from: 0) ?? lines.count - 1
    appendPart(.last, 0, lineFeed, to: &columns)
    isInsideRecord = false
    line += 1
    return lineFeed + 1
  }

  private func appendPart(
    _ part: Rejection.Part, _ start: Int, _ length: Int, to columns: inout Batch.Columns
  ) {
    columns.rejections.append(
      Rejection(
        part: part, fault: .tooLong, field: .none, place: columns.records.count, offset: start,
        length: length, faultOffset: start, position: position, line: line))
  }

  public func message(for rejection: Rejection, in batch: borrowing Batch) -> String {
    JSONFaultMessage(
      rejection: rejection, greatestRecord: greatestRecord,
      foreign: foreignInput(at: rejection, in: batch), sessions: scanner.sessions
    ).text(in: batch)
  }

  // MARK: What is no JSON-lines at all

  /// Whether each record is an input of its own, as messages are.
  var isEachAlone = false

  /// What the input is instead, where the rejected record is its first and shows that.
  func foreignInput(at rejection: Rejection, in batch: borrowing Batch) -> ForeignInput? {
    guard isEachAlone || rejection.line == 1, rejection.part != .middle, rejection.part != .last
    else { return nil }
    let (start, length) = (Int(rejection.offset), Int(rejection.length))
    let rest = isEachAlone ? length : batch.bytes.count - start
    return batch.bytes.withBytes(start, rest) { bytes in
      switch ForeignInput.of(bytes) {
      case .lines: isSpread(rejection, bytes, length) ? .spread : nil
      case let found: found
      }
    }
  }

  /// Whether a record of `length` bytes, which begins `bytes` with a brace, breaks off at the end of its
  /// line, and goes on in the next.
  private func isSpread(_ rejection: Rejection, _ bytes: Span<UInt8>, _ length: Int) -> Bool {
    guard rejection.faultOffset >= rejection.offset + rejection.length,
      rejection.fault != .unclosedString, rejection.fault != .tooLong
    else { return false }
    guard let lineFeed = bytes.firstIndex(of: UInt8(ascii: "\n"), from: length) else {
      return false
    }
    var next = lineFeed
    while next < bytes.count, JSONScanner.isSpace(bytes[next]) || bytes[next] == UInt8(ascii: "\n")
    {
      next += 1
    }
    if next < bytes.count { return bytes[next] != UInt8(ascii: "{") }
    var last = length - 1
    while last > 0, JSONScanner.isSpace(bytes[last]) { last -= 1 }
    return [UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: "[")].contains(bytes[last])
  }
}
