// Session events as JSON-lines: the input's lines as they are, and the closings among them.

/// Writes a batch of session events that have their sessions already: every record and a line feed,
/// whatever its line ended with; closings at their places.
public struct JSONLinesThroughEncoder: ~Copyable, SessionEventEncoder {
  private var records: JSONLinesRecordEncoder
  /// What stands before the session of a closing, where that is not the usual member.
  private let member: [UInt8]?

  /// - Parameter converter: turns records that are not JSON-lines into JSON objects.
  public init(converter: (any RecordConverter)? = nil, sessions: SessionFields = .usual) {
    member = sessions.unusualMember
    records = JSONLinesRecordEncoder(converter: converter)
  }

  public var wantsClosings: Bool { true }

  public mutating func encode(
    _ batch: borrowing Batch, _ outcome: borrowing Outcome, to output: inout ByteBlock
  ) {
    records.beginBatch()
    var index = 0
    for closed in 0..<outcome.closings.count {
      let closing = outcome.closings[closed]
      while index < Int(closing.place) {
        records.append(index, of: batch, to: &output)
        index &+= 1
      }
      JSONLinesSessionClosed.append(closing, of: outcome, member: member, to: &output)
    }
    while index < batch.records.count {
      records.append(index, of: batch, to: &output)
      index &+= 1
    }
  }
}
