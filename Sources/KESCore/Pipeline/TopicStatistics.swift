// What a run on topics tells of itself beside the figures of every run.

/// Figures of a run that reads a topic.
public struct TopicStatistics: Sendable {
  /// How many records of our partitions are still to be read, as far as is known.
  public var recordsBehind: Int64
  /// Partitions that are processed here, that are being restored, and that are followed as standby
  /// replicas.
  public var activeTasks = 0
  public var restoringTasks = 0
  public var standbyTasks = 0
  /// Changelog records that were read to restore tasks, and to follow them.
  public var restoredRecords: Int64 = 0
  public var standbyRecords: Int64 = 0
  public var transactions: Int64 = 0
  /// The longest time that a commit took since the last report, in milliseconds.
  public var greatestCommitTime: Int64 = 0

  public init(recordsBehind: Int64) { self.recordsBehind = recordsBehind }
}
