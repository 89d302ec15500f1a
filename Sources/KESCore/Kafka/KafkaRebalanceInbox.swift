// Rebalances that have not been seen.

/// Rebalances that wait for whoever polls.
struct KafkaRebalanceInbox {
  var pending: [KafkaRebalance] = []
  /// Whether they are answered at once, because nobody polls any more.
  var isClosing = false
  /// Lists that answers need are counted here.
  var counts = KafkaHandleCounts()
}
