// How long something may take, and calls into the library that wait for brokers.

internal import Glibc

/// How long to wait for brokers, and who may end the waiting early.
public struct KafkaPatience: Sendable {
  public var milliseconds: Int64
  /// Asked at least once a second while waiting; true ends it with an error of the kind
  /// `.interrupted`. A tool passes whether a signal has asked it to stop.
  public var isInterrupted: @Sendable () -> Bool

  public init(
    milliseconds: Int64, isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.milliseconds = milliseconds
    self.isInterrupted = isInterrupted
  }
}

/// A patience that has begun to run out.
struct KafkaDeadline {
  private let end: Int64
  private let patience: KafkaPatience

  init(_ patience: KafkaPatience) {
    self.patience = patience
    let (end, overflow) = KafkaDeadline.now.addingReportingOverflow(patience.milliseconds)
    self.end = overflow ? .max : end
  }

  /// Milliseconds of a clock that only goes forward.
  static var now: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  var isOver: Bool { KafkaDeadline.now >= end }
  /// Whether nobody wants to wait any more.
  var isInterrupted: Bool { patience.isInterrupted() }

  /// What is left, and no more than `limit`: milliseconds as librdkafka takes them.
  func remaining(atMost limit: Int64 = Int64(Int32.max)) -> Int32 {
    Int32(clamping: min(max(end - KafkaDeadline.now, 0), limit))
  }

  /// Throws where nobody wants to wait any more.
  func checkInterruption(_ operation: String, _ place: Place) throws(Failure) {
    if patience.isInterrupted() { throw .interrupted(operation, place) }
  }
}

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
  /// Throws `Failure`: `.interrupted`, or `.unavailable` where the call does not come back.
  func waiting<Answer: Sendable>(
    _ operation: String, _ place: Place, _ deadline: KafkaDeadline,
    _ call: @escaping @Sendable (_ milliseconds: Int32) -> Answer
  ) throws(Failure) -> Answer {
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
    throw Failure(
      .unavailable, operation: operation, place: place,
      reason: "librdkafka does not come back from waiting for the brokers",
      advice: "start anew; another version of librdkafka may help")
  }
}

/// What a call came back with; written before its end is told, and read behind that.
private final class KafkaAnswer<Answer: Sendable>: @unchecked Sendable {
  var value: Answer?
}
