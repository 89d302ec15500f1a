// What a state is the state of.

/// Where the records come from whose sessions a store keeps: its places are places there, so that it
/// serves nothing else.
public enum StateOrigin: Hashable, Sendable {
  /// Files and pipes: one task, 0.
  case files
  /// A topic, read by a run for itself: a task for each partition.
  case topic(String)
  /// A topic, read by an application: the store is a copy of its changelog.
  case application(String, topic: String)
}

extension StateOrigin: CustomStringConvertible {
  public var description: String {
    switch self {
    case .files: "files or pipes"
    case .topic(let topic): "topic \(topic) without --application-id"
    case .application(let identifier, let topic):
      "application \(identifier) on topic \(topic)"
    }
  }
}
