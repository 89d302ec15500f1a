// What became of the records that were sent.

/// Counts of a producer. `enqueuedCount` is `deliveredCount` plus `failedCount` plus what is under
/// way.
struct KafkaDeliveryTally: Sendable {
  var enqueuedCount: Int64 = 0
  var deliveredCount: Int64 = 0
  private(set) var failedCount: Int64 = 0
  /// What failures of deliveries say was to be done.
  fileprivate static let operation = "deliver a record"

  /// The first that failed, which tells most.
  private(set) var firstFailure: KafkaError?

  /// The offsets that marked records got; of records with one mark, the last one's.
  var markedOffsets: [Int: KafkaOffset] = [:]

  var outstandingCount: Int64 { enqueuedCount - deliveredCount - failedCount }

  mutating func fail(_ code: KafkaErrorCode, _ reason: String, _ place: KafkaPlace) {
    failedCount += 1
    if firstFailure == nil {
      firstFailure = KafkaError(
        code: code, operation: KafkaDeliveryTally.operation, place: place, reason: reason)
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

extension KafkaError {
  /// Whether it is of a record that was taken, and then not delivered.
  var isOfDelivery: Bool { operation == KafkaDeliveryTally.operation }
}
