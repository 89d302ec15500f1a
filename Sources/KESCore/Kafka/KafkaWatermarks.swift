// The first and last offsets of a partition.

/// From `low` on there are records; `high` is that of the next one that is written (for a reader of
/// committed records: of the first that may still be undecided).
public struct KafkaWatermarks: Hashable, Sendable {
  public var low: KafkaOffset
  public var high: KafkaOffset

  public init(low: KafkaOffset, high: KafkaOffset) {
    self.low = low
    self.high = high
  }
}
