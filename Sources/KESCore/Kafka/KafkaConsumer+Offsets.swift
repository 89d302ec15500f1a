// What a group has committed, and the ends of partitions.

internal import CRdkafka

extension KafkaConsumer {
  private var groupPlace: Place {
    Place(brokers: client.configuration.brokers, group: group)
  }

  /// Commits offsets for the group (of the records to be read next), and waits until that is done.
  /// Throws `Failure`, of the kind `.retriable` where the group has rebalanced meanwhile.
  public func commit(
    _ positions: [KafkaPosition], _ patience: KafkaPatience
  ) throws(Failure) {
    let operation = "commit offsets"
    if group == nil { throw misuse(operation, "the consumer has no group") }
    if positions.isEmpty { return }
    let deadline = KafkaDeadline(patience)
    let list = KafkaPartitionList(positions, client.counts)
    let answers = try KafkaQueueHandle(client)
    try client.check(
      unsafe rd_kafka_commit_queue(client.pointer, list.pointer, answers.pointer, nil, nil),
      operation, groupPlace)
    while true {
      if let answer = answers.nextEvent(milliseconds: deadline.remaining(atMost: 100)) {
        if let (partition, code) = answer.firstFailure {
          var place = Place(partition)
          place.group = group
          throw client.failure(code, operation, place)
        }
        if answer.code != .none { throw client.failure(answer.code, operation, groupPlace) }
        return
      }
      try deadline.checkInterruption(operation, groupPlace)
      if deadline.isOver { throw client.failure(.timedOut, operation, groupPlace) }
    }
  }

  /// What the group has committed for `partitions`; those without a commit are left out. Throws
  /// `Failure`.
  public func committed(
    _ partitions: [KafkaPartition], _ patience: KafkaPatience
  ) throws(Failure) -> [KafkaPartition: KafkaOffset] {
    if group == nil { throw misuse("ask for committed offsets", "the consumer has no group") }
    let asked = KafkaSharedList(KafkaPartitionList(partitions, client.counts))
    let client = client
    let operation = "ask for committed offsets"
    let code = try client.waiting(operation, groupPlace, KafkaDeadline(patience)) { milliseconds in
      unsafe rd_kafka_committed(client.pointer, asked.list.pointer, milliseconds).rawValue
    }
    if let (partition, code) = asked.list.firstFailure {
      throw client.failure(code, operation, Place(partition))
    }
    try client.check(rd_kafka_resp_err_t(rawValue: code), operation)
    let known = asked.list.positions.filter(\.offset.isNumber)
    return Dictionary(known.map { ($0.partition, $0.offset) }) { $1 }
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

  /// Who we are in the group, for `KafkaProducer.sendOffsets`. Throws `Failure` where the
  /// consumer has no group.
  public func groupMetadata() throws(Failure) -> KafkaGroupMetadata {
    guard group != nil, let metadata = unsafe rd_kafka_consumer_group_metadata(client.pointer)
    else { throw misuse("tell who it is in its group", "the consumer has no group") }
    return unsafe KafkaGroupMetadata(adopting: metadata, client.counts)
  }
}
