// How a group shares its partitions anew, and what the library is told then.

internal import CRdkafka

/// Partitions that come to a member of a group or leave it (KIP-429). Each must be answered
/// (`KafkaConsumer.acceptAssignment`, `.giveUp`) before the consumer is polled again.
public enum KafkaRebalance: Hashable, Sendable {
  /// These are ours from the answer on, beside those that we have.
  case assigned([KafkaPartition])
  /// These are ours until the answer: commit what was read.
  case revoked([KafkaPartition])
  /// These may already be another's: what was read since the last commit must not be committed.
  case lost([KafkaPartition])

  public var partitions: [KafkaPartition] {
    switch self {
    case .assigned(let partitions), .revoked(let partitions), .lost(let partitions): partitions
    }
  }
}

/// Rebalances that wait for whoever polls.
struct KafkaRebalanceInbox {
  var pending: [KafkaRebalance] = []
  /// Whether they are answered at once, because nobody polls any more.
  var isClosing = false
  /// Whether the group has ever given us partitions, or none.
  var hasBeenAssigned = false
  /// Partitions that are ours and not read yet (`KafkaConsumer.deferAssignment`).
  var deferred: Set<KafkaPartition> = []
  /// Lists that answers need are counted here.
  var counts = KafkaHandleCounts()

  /// Those of the partitions of `event` that are read, if it takes them away, and which it forgets.
  mutating func read(of event: KafkaRebalance) -> [KafkaPartition] {
    if case .assigned = event { return event.partitions }
    let read = event.partitions.filter { !deferred.contains($0) }
    deferred.subtract(event.partitions)
    return read
  }
}

/// Answers a rebalance by the protocol of the group, cooperative or eager (KIP-429). Returns what
/// went wrong.
///
/// - Parameter partitions: those of the event that are to be read, or are.
@discardableResult
func kafkaAnswer(
  _ event: KafkaRebalance, _ partitions: [KafkaPartition], startingAt positions: [KafkaPosition],
  _ client: OpaquePointer, _ counts: KafkaHandleCounts
) -> Failure? {
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

/// The partitions, each at its position, or at the group's last commit.
private func kafkaStarts(
  _ partitions: [KafkaPartition], _ positions: [KafkaPosition]
) -> [KafkaPosition] {
  let starts = Dictionary(positions.map { ($0.partition, $0.offset) }) { $1 }
  return partitions.map { KafkaPosition($0, starts[$0] ?? .committed) }
}

private func kafkaFailure(_ error: OpaquePointer?, _ counts: KafkaHandleCounts) -> Failure? {
  guard let error = unsafe KafkaErrorHandle(adopting: error, counts) else { return nil }
  return error.failure("answer a rebalance", Place())
}

private func kafkaFailure(_ code: rd_kafka_resp_err_t) -> Failure? {
  code == RD_KAFKA_RESP_ERR_NO_ERROR
    ? nil
    : Failure(code: KafkaErrorCode(code), operation: "answer a rebalance", place: Place())
}
