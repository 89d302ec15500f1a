// Which session events encoders make of a batch and its outcome.

/// What an encoder of session events writes; it must be what the encoders of all formats do.
enum SessionEventContent {
  /// Records that were segmented, and closings, as `--emit` says.
  case segmented(Emission, marksDuplicates: Bool)
  /// All records, which have their sessions already, and closings.
  case through

  /// Notes each session event that is written of the batch, in the order of writing.
  func note(_ batch: borrowing Batch, _ outcome: borrowing Outcome, in notes: MessageNotes) {
    notes.beginBatch()
    var closed = 0
    let closings = writesClosings ? outcome.closings.count : 0
    for index in 0..<batch.records.count {
      while closed < closings && Int(outcome.closings[closed].place) <= index {
        notes.note(outcome.closings[closed], of: outcome)
        closed &+= 1
      }
      note(index, of: batch, outcome, in: notes)
    }
    while closed < closings {
      notes.note(outcome.closings[closed], of: outcome)
      closed &+= 1
    }
  }

  private var writesClosings: Bool {
    switch self {
    case .segmented(let emission, _): emission != .events
    case .through: true
    }
  }

  @inline(__always)
  private func note(
    _ index: Int, of batch: borrowing Batch, _ outcome: borrowing Outcome, in notes: MessageNotes
  ) {
    switch self {
    case .through: notes.note(index, of: batch)
    case .segmented(.closed, _): break
    case .segmented(_, let marksDuplicates):
      let assignment = outcome.assignments[index]
      switch assignment.disposition {
      case .assigned: notes.note(index, of: batch, session: assignment.session)
      case .duplicate where marksDuplicates:
        notes.note(index, of: batch, session: assignment.session)
      default: break
      }
    }
  }
}
