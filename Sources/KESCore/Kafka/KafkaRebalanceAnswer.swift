// Telling librdkafka what becomes of partitions that come and go.

internal import CRdkafka

/// Answers a rebalance by the protocol of the group, cooperative or eager (KIP-429). Returns what
/// went wrong.
@discardableResult
func kafkaAnswer(
  _ event: KafkaRebalance, startingAt positions: [KafkaPosition], _ client: OpaquePointer,
  _ counts: KafkaHandleCounts
) -> KafkaError? {
  let list = KafkaPartitionList(kafkaStarts(event, positions), counts)
  let protocolName = unsafe rd_kafka_rebalance_protocol(client).map { unsafe String(cString: $0) }
  let isCooperative = protocolName == "COOPERATIVE"
  switch (event, isCooperative) {
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

/// The partitions of the event, each at its position, or where the group's last commit stands.
private func kafkaStarts(
  _ event: KafkaRebalance, _ positions: [KafkaPosition]
) -> [KafkaPosition] {
  let starts = Dictionary(positions.map { ($0.partition, $0.offset) }) { $1 }
  return event.partitions.map { KafkaPosition($0, starts[$0] ?? .committed) }
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
