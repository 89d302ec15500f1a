// Session events as JSON-lines: the input's lines with the session spliced in, and closings.

/// Writes a segmented batch as JSON-lines.
public struct JSONLinesSessionEncoder: ~Copyable, SessionEventEncoder {
  private let emission: Emission
  private let marksDuplicates: Bool
  private var foreign: ForeignRecords
  /// What stands before a session, where that is not the usual member.
  private let member: [UInt8]?
  private let closingForm: JSONClosingForm
  private let records: TopicRecords?
  /// Whether line feeds in records are written as other white space.
  private let replacesLineFeeds: Bool

  /// Parameters as of `JSONLinesRecordEncoder.init`, and what closings look like; nil for those of devices.
  public init(
    emission: Emission, marksDuplicates: Bool, converter: (any RecordConverter)? = nil,
    sessions: SessionFields = .usual, closingForm: JSONClosingForm? = nil,
    records: TopicRecords? = nil, holdLineFeeds: Bool = false
  ) {
    self.records = records
    replacesLineFeeds = holdLineFeeds && records == nil
    member = sessions.unusualMember
    self.closingForm = closingForm ?? .devices(sessions)
    self.emission = emission
    self.marksDuplicates = marksDuplicates
    foreign = ForeignRecords(converter: converter)
  }

  public var wantsClosings: Bool { emission != .events }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    foreign.beginBatch()
    records?.beginBatch()
    var closed = 0
    let closings = emission == .events ? 0 : outcome.closings.count
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        closingForm.append(
          outcome.closings[closed], of: outcome, to: &output, noting: records)
        closed &+= 1
      }
      if emission != .closed {
        encode(index, outcome.assignments[index], of: batch, to: &output)
      }
    }
    while closed < closings {
      closingForm.append(outcome.closings[closed], of: outcome, to: &output, noting: records)
      closed &+= 1
    }
  }

  @inline(__always)
  private mutating func encode(
    _ index: Int, _ assignment: Assignment, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let isDuplicate = assignment.disposition == .duplicate
    let isPassed = batch.records[index].role == .passed
    guard assignment.disposition == .assigned || (isDuplicate && marksDuplicates) || isPassed else {
      return
    }
    let start = output.count
    if isPassed {
      pass(index, of: batch, to: &output)
    } else if batch.records[index].schema == 0 {
      encodeLine(index, assignment, of: batch, to: &output)
    } else {
      encodeForeign(index, assignment, of: batch, to: &output)
    }
    if let records {
      let end = output.removeLineFeed()
      if isPassed { return records.note(index, of: batch, end: end) }
      records.note(index, of: batch, session: assignment.session, end: end)
    } else if replacesLineFeeds {
      output.truncate(to: output.count - 1)
      output.replaceLineFeeds(inLast: output.count - start)
      output.append(UInt8(ascii: "\n"))
    }
  }

  /// A record that belongs to no session, as it came.
  @inline(never)
  private mutating func pass(
    _ index: Int, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let record = batch.records[index]
    if record.schema == 0 {
      output.append(batch.bytes, Int(record.offset), Int(record.length))
    } else {
      foreign.append(index, of: batch, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
  }

  @inline(__always)
  private func encodeLine(
    _ index: Int, _ assignment: Assignment, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let record = batch.records[index]
    let start = Int(record.offset)
    let end = start &+ Int(record.length)
    var brace = end &- 1
    while batch.bytes[brace] != UInt8(ascii: "}") { brace &-= 1 }
    output.append(batch.bytes, start, brace &- start)
    if assignment.disposition == .duplicate { output.append(",\"duplicate\":true") }
    let (first, second, count) = assignment.session.characters
    if let member {
      output.append(member.span)
      output.append("\"", first, second, count: count, "\"")
      output.append(batch.bytes, brace, end &- brace)
      output.append(UInt8(ascii: "\n"))
    } else if brace == end &- 1 {
      output.append(",\"session\":\"", first, second, count: count, "\"}\n")
    } else {
      output.append(",\"session\":\"", first, second, count: count, "\"")
      output.append(batch.bytes, brace, end &- brace)
      output.append(UInt8(ascii: "\n"))
    }
  }

  @inline(never)
  private mutating func encodeForeign(
    _ index: Int, _ assignment: Assignment, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    foreign.append(index, of: batch, to: &output)
    // The brace at its end.
    output.truncate(to: output.count - 1)
    if assignment.disposition == .duplicate { output.append(",\"duplicate\":true") }
    let (first, second, count) = assignment.session.characters
    if let member { output.append(member.span) } else { output.append(",\"session\":") }
    output.append("\"", first, second, count: count, "\"}\n")
  }
}

extension ByteBlock {
  /// Puts tabs in the place of line feeds among the last `length` bytes, a record's: between the parts
  /// of a JSON value one is as good as the other.
  @inline(never)
  mutating func replaceLineFeeds(inLast length: Int) {
    for index in (count - length)..<count where self[index] == UInt8(ascii: "\n") {
      store(UInt8(ascii: "\t"), at: index)
    }
  }

  /// Takes away the line feed of the line that was appended last: the value of a message ends without
  /// one. Returns where it ends.
  @inline(__always)
  mutating func removeLineFeed() -> Int {
    truncate(to: count - 1)
    return count
  }
}
