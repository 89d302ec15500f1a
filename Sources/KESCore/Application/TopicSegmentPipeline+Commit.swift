// What makes the work of a run on a topic last.

extension TopicSegmentPipeline {
  /// Commits what was done since the last commit: outputs, state and the places up to which records
  /// were read.
  ///
  /// In the order of safety: with exactly-once the transaction, and then the local store, which stands
  /// behind what the changelog says; otherwise the output, the changelog, the store, the offsets, so
  /// that a crash between them repeats and loses nothing.
  func commit() throws(Failure) {
    let began = clock.monotonic()
    nextCommit = began + options.segment.commitInterval
    let moved = tasks.values.filter(\.hasMoved).sorted { $0.partition < $1.partition }
    let (outputs, deadLetters) = (writer.outputs, intake.deadLetters)
    try outputs.flush()
    try deadLetters?.flush()
    if moved.isEmpty { return }
    changes.removeAll()
    for running in moved {
      changes.begin(task: running.partition)
      running.task.takeChanges(into: &changes, position: running.position.rawValue)
    }
    let hasState = store != nil
    let offsets = Dictionary(
      uniqueKeysWithValues: moved.map {
        ($0.partition, hasState ? $0.position : $0.placeWithoutState)
      })
    if let application, application.isExactlyOnce {
      try commitTransaction(application, offsets)
    } else {
      try commitInOrder(offsets)
    }
    for running in moved { (running.committed, running.isElsewhere) = (running.position, false) }
    committedLedger = (intake.ledger, writer.ledger)
    recovery.succeed()
    greatestCommitTime = max(greatestCommitTime, clock.monotonic() - began)
  }

  private func commitTransaction(
    _ application: RunningApplication, _ offsets: [Int32: KafkaOffset]
  ) throws(Failure) {
    let sender = application.sender
    let positions = offsets.map { KafkaPosition(reader.named($0), $1) }
    try application.changelog.send(changes)
    // A signal waits for the batch in hand, but not for brokers that are away.
    let patience = transactionPatience
    try persist { () throws(Failure) in
      let metadata = try reader.consumer.groupMetadata()
      try sender.producer.sendOffsets(positions, of: metadata, patience)
    }
    try persist { () throws(Failure) in try sender.producer.commitTransaction(patience) }
    transactionCount += 1
    application.changelog.takeCheckpoints(into: &changes)
    try store?.commit(changes)
  }

  /// Takes a step of a transaction, again where brokers have not answered in time: what became of it
  /// only the same step tells. Brokers that stay away, or a signal meanwhile, end the run.
  private func persist(
    _ step: () throws(Failure) -> Void
  ) throws(Failure) {
    while true {
      do throws(Failure) {
        return try step()
      } catch {
        let isWorthIt = error.recovery == .retry && signals.stop == nil
        guard isWorthIt, let pause = recovery.fail() else { throw error }
        onNote("\(error); trying again")
        _ = signals.pause(milliseconds: pause)
      }
    }
  }

  private func commitInOrder(_ offsets: [Int32: KafkaOffset]) throws(Failure) {
    let (reader, outputs, deadLetters, application) = (
      reader, writer.outputs, intake.deadLetters, application
    )
    try outputs.sync()
    try deadLetters?.sync()
    if let application {
      try application.changelog.send(changes)
      try application.sender.deliver()
    }
    application?.changelog.takeCheckpoints(into: &changes)
    for record in try writtenFiles() { changes.set(record) }
    try store?.commit(changes)
    do throws(Failure) { try reader.commit(offsets) } catch {
      // A group that shares its partitions anew takes no commits: whoever gets them reads again what
      // is not committed.
      if error.kind == .retriable { return }
      throw error
    }
  }

  /// What the store is to know of the files that are written.
  private func writtenFiles() throws(Failure) -> [KnownOutput] {
    let (outputs, deadLetters) = (writer.outputs, intake.deadLetters)
    return try outputs.records(with: deadLetters)
  }

  /// Has the store remember how long the files are that nothing more is written to.
  func keepFinalLengths() throws(Failure) {
    guard let store else { return }
    let written = try writtenFiles()
    try store.prepare(writing: written)
  }
}
