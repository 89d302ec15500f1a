// Where a consumer stands, and where its group does.

internal import CRdkafka

extension KafkaConsumer {
  /// Begins to commit offsets for the group: of the records to be read next. A failure is thrown by
  /// a later `poll`, or by `finishCommits`.
  public func beginCommit(_ positions: [KafkaPosition]) throws(KafkaError) {
    if group == nil { throw misuse("commit offsets", "the consumer has no group") }
    if positions.isEmpty { return }
    let list = KafkaPartitionList(positions, client.counts)
    try client.check(
      unsafe rd_kafka_commit_queue(client.pointer, list.pointer, commits.pointer, nil, nil),
      "commit offsets", groupPlace)
    pendingCommitCount += 1
  }

  /// Waits until all commits are answered. Throws `KafkaError`, of the kind `.retriable` where the
  /// group has rebalanced meanwhile.
  public func finishCommits(_ patience: KafkaPatience) throws(KafkaError) {
    let deadline = KafkaDeadline(patience)
    while pendingCommitCount > 0 {
      try collectCommits(milliseconds: deadline.remaining(atMost: 100))
      if pendingCommitCount == 0 { return }
      try deadline.checkInterruption("commit offsets", groupPlace)
      if deadline.isOver { throw client.failure(.timedOut, "commit offsets", groupPlace) }
    }
  }

  /// Commits offsets for the group, and waits until that is done. Throws as `finishCommits`.
  public func commit(
    _ positions: [KafkaPosition], _ patience: KafkaPatience
  ) throws(KafkaError) {
    try beginCommit(positions)
    try finishCommits(patience)
  }

  private var groupPlace: KafkaPlace {
    KafkaPlace(brokers: client.configuration.brokers, group: group)
  }

  func collectCommits(milliseconds: Int32) throws(KafkaError) {
    while pendingCommitCount > 0, let event = commits.nextEvent(milliseconds: milliseconds) {
      pendingCommitCount -= 1
      if let (partition, code) = event.firstFailure {
        var place = KafkaPlace(partition)
        place.group = group
        throw client.failure(code, "commit offsets", place)
      }
      if event.code != .none { throw client.failure(event.code, "commit offsets", groupPlace) }
    }
  }

  /// What the group has committed for `partitions`; those without a commit are left out. Throws
  /// `KafkaError`.
  public func committed(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(KafkaError) -> [KafkaPartition: KafkaOffset] {
    if group == nil { throw misuse("ask for committed offsets", "the consumer has no group") }
    let asked = KafkaSharedList(KafkaPartitionList(partitions, client.counts))
    let client = client
    let code = try client.waiting(
      "ask for committed offsets", groupPlace, KafkaDeadline(patience)
    ) { milliseconds in
      unsafe rd_kafka_committed(client.pointer, asked.list.pointer, milliseconds).rawValue
    }
    try check(asked.list, rd_kafka_resp_err_t(rawValue: code), "ask for committed offsets")
    return KafkaConsumer.numbers(asked.list.positions)
  }

  /// Where reading stands: behind the last message that a poll returned, and behind markers of
  /// transactions. Partitions of which nothing was read are left out.
  public func positions(
    _ partitions: [KafkaPartition]
  ) throws(KafkaError) -> [KafkaPartition: KafkaOffset] {
    let list = KafkaPartitionList(partitions, client.counts)
    let code = unsafe rd_kafka_position(client.pointer, list.pointer)
    try check(list, code, "ask for positions")
    return KafkaConsumer.numbers(list.positions)
  }

  private static func numbers(_ positions: [KafkaPosition]) -> [KafkaPartition: KafkaOffset] {
    let known = positions.filter(\.offset.isNumber)
    return Dictionary(known.map { ($0.partition, $0.offset) }) { $1 }
  }

  /// How many partitions a topic has; nil where there is none of that name. Throws `KafkaError`.
  public func partitionCount(
    of topic: String, _ patience: KafkaPatience
  ) throws(KafkaError) -> Int32? {
    try client.topic(topic, patience)?.partitionCount
  }

  /// The next offset of a partition as of the last answer that brought messages; nil where there was
  /// none. Cost: no request.
  public func lastKnownEnd(of partition: KafkaPartition) -> KafkaOffset? {
    var (low, high): (Int64, Int64) = (0, 0)
    let code = unsafe rd_kafka_get_watermark_offsets(
      client.pointer, partition.topic, partition.number, &low, &high)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? KafkaOffset(high) : nil
  }

  /// The name by which the group knows us; nil while we are no member.
  public var member: String? {
    guard let name = unsafe rd_kafka_memberid(client.pointer) else { return nil }
    defer { unsafe rd_kafka_mem_free(client.pointer, name) }
    let text = unsafe String(cString: name)
    return text.isEmpty ? nil : text
  }

  /// Who we are in the group, for `KafkaProducer.sendOffsets`. Throws `KafkaError` where the
  /// consumer has no group.
  public func groupMetadata() throws(KafkaError) -> KafkaGroupMetadata {
    guard group != nil, let metadata = unsafe rd_kafka_consumer_group_metadata(client.pointer)
    else { throw misuse("tell who it is in its group", "the consumer has no group") }
    return unsafe KafkaGroupMetadata(adopting: metadata, client.counts)
  }
}
