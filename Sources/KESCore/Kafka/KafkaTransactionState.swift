// Where a transactional producer stands.

/// The states of a producer's transactions, and the moves that each permits.
///
///                initialise         begin                  commit
///     unready ───────────────▶ ready ────▶ open ──────────────────────▶ ready
///                                ▲          │ │ produce, sendOffsets: stay
///                                │          │ └── commit not answered ──▶ committing ── commit ─▶
///                                │          │ error that asks for it          │ (its end is open:
///                                │          ▼                                 │ nothing else goes)
///                                │       mustAbort ◀──────────────────────────┘
///                                │ abort    │ abort not answered
///                                ├──────────┤
///                                │          ▼
///                                └─ abort ─ aborting
///
///     from each: an error after which nothing helps, or another instance took over ──▶ dead
///
/// After KIP-98, and librdkafka's INTRODUCTION.md, "Transactional Producer".
public enum KafkaTransactionState: Hashable, CaseIterable, Sendable {
  case unready, ready, open, mustAbort, committing, aborting, dead

  enum Move: String, CaseIterable, Sendable {
    case initialise = "prepare transactions"
    case begin = "begin a transaction"
    case produce = "send a record"
    case sendOffsets = "send offsets to the transaction"
    case commit = "commit the transaction"
    case abort = "abort the transaction"
  }

  func permits(_ move: Move) -> Bool {
    switch move {
    case .initialise: self == .unready
    case .begin: self == .ready
    case .produce, .sendOffsets: self == .open
    case .commit: self == .open || self == .committing
    case .abort: self == .open || self == .mustAbort || self == .aborting
    }
  }

  /// The state behind a permitted move that succeeded.
  func after(_ move: Move) -> KafkaTransactionState {
    switch move {
    case .initialise, .commit, .abort: .ready
    case .begin, .produce, .sendOffsets: .open
    }
  }

  /// The state behind a permitted move that failed with `error`.
  func after(_ move: Move, failing error: KafkaError) -> KafkaTransactionState {
    switch (error.recovery, move) {
    case (.abort, _): .mustAbort
    case (.retry, .commit): .committing
    case (.retry, .abort): .aborting
    case (.retry, _): self
    // A record that is refused before it is sent leaves the transaction as it is.
    case (.none, .produce) where error.kind != .fatal && error.kind != .fenced: self
    case (.none, _): .dead
    }
  }
}
