// What a store has of the schemas that held records name.

/// What a store knows of the schemas of a task's held records.
public struct StoredSchemas {
  /// Those that records name which are held, in the order in which the records came.
  public var named: [(fingerprint: SchemaFingerprint, text: String)] = []
  /// Whether records of no schema are held.
  public var hasOthers = false
  /// All that the store has of the task.
  public var all: Set<SchemaFingerprint> = []
}
