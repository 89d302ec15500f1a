// What librdkafka's callbacks write to.

/// The context of a client's callbacks: `opaque` in librdkafka. `KafkaClientHandle` keeps it alive
/// for as long as the library may call.
final class KafkaCallbackContext: @unchecked Sendable {
  // Sendable: the log is; the others are written and read only by the thread that polls or flushes
  // the client, because librdkafka calls those callbacks from there.

  /// By any thread.
  let notices: KafkaNoticeLog
  /// By the thread that polls.
  var deliveries = KafkaDeliveryTally()
  /// By the thread that polls.
  var rebalances = KafkaRebalanceInbox()

  /// Whether the client is not to be freed (`KafkaClientHandle.leaveAlone`).
  var isLeftAlone = false

  init(_ notices: KafkaNoticeLog) { self.notices = notices }
}
