// Session events as JSON-lines: the input's lines with the session spliced in, and closings.

/// Writes a segmented batch as JSON-lines.
public struct JSONLinesSessionEncoder: ~Copyable, SessionEventEncoder {
  private let emission: Emission
  private let marksDuplicates: Bool
  private var foreign: ForeignRecords
  /// What stands before a session, where that is not the usual member.
  private let member: [UInt8]?

  /// - Parameter converter: turns records that are not JSON-lines into JSON objects.
  public init(
    emission: Emission, marksDuplicates: Bool, converter: (any RecordConverter)? = nil,
    sessions: SessionFields = .usual
  ) {
    member = sessions.unusualMember
    self.emission = emission
    self.marksDuplicates = marksDuplicates
    foreign = ForeignRecords(converter: converter)
  }

  public var wantsClosings: Bool { emission != .events }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    foreign.beginBatch()
    var closed = 0
    let closings = emission == .events ? 0 : outcome.closings.count
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        JSONLinesSessionClosed.append(
          outcome.closings[closed], of: outcome, member: member, to: &output)
        closed &+= 1
      }
      if emission != .closed {
        encode(index, outcome.assignments[index], of: batch, to: &output)
      }
    }
    while closed < closings {
      JSONLinesSessionClosed.append(
        outcome.closings[closed], of: outcome, member: member, to: &output)
      closed &+= 1
    }
  }

  @inline(__always)
  private mutating func encode(
    _ index: Int, _ assignment: Assignment, of batch: borrowing Batch, to output: inout ByteBlock
  ) {
    let isDuplicate = assignment.disposition == .duplicate
    guard assignment.disposition == .assigned || (isDuplicate && marksDuplicates) else { return }
    let record = batch.records[index]
    if record.schema != 0 {
      encodeForeign(index, assignment, of: batch, to: &output)
      return
    }
    let start = Int(record.offset)
    let end = start &+ Int(record.length)
    var brace = end &- 1
    while batch.bytes[brace] != UInt8(ascii: "}") { brace &-= 1 }
    output.append(batch.bytes, start, brace &- start)
    if isDuplicate { output.append(",\"duplicate\":true") }
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
