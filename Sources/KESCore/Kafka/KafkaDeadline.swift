// A patience that runs out.

internal import Glibc

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
  func checkInterruption(_ operation: String, _ place: KafkaPlace) throws(KafkaError) {
    if patience.isInterrupted() { throw .interrupted(operation, place) }
  }
}
