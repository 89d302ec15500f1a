// Changes of a task as records of a changelog, and back; which changelog it is, and how far it was followed.

/// The layout of a changelog's records (design.md, "The changelog"): of a session the key is the
/// event's own, as `StoredSession` keeps it, and the value is the session, or none where it is gone. Of
/// what else a task keeps the key begins with a byte that no text has, 0xFF: then `p` for its progress;
/// `h` and the arrival of a record that is held; `s` and the fingerprint of a schema that such records
/// name; `k` and the key of a session where that begins with 0xFF itself. Values are those of the store.
extension StateChanges {
  private static let mark: UInt8 = 0xFF
  private static let progress = UInt8(ascii: "p")
  private static let held = UInt8(ascii: "h")
  private static let schema = UInt8(ascii: "s")
  private static let key = UInt8(ascii: "k")
  private static let taskSize = 4
  private static let kindSize = 1
  private static let arrivalSize = 8

  /// Hands each change that belongs into a changelog to `body`, in the order in which they were added;
  /// nil is the value of what is gone.
  func forEachChangelogRecord<Failure: Error>(
    _ body: (
      _ task: Int32, _ key: Span<UInt8>, _ value: Span<UInt8>?, _ isProgress: Bool
    ) throws(Failure) -> Void
  ) throws(Failure) {
    var key = ByteBlock()
    for index in 0..<entries.count {
      let entry = entries[index]
      key.truncate(to: 0)
      guard let task = appendChangelogKey(of: entry, to: &key) else { continue }
      let isProgress = isProgress(entry)
      try key.withBytes { key throws(Failure) in
        if entry.isRemoval { return try body(task, key, nil, isProgress) }
        try withBytes(entry.value) { value throws(Failure) in
          try body(task, key, value, isProgress)
        }
      }
    }
  }

  private func isProgress(_ entry: Entry) -> Bool {
    entry.table == Table.positions.rawValue
      && withBytes(entry.key) { $0[0] == StoredPositions.Kind.task.rawValue }
  }

  /// Returns the task, or nil where the entry is none of the changelog.
  private func appendChangelogKey(of entry: Entry, to key: inout ByteBlock) -> Int32? {
    withBytes(entry.key) { stored -> Int32? in
      switch Table(rawValue: Int(entry.table)) {
      case .sessions:
        let rest = stored.extracting(StateChanges.taskSize..<stored.count)
        if rest.count > 0 && rest[0] == StateChanges.mark {
          key.append(StateChanges.mark)
          key.append(StateChanges.key)
        }
        key.append(rest)
        return StateChanges.task(stored, at: 0)
      case .held:
        key.append(StateChanges.mark)
        key.append(StateChanges.held)
        key.append(stored.extracting(StateChanges.taskSize..<stored.count))
        return StateChanges.task(stored, at: 0)
      case .positions where stored[0] == StoredPositions.Kind.task.rawValue:
        key.append(StateChanges.mark)
        key.append(StateChanges.progress)
        return StateChanges.task(stored, at: StateChanges.kindSize)
      case .positions where stored[0] == StoredPositions.Kind.schema.rawValue:
        let offset = StateChanges.kindSize + StateChanges.taskSize
        key.append(StateChanges.mark)
        key.append(StateChanges.schema)
        key.append(stored.extracting(offset..<stored.count))
        return StateChanges.task(stored, at: StateChanges.kindSize)
      case .positions, nil: return nil
      }
    }
  }

  private static func task(_ key: Span<UInt8>, at offset: Int) -> Int32 {
    var reader = FieldReader(from: offset)
    return Int32(bitPattern: UInt32(bigEndian: reader.next(key)))
  }

  /// Adds what a changelog record of the task at hand says. Returns false, having added nothing, for
  /// what is none of a changelog: in a store it would be damage that outlasts the run.
  mutating func add(changelogKey key: Span<UInt8>, _ value: Span<UInt8>?) -> Bool {
    if key.isEmpty || key[0] != StateChanges.mark { return addSession(key, from: 0, value) }
    guard key.count >= 2 else { return false }
    switch key[1] {
    case StateChanges.key: return addSession(key, from: 2, value)
    case StateChanges.held: return addHeld(key, value)
    case StateChanges.schema: return addSchema(key, value)
    case StateChanges.progress: return addProgress(key, value)
    default: return false
    }
  }

