// What becomes of a segmented batch: encoded, counted, written.

/// The writing half of a segmenting run, which all its tasks share.
final class SegmentWriter {
  private var encoder: any SessionEventEncoder
  let outputs: SegmentOutputs
  private let isUnbuffered: Bool
  /// What segmenting says of the batch at hand.
  private var outcome: Outcome
  /// What became of the records that were segmented.
  var ledger = Ledger()

  init(encoder: any SessionEventEncoder, outputs: SegmentOutputs, isUnbuffered: Bool) {
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
