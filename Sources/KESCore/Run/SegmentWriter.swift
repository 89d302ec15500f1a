// What becomes of a segmented batch: encoded, counted, written.

/// The writing half of a segmenting run, which all its tasks share.
final class SegmentWriter {
  private var encoder: any SessionEventEncoder & ~Copyable
  let outputs: SegmentOutputs
  private let isUnbuffered: Bool
  /// What segmenting says of the batch at hand.
  private var outcome: Outcome
  /// What became of the records that were segmented.
  var ledger = Ledger()

  init(
    encoder: consuming any SessionEventEncoder & ~Copyable, outputs: SegmentOutputs,
    isUnbuffered: Bool
  ) {
    outcome = Outcome(keepsClosings: encoder.wantsClosings)
    self.encoder = encoder
    self.outputs = outputs
    self.isUnbuffered = isUnbuffered
  }

  /// Has `segment` say what becomes of the records of `batch`, and writes that. Returns whether
  /// sessions closed.
  @inline(__always)
  @discardableResult
  func write(
    _ batch: borrowing Batch, _ segment: (borrowing Batch, inout Outcome) -> Void
  ) throws(Failure) -> Bool {
    segment(batch, &outcome)
    let hasClosings = !outcome.closings.isEmpty
    outputs.writeLate(batch, outcome)
    encoder.encode(batch, outcome, to: &outputs.sessions.buffer)
    ledger.count(outcome)
    outcome.removeAll()
    if isUnbuffered { try outputs.flush() } else { try outputs.flushIfFull() }
    return hasClosings
  }
}

/// The outputs of a run.
public final class SegmentOutputs {
  public let sessions: OutputStream
  /// Where late events go, unchanged (`--late-output`).
  public let late: OutputStream?
  private var lateEncoder: (any RecordAppender & ~Copyable)?

  /// - Parameter late: in the format of the session events.
  public init(sessions: OutputStream, late: FormatOutput?) {
    self.sessions = sessions
    self.late = late?.stream
    lateEncoder = late?.makeRecordEncoder()
  }

  /// Appends the batch's late records to their output.
  func writeLate(_ batch: borrowing Batch, _ outcome: borrowing Outcome) {
    guard let late else { return }
    lateEncoder?.beginBatch()
    for index in 0..<batch.records.count where outcome.assignments[index].disposition == .late {
      lateEncoder?.append(index, of: batch, to: &late.buffer)
    }
  }

  func flushIfFull() throws(Failure) {
    try sessions.flushIfFull()
    try late?.flushIfFull()
  }

  func flush() throws(Failure) {
    try sessions.flush()
    try late?.flush()
  }

  /// Forgets what is not written yet.
  func discard() {
    sessions.discard()
    late?.discard()
  }

  /// Writes what stands behind the last record.
  func finish() throws(Failure) {
    try sessions.finish()
    try late?.finish()
  }

  /// Writes all out and waits until the disk has it.
  func sync() throws(Failure) {
    try sessions.sync()
    try late?.sync()
  }

  /// What a store is to know of the files among the outputs and the dead letters. Throws
  /// `Failure.cannotRead`.
  func records(with deadLetters: (any DeadLetters)?) throws(Failure) -> [KnownOutput] {
    [try sessions.record(), try late?.record(), try deadLetters?.record()].compactMap { $0 }
  }
}
