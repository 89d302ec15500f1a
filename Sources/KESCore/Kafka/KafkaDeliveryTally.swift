// What became of the records that were sent.

/// Counts of a producer. `enqueuedCount` is `deliveredCount` plus `failedCount` plus what is under
/// way.
struct KafkaDeliveryTally: Sendable {
  var enqueuedCount: Int64 = 0
  var deliveredCount: Int64 = 0
  private(set) var failedCount: Int64 = 0
  /// The first that failed, which tells most.
  private(set) var firstFailure: KafkaError?

  /// The offsets that marked records got; of records with one mark, the last one's.
  var markedOffsets: [Int: KafkaOffset] = [:]

  var outstandingCount: Int64 { enqueuedCount - deliveredCount - failedCount }

  mutating func fail(_ code: KafkaErrorCode, _ reason: String, _ place: KafkaPlace) {
    failedCount += 1
    if firstFailure == nil {
      firstFailure = KafkaError(
        code: code, operation: "deliver a record", place: place, reason: reason)
    }
  }

  /// Forgets failures, which an aborted transaction has undone, and offsets, which nobody will read.
  mutating func forgive() {
    markedOffsets = [:]
    enqueuedCount -= failedCount
    failedCount = 0
    firstFailure = nil
  }
}
