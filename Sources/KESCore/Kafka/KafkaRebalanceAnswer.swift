// Telling librdkafka what becomes of partitions that come and go.

internal import CRdkafka

/// Answers a rebalance by the protocol of the group, cooperative or eager (KIP-429). Returns what
/// went wrong.
///
/// - Parameter partitions: those of the event that are to be read, or are.
@discardableResult
func kafkaAnswer(
  _ event: KafkaRebalance, _ partitions: [KafkaPartition], startingAt positions: [KafkaPosition],
  _ client: OpaquePointer, _ counts: KafkaHandleCounts
) -> KafkaError? {
  let list = KafkaPartitionList(kafkaStarts(partitions, positions), counts)
  switch (event, unsafe kafkaIsCooperative(client)) {
  case (.assigned, true):
    return unsafe kafkaFailure(rd_kafka_incremental_assign(client, list.pointer), counts)
  case (.assigned, false):
    return kafkaFailure(unsafe rd_kafka_assign(client, list.pointer))
  case (_, true):
    return unsafe kafkaFailure(rd_kafka_incremental_unassign(client, list.pointer), counts)
  case (_, false):
    return kafkaFailure(unsafe rd_kafka_assign(client, nil))
  }
}

/// Whether the group takes away only what moves.
func kafkaIsCooperative(_ client: OpaquePointer) -> Bool {
  guard let name = unsafe rd_kafka_rebalance_protocol(client) else { return false }
  return unsafe String(cString: name) == "COOPERATIVE"
}

/// The partitions, each at its position, or where the group's last commit stands.
private func kafkaStarts(
  _ partitions: [KafkaPartition], _ positions: [KafkaPosition]
) -> [KafkaPosition] {
  let starts = Dictionary(positions.map { ($0.partition, $0.offset) }) { $1 }
  return partitions.map { KafkaPosition($0, starts[$0] ?? .committed) }
}

private func kafkaFailure(_ error: OpaquePointer?, _ counts: KafkaHandleCounts) -> KafkaError? {
  guard let error = unsafe KafkaErrorHandle(adopting: error, counts) else { return nil }
  return error.failure("answer a rebalance", KafkaPlace())
}

private func kafkaFailure(_ code: rd_kafka_resp_err_t) -> KafkaError? {
  code == RD_KAFKA_RESP_ERR_NO_ERROR
    ? nil
    : KafkaError(code: KafkaErrorCode(code), operation: "answer a rebalance", place: KafkaPlace())
}
