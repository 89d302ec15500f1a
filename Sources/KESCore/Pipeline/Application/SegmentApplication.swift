// An application: processes that share a topic's partitions, and the changelog of their sessions.

/// Whether every record counts exactly once (KIP-98, KIP-447), or at least once.
public enum ProcessingGuarantee: String, CaseIterable, Sendable {
  case exactlyOnce = "exactly-once"
  case atLeastOnce = "at-least-once"
}

/// What all processes of one application agree on.
public struct SegmentApplication: Sendable {
  /// Names the consumer group, the changelog and the transactions.
  public var identifier: String
  public var guarantee = ProcessingGuarantee.exactlyOnce
  /// By how many other processes each partition's sessions are followed.
  public var standbyReplicas = 1

  public init(identifier: String) { self.identifier = identifier }

  /// The name of the changelog topic (cli.md, section 5).
  public var changelog: String { "\(identifier)-sessions-changelog" }
}
