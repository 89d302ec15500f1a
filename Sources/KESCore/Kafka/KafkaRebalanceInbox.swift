// Rebalances that have not been seen.

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