  private mutating func addSession(
    _ key: Span<UInt8>, from offset: Int, _ value: Span<UInt8>?
  ) -> Bool {
    guard key.count - offset <= StoredSession.greatestKey else { return false }
    let stored = stored(key, from: offset)
    if let value {
      let isSession = withBytes(stored) { StoredSession.read($0, value) { _, _ in } }
      guard isSession else { return false }
    }
    add(.sessions, stored, value)
    return true
  }

  private mutating func addHeld(_ key: Span<UInt8>, _ value: Span<UInt8>?) -> Bool {
    guard key.count == 2 + StateChanges.arrivalSize else { return false }
    let stored = stored(key, from: 2)
    if let value {
      let isHeld = withBytes(stored) { StoredHeldRecord.read($0, value) { _, _, _ in } }
      guard isHeld else { return false }
    }
    add(.held, stored, value)
    return true
  }

  /// A schema is never gone.
  private mutating func addSchema(_ key: Span<UInt8>, _ value: Span<UInt8>?) -> Bool {
    guard let value, let schema = StoredPositions.readSchema(key, from: 2, value) else {
      return false
    }
    set(schema: schema.text, schema.fingerprint)
    return true
  }

  private mutating func addProgress(_ key: Span<UInt8>, _ value: Span<UInt8>?) -> Bool {
    guard key.count == 2 else { return false }
    if let value, StoredPositions.readProgress(value) == nil { return false }
    let task = task
    add(.positions, range { StoredPositions.appendTaskKey(task, to: &$0) }, value)
    return true
  }

  /// A key of the store: the task's, and the bytes of `key` from `offset` on.
  private mutating func stored(_ key: Span<UInt8>, from offset: Int) -> TextRange {
    let task = task
    return range { output in
      StoredSession.appendTask(task, to: &output)
      output.append(key.extracting(offset..<key.count))
    }
  }

  private mutating func add(_ table: Table, _ key: TextRange, _ value: Span<UInt8>?) {
    guard let value else { return append(table, isRemoval: true, key, .empty) }
    let kept = range { $0.append(value) }
    append(table, isRemoval: false, key, kept)
  }

  /// Which changelog a record says that it belongs to; nil for a record that does not say.
  static func identity(
    changelogKey key: Span<UInt8>, _ value: Span<UInt8>?
  ) -> ChangelogIdentity? {
    guard key.count == 2, key[0] == mark, key[1] == progress, let value else { return nil }
    return StoredPositions.readProgress(value)?.changelog
  }

  // MARK: What a store keeps beside it

  /// Keeps how far the task at hand has followed the changelog.
  mutating func set(_ checkpoint: ChangelogCheckpoint) {
    let task = task
    let key = range { StoredPositions.appendCheckpointKey(task, to: &$0) }
    let value = range { StoredPositions.appendValue(checkpoint, to: &$0) }
    append(.positions, isRemoval: false, key, value)
  }

  /// Keeps a name for whoever works on the store.
  mutating func set(processIdentifier name: String) {
    let key = range { StoredPositions.appendKey(.process, to: &$0) }
    let value = range { $0.append(text: name) }
    append(.positions, isRemoval: false, key, value)
  }

  mutating func remove(_ key: Span<UInt8>, from table: Table) {
    let key = range { $0.append(key) }
    append(table, isRemoval: true, key, .empty)
  }

  /// Removes progress and checkpoint of the task at hand.
  mutating func removePositions() {
    let task = task
    let progress = range { StoredPositions.appendTaskKey(task, to: &$0) }
    append(.positions, isRemoval: true, progress, .empty)
    let checkpoint = range { StoredPositions.appendCheckpointKey(task, to: &$0) }
    append(.positions, isRemoval: true, checkpoint, .empty)
  }
}

/// Tells a partition of a changelog from one that was removed and made anew: a random number, chosen by
/// who first commits to the partition and repeated with every commit (`TaskProgress.changelog`).
public struct ChangelogIdentity: Hashable, Sendable {
  public let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Of changelogs written by versions that gave them none, and of tasks that have no changelog.
  public static let unnamed = ChangelogIdentity(rawValue: 0)

  static func random() -> ChangelogIdentity {
    ChangelogIdentity(rawValue: .random(in: 1...(.max)))
  }
}

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
