// The functions that librdkafka calls, and what they write to.

internal import CRdkafka

/// A line of the log, from any thread of the library. `client` is NULL for what is said before there
/// is one.
@c(kes_kafka_log)
func kafkaLogCallback(
  _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?,
  _ text: UnsafePointer<CChar>?
) {
  guard let client = unsafe client, let facility = unsafe facility, let text = unsafe text,
    let context = unsafe kafkaContext(rd_kafka_opaque(client))
  else { return }
  context.notices.note(
    level: level, facility: unsafe String(cString: facility), text: unsafe String(cString: text))
}

/// An error of the client as a whole, from the thread that polls.
@c(kes_kafka_error)
func kafkaErrorCallback(
  _ client: OpaquePointer?, _ code: Int32, _ reason: UnsafePointer<CChar>?,
  _ opaque: UnsafeMutableRawPointer?
) {
  guard let context = unsafe kafkaContext(opaque) else { return }
  let code = KafkaErrorCode(rawValue: code)
  context.notices.fail(code, unsafe reason.map { unsafe String(cString: $0) } ?? code.reason)
}

/// What became of a record, from the thread that polls or flushes. The message stays the library's.
@c(kes_kafka_delivery)
func kafkaDeliveryCallback(
  _ client: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?,
  _ opaque: UnsafeMutableRawPointer?
) {
  guard let message = unsafe message, let context = unsafe kafkaContext(opaque) else { return }
  if unsafe message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
    context.deliveries.deliveredCount += 1
    if let mark = unsafe message.pointee._private {
      context.deliveries.markedOffsets[Int(bitPattern: mark)] = KafkaOffset(
        unsafe message.pointee.offset)
    }
    return
  }
  let place = unsafe Place(
    topic: kafkaTopicName(message.pointee.rkt), partition: message.pointee.partition)
  var code = KafkaErrorCode(unsafe message.pointee.err)
  var reason = code.reason
  if code == .fatal, let client = unsafe client {
    let failure = unsafe kafkaFatalFailure(of: client)
    (code, reason) = (failure.code, failure.reason)
  }
  context.deliveries.fail(code, reason, place)
}

/// Partitions that come or go, from the thread that polls. The list stays the library's.
@c(kes_kafka_rebalance)
func kafkaRebalanceCallback(
  _ client: OpaquePointer?, _ code: rd_kafka_resp_err_t,
  _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
  _ opaque: UnsafeMutableRawPointer?
) {
  guard let client = unsafe client, let context = unsafe kafkaContext(opaque) else { return }
  let partitions = unsafe list.map { unsafe kafkaPositions($0).map(\.partition) } ?? []
  let event =
    switch code {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS: KafkaRebalance.assigned(partitions)
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS where unsafe rd_kafka_assignment_lost(client) != 0:
      KafkaRebalance.lost(partitions)
    default: KafkaRebalance.revoked(partitions)
    }
  if case .assigned = event { context.rebalances.hasBeenAssigned = true }
  if context.rebalances.isClosing {
    let partitions = context.rebalances.read(of: event)
    unsafe kafkaAnswer(event, partitions, startingAt: [], client, context.rebalances.counts)
  } else {
    context.rebalances.pending.append(event)
  }
}

/// The context behind an `opaque`.
private func kafkaContext(_ opaque: UnsafeMutableRawPointer?) -> KafkaCallbackContext? {
  guard let opaque = unsafe opaque else { return nil }
  return unsafe Unmanaged<KafkaCallbackContext>.fromOpaque(opaque).takeUnretainedValue()
}

/// What made the client unusable.
func kafkaFatalFailure(of client: OpaquePointer) -> KafkaFailure {
  var text = [CChar](repeating: 0, count: 512)
  let code = unsafe rd_kafka_fatal_error(client, &text, text.count)
  return KafkaFailure(code: KafkaErrorCode(code), reason: String(libraryText: text))
}

/// The name of a topic; nil for no topic.
func kafkaTopicName(_ topic: OpaquePointer?) -> String? {
  guard let topic = unsafe topic, let name = unsafe rd_kafka_topic_name(topic) else { return nil }
  return unsafe String(cString: name)
}

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
