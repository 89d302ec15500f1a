// Which partitions a consumer reads.

internal import CRdkafka

extension KafkaConsumer {
  /// Joins the group, to share the partitions of `topics` with its other members. Partitions come
  /// as rebalances. Throws `Failure`.
  public func subscribe(_ topics: [String]) throws(Failure) {
    if group == nil { throw misuse("subscribe", "the consumer has no group") }
    let partitions = topics.map {
      KafkaPartition(topic: $0, number: kes_rdkafka_any_partition)
    }
    let list = KafkaPartitionList(partitions, client.counts)
    hasSubscribed = true
    try client.check(unsafe rd_kafka_subscribe(client.pointer, list.pointer), "subscribe")
  }

  /// Reads these partitions from these offsets, and no others; without a group's say. Throws
  /// `Failure`.
  public func assign(_ positions: [KafkaPosition]) throws(Failure) {
    let list = KafkaPartitionList(positions, client.counts)
    try client.check(unsafe rd_kafka_assign(client.pointer, list.pointer), "assign partitions")
    try settle()
  }

  /// Waits until partitions that were to be stopped are: librdkafka (2.0.2) stops the process where
  /// one is taken away once more before that. Each question is answered behind what was asked of its
  /// thread before: the first behind the stops, the second behind what they say when they are done.
  private func settle() throws(Failure) {
    for _ in 0..<2 {
      var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
      let code = unsafe rd_kafka_assignment(client.pointer, &list)
      if let list = unsafe list { unsafe rd_kafka_topic_partition_list_destroy(list) }
      try client.check(code, "assign partitions")
    }
  }

  /// Reads these partitions, too, from these offsets; none of them may be among those that are read.
  /// Without a group's say. Throws `Failure`.
  public func addAssignment(_ positions: [KafkaPosition]) throws(Failure) {
    if positions.isEmpty { return }
    let list = KafkaPartitionList(positions, client.counts)
    let refusal = unsafe rd_kafka_incremental_assign(client.pointer, list.pointer)
    try unsafe client.check(error: refusal, "assign partitions")
  }

  /// Reads these partitions no more; messages of them that had arrived are dropped. Without a group's
  /// say: not while a rebalance waits for its answer, which this would be. Throws `Failure`.
  public func removeAssignment(_ partitions: [KafkaPartition]) throws(Failure) {
    if partitions.isEmpty { return }
    try settle()
    let list = KafkaPartitionList(partitions, client.counts)
    let refusal = unsafe rd_kafka_incremental_unassign(client.pointer, list.pointer)
    try unsafe client.check(error: refusal, "take partitions back")
    try settle()
  }

  /// Goes on reading at other offsets, as after an aborted transaction; messages that had arrived
  /// are dropped. Under the same conditions as `removeAssignment`. Throws `Failure`.
  ///
  /// Not by `rd_kafka_seek_partitions`, which has to find the partitions fetching, and (2.0.2) waits for
  /// a thousandth of the time that it is given.
  public func seek(to positions: [KafkaPosition]) throws(Failure) {
    try removeAssignment(positions.map(\.partition))
    try addAssignment(positions)
  }

  /// Answers `.assigned`: begins to read. A partition that `positions` does not name begins at the
  /// group's committed offset. Throws `Failure`.
  public func acceptAssignment(_ positions: [KafkaPosition] = []) throws(Failure) {
    guard case .assigned = unanswered else {
      throw misuse("accept an assignment", "no assignment waits for an answer")
    }
    try answer(positions, of: unanswered?.partitions ?? [])
  }

  /// Answers `.assigned`: the partitions are ours, and each is read from `begin` on. Throws
  /// `Failure`, of the kind `.configuration` where the group's protocol is not cooperative.
  func deferAssignment() throws(Failure) {
    guard case .assigned(let partitions) = unanswered else {
      throw misuse("accept an assignment", "no assignment waits for an answer")
    }
    if unsafe kafkaIsCooperative(client.pointer) {
      client.context.rebalances.deferred.formUnion(partitions)
      return try answer([], of: [])
    }
    throw Failure(
      .configuration, operation: "share partitions", place: client.place,
      reason: "the group's members take partitions from each other at once",
      advice: "partition.assignment.strategy must be cooperative-sticky in all of them")
  }

  /// Reads partitions of a deferred assignment from now on. Throws `Failure`.
  func begin(_ positions: [KafkaPosition]) throws(Failure) {
    client.context.rebalances.deferred.subtract(positions.map(\.partition))
    try addAssignment(positions)
  }

  /// Answers `.revoked` or `.lost`: reads those partitions no more. Throws `Failure`.
  public func giveUp() throws(Failure) {
    switch unanswered {
    case .revoked(let partitions), .lost(let partitions): try answer([], of: partitions)
    case .assigned, nil: throw misuse("give partitions up", "none are asked back")
    }
  }

  private func answer(
    _ positions: [KafkaPosition], of partitions: [KafkaPartition]
  ) throws(Failure) {
    guard let event = unanswered else { return }
    unanswered = nil
    var partitions = partitions
    if case .assigned = event {} else { partitions = client.context.rebalances.read(of: event) }
    let failure = unsafe kafkaAnswer(
      event, partitions, startingAt: positions, client.pointer, client.counts)
    if let failure { throw failure }
  }
}
