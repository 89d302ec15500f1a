// What a segmenting run writes: the session events, and the late events where those go elsewhere.

/// The outputs of a run.
public final class SegmentOutputs {
  public let sessions: OutputStream
  /// Where late events go, unchanged (`--late-output`).
  public let late: OutputStream?

  public init(sessions: OutputStream, late: OutputStream?) {
    self.sessions = sessions
    self.late = late
  }

  /// Appends the batch's late records to their output.
  func writeLate(_ batch: borrowing Batch, _ outcome: borrowing Outcome) {
    guard late != nil else { return }
    for index in 0..<batch.records.count where outcome.assignments[index].disposition == .late {
      let record = batch.records[index]
      late?.buffer.append(batch.bytes, Int(record.offset), Int(record.length))
      late?.buffer.append(UInt8(ascii: "\n"))
    }
  }

  func flushIfFull() throws(StreamError) {
    try sessions.flushIfFull()
    try late?.flushIfFull()
  }

  func flush() throws(StreamError) {
    try sessions.flush()
    try late?.flush()
  }

  /// Writes all out and waits until the disk has it.
  func sync() throws(StreamError) {
    try sessions.sync()
    try late?.sync()
  }

  /// The files among the outputs, and how long they are.
  var lengths: [(path: String, length: Int64)] {
    var lengths: [(String, Int64)] = []
    if let path = sessions.path { lengths.append((path, sessions.length)) }
    if let late, let path = late.path { lengths.append((path, late.length)) }
    return lengths
  }
}
