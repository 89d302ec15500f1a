// Where reading ends that does not follow (`--exit`).

/// The ends of partitions as of the start, and which have been reached.
public struct KafkaEndOffsets: Sendable {
  private var open: [KafkaPartition: KafkaOffset]

  /// - Parameters:
  ///   - ends: the next offset of each partition when reading began.
  ///   - starts: where reading begins; a partition that begins at its end, or is empty, is done.
  public init(_ ends: [KafkaPartition: KafkaOffset], startingAt starts: [KafkaPosition]) {
    open = ends
    for start in starts { note(start) }
  }

  /// Takes in that a partition was read up to `position`: the offset of the record that is next,
  /// or that `KafkaMessageBatch.ends` gives (markers of transactions at the end are no records).
  public mutating func note(_ position: KafkaPosition) {
    guard let end = open[position.partition], position.offset >= end else { return }
    open[position.partition] = nil
  }

  /// The offset at which a partition ends; nil where that has been reached.
  public func end(of partition: KafkaPartition) -> KafkaOffset? { open[partition] }

  /// Whether all partitions were read to their ends.
  public var areReached: Bool { open.isEmpty }
}
