// Calls into the library that wait for brokers.

extension KafkaClientHandle {
  /// How long a call may take longer than it was told, and longer than its caller waits, in
  /// milliseconds. Our choice: brokers that are there answer sooner.
  private static let greatestOverrun: Int64 = 5000
  private static let lastWait: Int64 = 1000

  /// Makes a call that waits for brokers inside of the library: on a thread of its own, so that a
  /// signal ends the waiting, and a call that does not come back when its time is over, as one of some
  /// versions after an outage (confluentinc/librdkafka#5511). What has not come back goes on by itself,
  /// and its client stays for good.
  ///
  /// - Parameter call: gets the milliseconds that it may take; it must own all that it uses.
  /// Throws `KafkaError`: `.interrupted`, or `.environment` where the call does not come back.
  func waiting<Answer: Sendable>(
    _ operation: String, _ place: KafkaPlace, _ deadline: KafkaDeadline,
    _ call: @escaping @Sendable (_ milliseconds: Int32) -> Answer
  ) throws(KafkaError) -> Answer {
    let milliseconds = deadline.remaining()
    let answer = KafkaAnswer<Answer>()
    let end = KafkaDeadline.now + Int64(milliseconds) + KafkaClientHandle.greatestOverrun
    var interruption: Int64?
    let isBack = KafkaFarewell.run(
      while: {
        let now = KafkaDeadline.now
        if interruption == nil && deadline.isInterrupted { interruption = now }
        return now < min(end, interruption.map { $0 + KafkaClientHandle.lastWait } ?? end)
      },
      { answer.value = call(milliseconds) })
    if isBack, let value = answer.value { return value }
    leaveAlone()
    if interruption != nil { throw .interrupted(operation, place) }
    throw KafkaError(
      .environment, operation: operation, place: place,
      reason: "librdkafka does not come back from waiting for the brokers",
      advice: "start anew; another version of librdkafka may help")
  }
}

/// What a call came back with; written before its end is told, and read behind that.
private final class KafkaAnswer<Answer: Sendable>: @unchecked Sendable {
  var value: Answer?
}
