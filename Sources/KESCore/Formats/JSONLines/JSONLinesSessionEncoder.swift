// Session events as JSON-lines: the input's lines with the session spliced in, and closings.

/// Which session events are written (`--emit`).
public enum Emission: String, CaseIterable, Sendable {
  /// The events, without `SessionClosed`.
  case events
  /// The `SessionClosed` alone.
  case closed
  /// Both, in the order in which they happen.
  case all
}

/// Writes a segmented batch of JSON-lines.
public struct JSONLinesSessionEncoder: SessionEventEncoder {
  private let emission: Emission
  private let marksDuplicates: Bool

  public init(emission: Emission, marksDuplicates: Bool) {
    self.emission = emission
    self.marksDuplicates = marksDuplicates
  }

  public var wantsClosings: Bool { emission != .events }

  public func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    var closed = 0
    let closings = emission == .events ? 0 : outcome.closings.count
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        JSONLinesSessionClosed.append(outcome.closings[closed], of: outcome, to: &output)
        closed &+= 1
      }
      if emission != .closed {
        encode(batch.records[index], outcome.assignments[index], of: batch, to: &output)
      }
    }
    while closed < closings {
      JSONLinesSessionClosed.append(outcome.closings[closed], of: outcome, to: &output)
      closed &+= 1
    }
  }

  @inline(__always)
  private func encode(
    _ record: Record, _ assignment: Assignment, of batch: borrowing Batch,
    to output: inout ByteBlock
  ) {
    let isDuplicate = assignment.disposition == .duplicate
    guard assignment.disposition == .assigned || (isDuplicate && marksDuplicates) else { return }
    let start = Int(record.offset)
    let end = start &+ Int(record.length)
    var brace = end &- 1
    while batch.bytes[brace] != UInt8(ascii: "}") { brace &-= 1 }
    output.append(batch.bytes, start, brace &- start)
    if isDuplicate { output.append(",\"duplicate\":true") }
    let (first, second, count) = assignment.session.characters
    if brace == end &- 1 {
      output.append(",\"session\":\"", first, second, count: count, "\"}\n")
    } else {
      output.append(",\"session\":\"", first, second, count: count, "\"")
      output.append(batch.bytes, brace, end &- brace)
      output.append(UInt8(ascii: "\n"))
    }
  }
}
