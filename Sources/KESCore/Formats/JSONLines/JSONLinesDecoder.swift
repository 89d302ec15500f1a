// JSON-lines to records: cuts the lines, scans each, fills the batch.

/// Decodes events, or session events, one JSON object a line (cli.md, section 1).
///
/// Lines end with LF; CRLF is accepted, and so is a last line without either. Lines of nothing but
/// white space are no records. A record longer than the limit is rejected in parts, so that memory
/// stays bounded.
public struct JSONLinesDecoder: ~Copyable, RecordDecoder {
  /// What is read, and which records may come (see `JSONRecordReader`).
  public typealias Purpose = JSONRecordReader.Purpose

  var reader: JSONRecordReader
  private let greatestRecord: Int
  /// Whether the bytes at hand belong to a record that was rejected as too long.
  public private(set) var isInsideRecord = false
  /// How many bytes, from the first, are known to hold no line feed: a long line that comes in
  /// small pieces is searched once.
  private var searchedCount = 0

  /// - Parameters:
  ///   - greatestRecord: how many bytes a record may have.
  ///   - position: the number of the first record.
  ///   - sessions: how the fields of sessions are called, and what is done with an event that has such.
  ///   - shape: that of the records; nil for devices.
  public init(
    purpose: Purpose, greatestRecord: Int, unknownEvents: UnknownEventPolicy = .reject,
    position: Int64 = 0, sessions: SessionFields = .usual, shape: RecordShape? = nil,
    memory: TimeMemory? = nil
  ) {
    self.greatestRecord = greatestRecord
    reader = JSONRecordReader(
      purpose: purpose, unknownEvents: unknownEvents, position: position, sessions: sessions,
      shape: shape, memory: memory)
  }

  public internal(set) var position: Int64 {
    get { reader.position }
    set { reader.position = newValue }
  }

  private var line: Int64 {
    get { reader.line }
    set { reader.line = newValue }
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
    reader.ahead = limits.ahead
    let length = batch.bytes.count
    let needsEnd = endOfInput && length > 0 && batch.bytes[length - 1] != UInt8(ascii: "\n")
    if needsEnd { batch.bytes.append(UInt8(ascii: "\n")) }
    let unfinished = needsEnd && limits.leavesUnfinished
    batch.decodedCount = batch.decode { bytes, columns in
      decodeLines(bytes, into: &columns, limits: limits, leavesLast: unfinished)
    }
    reader.takeOut(of: &batch)
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
    let found = reader.scan(lines, start, greatest: greatestRecord, into: &columns)
    if found >= 0 {
      reader.append(
        recordAt: start, end: withoutCarriageReturn(lines, start, found), lines, to: &columns)
      return found
    }
    return rejectLine(lines, start, into: &columns)
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
    reader.reject(
      recordAt: start, end: withoutCarriageReturn(lines, start, lineFeed),
      isTooLong: lineFeed - start > greatestRecord, lines, into: &columns)
    return lineFeed
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
      foreign: foreignInput(at: rejection, in: batch), sessions: reader.sessions,
      shape: reader.shape
    ).text(in: batch)
  }

  // MARK: What is no JSON-lines at all

  /// What the input is instead, where the rejected record is its first and shows that.
  public func foreignInput(at rejection: Rejection, in batch: borrowing Batch) -> ForeignInput? {
    guard rejection.line == 1, rejection.part != .middle, rejection.part != .last
    else { return nil }
    let (start, length) = (Int(rejection.offset), Int(rejection.length))
    return batch.bytes.withBytes(start, batch.bytes.count - start) { bytes in
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
