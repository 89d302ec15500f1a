// How a group shares its partitions anew.

/// Partitions that come to a member of a group or leave it (KIP-429). Each must be answered
/// (`KafkaConsumer.acceptAssignment`, `.giveUp`) before the consumer is polled again.
public enum KafkaRebalance: Hashable, Sendable {
  /// These are ours from the answer on, beside those that we have.
  case assigned([KafkaPartition])
  /// These are ours until the answer: commit what was read.
  case revoked([KafkaPartition])
  /// These may already be another's: what was read since the last commit must not be committed.
  case lost([KafkaPartition])

  public var partitions: [KafkaPartition] {
    switch self {
    case .assigned(let partitions), .revoked(let partitions), .lost(let partitions): partitions
    }
  }
}
