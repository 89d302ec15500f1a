// How far a task's part of the store has followed the changelog.

/// The changelog record that is to be read next: all before it is in the store.
struct ChangelogCheckpoint: Hashable, Sendable {
  /// In the task's partition of the changelog.
  var offset: Int64
  /// Of the last record before `offset` that tells of the task's progress, and so of the changelog's
  /// identity: read again, it shows that the changelog is the same. nil where none was met, as in a
  /// store that a version before identities wrote.
  var progressOffset: Int64?
  /// By the wall clock. A changelog forgets tombstones after a while (`delete.retention.ms`): who comes
  /// later has missed some.
  var savedAt: EventTime
}
