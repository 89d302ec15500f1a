// All or nothing: records and offsets that become visible together (KIP-98, KIP-447).

internal import CRdkafka

extension KafkaProducer {
  /// Gets ready for transactions: ends those that a predecessor of our id left open, and fences it.
  /// Once, before the first. Throws `Failure`; where its `recovery` is `.retry`, the same call
  /// goes on where it was.
  public func initTransactions(_ patience: KafkaPatience) throws(Failure) {
    try move(.initialise) { () throws(Failure) in
      try repeating(.initialise, patience) { client, milliseconds in
        unsafe UInt(bitPattern: rd_kafka_init_transactions(client.pointer, milliseconds))
      }
    }
  }

  /// Begins a transaction: all that is sent from now on belongs to it. Throws `Failure`.
  public func beginTransaction() throws(Failure) {
    try move(.begin) { () throws(Failure) in
      let error = unsafe rd_kafka_begin_transaction(client.pointer)
      try unsafe client.check(error: error, KafkaTransactionState.Move.begin.rawValue)
    }
  }

  /// Has the transaction commit a group's offsets (of the records to be read next) when it commits.
  /// Waits for the brokers, up to the patience.
  ///
  /// - Parameter metadata: the consumer's, taken in this transaction.
  ///
  /// Throws `Failure`; `.abort` is its `recovery` also where the group has rebalanced.
  public func sendOffsets(
    _ positions: [KafkaPosition], of metadata: consuming KafkaGroupMetadata,
    _ patience: KafkaPatience
  ) throws(Failure) {
    guard transactionState.permits(.sendOffsets) else { throw misuse(.sendOffsets) }
    let sent = SentOffsets(KafkaPartitionList(positions, client.counts), metadata)
    let operation = KafkaTransactionState.Move.sendOffsets.rawValue
    let client = client
    try move(.sendOffsets) { () throws(Failure) in
      let error = try client.waiting(operation, client.place, KafkaDeadline(patience)) {
        milliseconds in
        unsafe UInt(
          bitPattern: rd_kafka_send_offsets_to_transaction(
            client.pointer, sent.list.pointer, sent.metadata.pointer, milliseconds))
      }
      try unsafe client.check(error: OpaquePointer(bitPattern: error), operation)
    }
  }

  /// Delivers what is under way and commits the transaction. When this returns, every record of it
  /// was delivered, and can be read.
  ///
  /// Throws `Failure`. Its `recovery` says what to do: `.retry` where the brokers have not
  /// answered in time (it may be committed: only another `commitTransaction` tells), `.abort` where
  /// it did not commit, `.none` where this producer is done with. After an aborted transaction whose
  /// deliveries failed the next one may have to be aborted, too: the library then notices the gap
  /// in its sequence numbers, and closes it.
  public func commitTransaction(_ patience: KafkaPatience) throws(Failure) {
    try move(.commit) { () throws(Failure) in
      try repeating(.commit, patience) { client, milliseconds in
        unsafe UInt(bitPattern: rd_kafka_commit_transaction(client.pointer, milliseconds))
      }
    }
    try requireDelivered()
  }

  /// Aborts the transaction: nothing of it will be read by readers of committed records. Records
  /// that are under way are dropped, and failures forgotten. Throws `Failure`; `.retry` as for
  /// `commitTransaction`.
  public func abortTransaction(_ patience: KafkaPatience) throws(Failure) {
    try move(.abort) { () throws(Failure) in
      try repeating(.abort, patience) { client, milliseconds in
        unsafe UInt(bitPattern: rd_kafka_abort_transaction(client.pointer, milliseconds))
      }
    }
    client.context.deliveries.forgive()
  }

  /// Makes a permitted move, and goes to the state that its outcome leads to.
  private func move(
    _ move: KafkaTransactionState.Move, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    guard isTransactional && transactionState.permits(move) else { throw misuse(move) }
    do throws(Failure) {
      try body()
      transactionState = transactionState.after(move)
    } catch {
      transactionState = transactionState.after(move, failing: error)
      throw error
    }
  }

  /// Makes a call that goes on where it was when it is made again, in turns of a second, so that
  /// an interruption is noticed. The call returns the address of its error, or 0.
  private func repeating(
    _ move: KafkaTransactionState.Move, _ patience: KafkaPatience,
    _ call: @escaping @Sendable (_ client: KafkaClientHandle, _ milliseconds: Int32) -> UInt
  ) throws(Failure) {
    let (client, deadline) = (client, KafkaDeadline(patience))
    while true {
      do throws(Failure) {
        var turn = patience
        turn.milliseconds = Int64(deadline.remaining(atMost: 1000))
        let error = try client.waiting(move.rawValue, client.place, KafkaDeadline(turn)) {
          call(client, $0)
        }
        return try unsafe client.check(error: OpaquePointer(bitPattern: error), move.rawValue)
      } catch {
        if error.recovery != .retry || deadline.isOver { throw error }
        try deadline.checkInterruption(move.rawValue, client.place)
        // Where the call did not wait, we do; and hear what happened meanwhile.
        unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 20))
      }
    }
  }
}

/// What a call needs that may not come back: its own for as long as it is under way.
private final class SentOffsets: @unchecked Sendable {
  // Sendable: only the call uses it.
  let list: KafkaPartitionList
  let metadata: KafkaGroupMetadata

  init(_ list: consuming KafkaPartitionList, _ metadata: consuming KafkaGroupMetadata) {
    self.list = list
    self.metadata = metadata
  }
}

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
  func after(_ move: Move, failing error: Failure) -> KafkaTransactionState {
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
