// How tasks come and go.

extension TopicSegmentPipeline {
  /// Takes up partitions: at once, or where others may have written their sessions, when those are
  /// there.
  func assign(_ partitions: [Int32]) throws(Failure) {
    guard let application else { return try begin(partitions) }
    try application.requireChangelog(of: partitions, reader)
    // Waits until transactions of those who had them before have ended.
    let committed = try reader.committed(partitions)
    let starts = try reader.accept(partitions, startingAt: committed, waits: true)
    let now = clock.monotonic()
    for partition in partitions {
      restoring[partition] = RestoringTask(
        start: starts[partition] ?? KafkaOffset(0), committed: committed[partition], began: now,
        nextNote: now + 1000)
    }
    try application.follower.restore(partitions, upTo: committed, reader.patience)
    nextStandbyCheck = clock.monotonic() + 500
  }

  /// Takes up partitions whose state is here, or nowhere.
  private func begin(_ partitions: [Int32]) throws(Failure) {
    var known: [Int32: KafkaOffset] = [:]
    for partition in partitions {
      let progress = try store?.progress(task: partition)
      if let progress { known[partition] = KafkaOffset(progress.position) }
    }
    let places = try reader.placesToGoOn(from: known, asking: reader.consumer)
    let starts = try reader.accept(partitions, startingAt: places)
    let isChosen = reader.reading.group != nil && reader.reading.offset != nil
    for partition in partitions {
      let running = try makeTask(partition, at: starts[partition] ?? KafkaOffset(0))
      running.isElsewhere = isChosen || known[partition].map { $0 != running.position } ?? false
      intake.tell(streamTime: running.task.streamTime, of: partition)
      tasks[partition] = running
    }
  }

  /// A task with what the store has of it. Throws also where records that were held cannot be written
  /// here.
  func makeTask(
    _ partition: Int32, at position: KafkaOffset
  ) throws(Failure) -> RunningTask {
    var task = SegmentTask(
      rules: rules, tracksChanges: store != nil, formats: formats, now: clock.monotonic())
    if let store { try task.restore(from: store, task: partition) }
    if application != nil { task.nameChangelog() }
    return RunningTask(partition: partition, task: task, position: position)
  }

  /// Follows the changelog: begins tasks whose sessions are there, and keeps those of others.
  func follow() throws(Failure) {
    guard let application else { return }
    let ready = try application.follower.poll(milliseconds: restoring.isEmpty ? 0 : 10)
    application.follower.takeNotes().forEach(onNote)
    for partition in ready { try beginRestored(partition, application) }
    noteRestoring(application)
    let now = clock.monotonic()
    if now >= nextStandbyCheck {
      nextStandbyCheck = now + standbyInterval
      let own = Set(tasks.keys).union(restoring.keys)
      let standbys = application.standbys(
        own: own, count: reader.partitionCount, topic: reader.reading.topic,
        member: reader.consumer.member, KafkaPatience(milliseconds: 2000))
      try application.follower.follow(standbys, reader.patience)
    }
  }

  /// How often the choice of standby replicas is looked at, in milliseconds. Our choice: the group
  /// tells of its members' comings and goings only where partitions move.
  private var standbyInterval: Int64 { 5000 }

  /// Begins a task whose sessions are there; or waits on, where the group's offset is ahead of them:
  /// then what belongs to it stands behind a transaction that is still open.
  private func beginRestored(
    _ partition: Int32, _ application: RunningApplication
  ) throws(Failure) {
    guard let waiting = restoring[partition], let store else { return }
    let progress = try store.progress(task: partition)
    let restored = progress.map { KafkaOffset($0.position) }
    if let committed = waiting.committed, application.isExactlyOnce,
      restored ?? KafkaOffset(0) < committed
    {
      if application.follower.isUnsettled(partition) { return }
      onNote(
        "partition \(partition): the group has read up to \(committed), its changelog tells of"
          + " records up to \(restored?.description ?? "none"): sessions between may be missing")
    }
    let start = start(waiting, restored, application)
    let place =
      try reader.placesToGoOn(from: [partition: start], asking: application.admin)[partition]
      ?? start
    let running = try makeTask(partition, at: place)
    running.isElsewhere = place != start
    let elapsed = clock.monotonic() - waiting.began
    try application.follower.stop([partition])
    try reader.begin(partition, at: place)
    restoring[partition] = nil
    tasks[partition] = running
    intake.tell(streamTime: running.task.streamTime, of: partition)
    takenUp.add(partition, openSessions: running.task.openCount, elapsed: elapsed)
    if restoring.isEmpty { noteTakenUp() }
  }

  private func noteTakenUp() {
    if let text = takenUp.takeText() { onNote(text) }
  }

  /// Where a restored task goes on. With exactly-once the group's offset and the changelog's are of one
  /// transaction; else the later: the group takes no commits while it shares its partitions anew, and
  /// then the sessions tell of records behind its offset, whose output came before them.
  private func start(
    _ waiting: RestoringTask, _ restored: KafkaOffset?, _ application: RunningApplication
  ) -> KafkaOffset {
    if application.isExactlyOnce { return waiting.committed ?? restored ?? waiting.start }
    let known = [waiting.committed, restored].compactMap { $0 }
    return known.max() ?? waiting.start
  }

  /// Tells how restoring goes, once a second.
  private func noteRestoring(_ application: RunningApplication) {
    let now = clock.monotonic()
    for (partition, waiting) in restoring where now >= waiting.nextNote {
      restoring[partition]?.nextNote = now + 1000
      guard let progress = application.follower.progress(of: partition) else { continue }
      onNote("partition \(partition): restoring, \(progress.done) of \(progress.all) records")
    }
  }

  /// Gives partitions up, with all that was done of them committed.
  func revoke(_ partitions: [Int32]) throws(Failure) {
    // What was held or read and not yet segmented goes with them.
    intake.forgetMessages()
    do { try commit() } catch {
      try recover(from: error)
      // Where the group was joined anew, nothing is asked back any more.
      if tasks.isEmpty && restoring.isEmpty { return }
    }
    try giveUp(partitions)
    if application == nil || partitions.isEmpty { return }
    onNote("\(TakenUp.text(partitions)) given away")
  }

  /// Gives up partitions that may be another's already: what was done of them since the last commit
  /// is undone.
  func lose(_ partitions: [Int32]) throws(Failure) {
    let verb = partitions.count == 1 ? "was" : "were"
    if !partitions.isEmpty { onNote("\(TakenUp.text(partitions)) \(verb) lost to the group") }
    intake.forgetMessages()
    if let application, application.isExactlyOnce {
      try undo(application, dropping: Set(partitions))
    }
    try giveUp(partitions)
  }

  private func giveUp(_ partitions: [Int32]) throws(Failure) {
    noteTakenUp()
    for partition in partitions { drop(partition) }
    if let application { try application.follower.stop(partitions) }
    try reader.giveUp(partitions)
    nextStandbyCheck = clock.monotonic() + 500
  }

  func drop(_ partition: Int32) {
    if let running = tasks[partition] {
      // What it holds counts with it, also where what follows is undone; whoever takes it over holds it
      // on.
      intake.ledger.held += running.task.heldCount
      intake.ledger.records += running.task.restoredHeld
      committedLedger.reading.held += running.task.heldCount
      committedLedger.reading.records += running.task.restoredHeld
    }
    tasks[partition] = nil
    restoring[partition] = nil
  }
}
