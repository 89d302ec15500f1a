// All or nothing: records and offsets that become visible together (KIP-98, KIP-447).

internal import CRdkafka

extension KafkaProducer {
  /// Gets ready for transactions: ends those that a predecessor of our id left open, and fences it.
  /// Once, before the first. Throws `KafkaError`; where its `recovery` is `.retry`, the same call
  /// goes on where it stood.
  public func initTransactions(_ patience: KafkaPatience) throws(KafkaError) {
    try move(.initialise) { () throws(KafkaError) in
      try unsafe repeating(.initialise, patience) { milliseconds in
        unsafe rd_kafka_init_transactions(client.pointer, milliseconds)
      }
    }
  }

  /// Begins a transaction: all that is sent from now on belongs to it. Throws `KafkaError`.
  public func beginTransaction() throws(KafkaError) {
    try move(.begin) { () throws(KafkaError) in
      let error = unsafe rd_kafka_begin_transaction(client.pointer)
      try unsafe client.check(error: error, KafkaTransactionState.Move.begin.rawValue)
    }
  }

  /// Has the transaction commit a group's offsets (of the records to be read next) when it commits.
  /// Waits for the brokers, up to the patience, and is not interrupted meanwhile.
  ///
  /// - Parameter metadata: the consumer's, taken in this transaction.
  ///
  /// Throws `KafkaError`; `.abort` is its `recovery` also where the group has rebalanced.
  public func sendOffsets(
    _ positions: [KafkaPosition], of metadata: borrowing KafkaGroupMetadata,
    _ patience: KafkaPatience
  ) throws(KafkaError) {
    guard transactionState.permits(.sendOffsets) else { throw misuse(.sendOffsets) }
    let list = KafkaPartitionList(positions, client.counts)
    let milliseconds = KafkaDeadline(patience).remaining()
    let error = unsafe rd_kafka_send_offsets_to_transaction(
      client.pointer, list.pointer, metadata.pointer, milliseconds)
    try move(.sendOffsets) { () throws(KafkaError) in
      try unsafe client.check(error: error, KafkaTransactionState.Move.sendOffsets.rawValue)
    }
  }

  /// Delivers what is under way and commits the transaction. When this returns, every record of it
  /// was delivered, and can be read.
  ///
  /// Throws `KafkaError`. Its `recovery` says what to do: `.retry` where the brokers have not
  /// answered in time (it may be committed: only another `commitTransaction` tells), `.abort` where
  /// it did not commit, `.none` where this producer is done with. After an aborted transaction whose
  /// deliveries failed the next one may have to be aborted, too: the library then notices the gap
  /// in its sequence numbers, and closes it.
  public func commitTransaction(_ patience: KafkaPatience) throws(KafkaError) {
    try move(.commit) { () throws(KafkaError) in
      try unsafe repeating(.commit, patience) { milliseconds in
        unsafe rd_kafka_commit_transaction(client.pointer, milliseconds)
      }
    }
    try requireDelivered()
  }

  /// Aborts the transaction: nothing of it will be read by readers of committed records. Records
  /// that are under way are dropped, and failures forgotten. Throws `KafkaError`; `.retry` as for
  /// `commitTransaction`.
  public func abortTransaction(_ patience: KafkaPatience) throws(KafkaError) {
    try move(.abort) { () throws(KafkaError) in
      try unsafe repeating(.abort, patience) { milliseconds in
        unsafe rd_kafka_abort_transaction(client.pointer, milliseconds)
      }
    }
    client.context.deliveries.forgive()
  }

  /// Makes a permitted move, and goes to the state that its outcome leads to.
  private func move(
    _ move: KafkaTransactionState.Move, _ body: () throws(KafkaError) -> Void
  ) throws(KafkaError) {
    guard isTransactional && transactionState.permits(move) else { throw misuse(move) }
    do throws(KafkaError) {
      try body()
      transactionState = transactionState.after(move)
    } catch {
      transactionState = transactionState.after(move, failing: error)
      throw error
    }
  }

  /// Makes a call that goes on where it stood when it is made again, in turns of a second, so that
  /// an interruption is noticed.
  private func repeating(
    _ move: KafkaTransactionState.Move, _ patience: KafkaPatience,
    _ call: (_ milliseconds: Int32) -> OpaquePointer?
  ) throws(KafkaError) {
    let deadline = KafkaDeadline(patience)
    while true {
      do throws(KafkaError) {
        let error = unsafe call(deadline.remaining(atMost: 1000))
        return try unsafe client.check(error: error, move.rawValue)
      } catch {
        if error.recovery != .retry || deadline.isOver { throw error }
        try deadline.checkInterruption(move.rawValue, client.place)
        // Where the call did not wait, we do; and hear what happened meanwhile.
        unsafe rd_kafka_poll(client.pointer, deadline.remaining(atMost: 20))
      }
    }
  }
}
