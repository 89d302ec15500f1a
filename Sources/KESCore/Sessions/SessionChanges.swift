// Which sessions differ from what the store holds.

/// Remembers, from commit to commit, which sessions changed and which stored ones are gone.
///
/// Grows with the keys that changed, not with the events. Does nothing unless it is tracking.
struct SessionChanges: ~Copyable {
  private let isTracking: Bool
  /// Sessions with `isChanged` set; some may be gone or stand here twice.
  private var changed: Column<SessionIndex>
  private var removed: RemovedKeys

  init(isTracking: Bool) {
    self.isTracking = isTracking
    changed = Column()
    removed = RemovedKeys()
  }

  @inline(__always)
  mutating func note(_ index: SessionIndex, in table: inout SessionTable) {
    if !isTracking || table[index].isChanged { return }
    table[index].isChanged = true
    changed.append(index)
  }

  /// Notes that the session is about to be removed from the table.
  mutating func noteRemoval(of index: SessionIndex, in table: inout SessionTable) {
    table[index].isChanged = false
    if !isTracking || !table[index].isStored { return }
    table.withKey(of: index) { removed.append($0) }
  }

  /// Hands every change to `visit`, the removals (nil) first, both in the order of the keys, and
  /// forgets them: from here on the store is taken to hold what was visited.
  mutating func take<Failure: Error>(
    from table: inout SessionTable,
    _ visit: (_ key: Span<UInt8>, _ session: SessionSnapshot?) throws(Failure) -> Void
  ) throws(Failure) {
    removed.sort()
    for place in 0..<removed.count {
      try removed.withKey(at: place) { key throws(Failure) in
        // A key that has a session again is visited with that below.
        if table.find(key, hash: UInt32(truncatingIfNeeded: Hash.of(key))) == .none {
          try visit(key, nil)
        }
      }
    }
    removed.removeAll()
    var present = Column<SessionIndex>(capacity: changed.count)
    for place in 0..<changed.count where table[changed[place]].isChanged {
      table[changed[place]].isChanged = false
      present.append(changed[place])
    }
    changed.removeAll()
    table.sortByKey(&present)
    for place in 0..<present.count {
      let index = present[place]
      table[index].isStored = true
      let snapshot = table.snapshot(of: index)
      try table.withKey(of: index) { key throws(Failure) in try visit(key, snapshot) }
    }
  }
}

/// The keys of stored sessions that are gone.
private struct RemovedKeys: ~Copyable {
  private var ranges = Column<TextRange>()
  private var text = ByteBlock()

  var count: Int { ranges.count }

  mutating func append(_ key: Span<UInt8>) {
    ranges.append(TextRange(offset: text.count, length: key.count))
    text.append(key)
  }

  mutating func removeAll() {
    ranges.removeAll()
    text.truncate(to: 0)
  }

  func withKey<Failure: Error>(
    at place: Int, _ body: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try text.withBytes(Int(ranges[place].offset), ranges[place].length, body)
  }

  mutating func sort() {
    text.withBytes { all in
      ranges.sort { left, right in
        all.extracting(left.bounds).isOrdered(before: all.extracting(right.bounds))
      }
    }
  }
}
