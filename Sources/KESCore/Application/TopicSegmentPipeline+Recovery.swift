// What follows a transaction that failed (KIP-360; librdkafka's INTRODUCTION.md, "Transactional
// Producer").

extension TopicSegmentPipeline {
  /// Undoes what the last commit did not make last, and goes on from there; or where another has taken
  /// over, joins the group anew. Throws `failure` where neither helps.
  func recover(from failure: Failure) throws(Failure) {
    guard let application, application.isExactlyOnce, failure.side == .broker,
      failure.kind != .interrupted
    else { throw failure }
    let isDone = application.sender.producer.transactionState == .dead
    let cause = application.naming(failure, KafkaPatience(milliseconds: 2000))
    if !isDone && !isUndone(failure) { throw cause }
    if signals.stop != nil && isDone { throw cause }
    guard let pause = recovery.fail() else { throw cause }
    onNote("\(cause); \(isDone ? "joining the group anew" : "going on from the last commit")")
    _ = signals.pause(milliseconds: pause)
    do {
      if isDone {
        try rejoin(application)
      } else {
        try undo(application)
      }
    } catch {
      // What undoing fails with is dealt with in the same way, as long as it is worth a try.
      try recover(from: error)
    }
  }

  /// Whether an abort helps: also where a record was not delivered, which fails its transaction; not
  /// where nobody takes the record.
  private func isUndone(_ failure: Failure) -> Bool {
    failure.recovery == .abort || failure.isOfDelivery && failure.kind != .badData
  }

  /// Aborts the transaction, and sets all tasks back to the last commit, but for those that go.
  func undo(
    _ application: RunningApplication, dropping dropped: Set<Int32> = []
  ) throws(Failure) {
    let sender = application.sender
    switch sender.producer.transactionState {
    case .open, .mustAbort, .aborting:
      let patience = transactionPatience
      try sender.producer.abortTransaction(patience)
    default: break
    }
    let offsets = try setBack(dropping: dropped)
    try reader.seek(to: offsets)
  }

  /// Sets tasks back to what the store holds of them. Returns where they go on.
  private func setBack(
    dropping dropped: Set<Int32>
  ) throws(Failure) -> [Int32: KafkaOffset] {
    writer.outputs.discard()
    intake.forgetMessages()
    (intake.ledger, writer.ledger) = committedLedger
    var offsets: [Int32: KafkaOffset] = [:]
    for (partition, running) in tasks {
      let remade = try makeTask(partition, at: running.committed)
      remade.task.restoredHeld = running.task.restoredHeld
      remade.isElsewhere = running.isElsewhere
      tasks[partition] = remade
      if dropped.contains(partition) {
        drop(partition)
      } else {
        offsets[partition] = remade.position
      }
    }
    return offsets
  }

  /// Begins anew with another producer and as another member: all tasks are dropped, and come again by
  /// the group.
  private func rejoin(_ application: RunningApplication) throws(Failure) {
    let sender = application.sender
    let partitions = Array(tasks.keys) + Array(restoring.keys)
    _ = try setBack(dropping: Set(partitions))
    restoring = [:]
    try application.follower.stop(partitions)
    try sender.replaceProducer()
    try reader.rejoin()
    nextStandbyCheck = clock.monotonic() + 500
  }
}

/// Counts failures in a row, so that what does not pass ends the run at last.
struct RecoveryPace {
  private var failures = 0

  /// Our choice: with growing pauses, about half a minute in all.
  private static let greatest = 10

  mutating func succeed() { failures = 0 }

  /// How long to wait before the next attempt, in milliseconds; nil where it is enough.
  mutating func fail() -> Int64? {
    failures += 1
    return failures > RecoveryPace.greatest ? nil : min(100 << Int64(failures - 1), 5000)
  }
}
