// A session as stores and changelogs keep it.

/// All that is to be known of a session, but its key, to go on with it after a restart.
public struct SessionSnapshot: Sendable {
  public var identifier: SessionIdentifier
  public var start: EventTime
  public var end: EventTime
  public var latestStreamTime: EventTime
  public var latestSequence: Int64
  public var firstSequence: Int64
  public var events: Int64
  public var state: Session.State
  public var isPartial: Bool
  /// As of `Session`.
  public var timeForm: UInt8
  public var recent: RecentRecords

  public init(
    identifier: SessionIdentifier, start: EventTime, end: EventTime, latestStreamTime: EventTime,
    latestSequence: Int64, firstSequence: Int64, events: Int64, state: Session.State,
    isPartial: Bool, timeForm: UInt8 = 0, recent: RecentRecords
  ) {
    self.identifier = identifier
    self.start = start
    self.end = end
    self.latestStreamTime = latestStreamTime
    self.latestSequence = latestSequence
    self.firstSequence = firstSequence
    self.events = events
    self.state = state
    self.isPartial = isPartial
    self.timeForm = timeForm
    self.recent = recent
  }
}

extension SessionTable {
  func snapshot(of index: SessionIndex) -> SessionSnapshot {
    let session = self[index]
    return SessionSnapshot(
      identifier: session.identifier, start: session.start, end: session.end,
      latestStreamTime: session.latestStreamTime, latestSequence: session.latestSequence,
      firstSequence: session.firstSequence, events: session.events, state: session.state,
      isPartial: session.isPartial, timeForm: session.timeForm, recent: recentRecords(of: index))
  }

  /// Adds a session that the store holds. Its position in the list is right only after
  /// `sortByLatestEvent`.
  mutating func restore(_ key: Span<UInt8>, _ snapshot: SessionSnapshot) {
    let hash = UInt32(truncatingIfNeeded: SessionKey.hash(key))
    let known = find(key, hash: hash)
    if known != .none { remove(known) }
    let index = insert(
      key, hash: hash, identifier: snapshot.identifier, time: snapshot.start,
      sequence: snapshot.firstSequence)
    self[index].end = snapshot.end
    self[index].latestStreamTime = snapshot.latestStreamTime
    self[index].latestSequence = snapshot.latestSequence
    self[index].events = snapshot.events
    self[index].isPartial = snapshot.isPartial
    self[index].timeForm = snapshot.timeForm
    self[index].isStored = true
    setRecent(snapshot.recent, of: index)
    if snapshot.state == .remembered { remember(index) }
  }

  /// Puts both lists into the order of their sessions' latest events. Cost: n log n.
  mutating func sortByLatestEvent() {
    var order = Column<SessionIndex>(capacity: openCount + rememberedCount)
    for first in [firstOpen, firstRemembered] {
      var index = first
      while index != .none {
        order.append(index)
        index = next(after: index)
      }
    }
    order.sort { self[$0].latestSequence < self[$1].latestSequence }
    for index in 0..<order.count { moveToEnd(order[index]) }
  }

  /// Puts `indices` into the order of their keys' bytes.
  func sortByKey(_ indices: inout Column<SessionIndex>) {
    indices.sort { left, right in
      withKey(of: left) { leftKey in
        withKey(of: right) {
          SessionKey.isOrdered(leftKey, before: $0)
        }
      }
    }
  }
}

extension Segmenter {
  /// Adds a session that a store holds; call `finishRestoring` after the last.
  public mutating func restore(_ key: Span<UInt8>, _ snapshot: SessionSnapshot) {
    table.restore(key, snapshot)
  }

  /// Ends restoring: stream time and the number of events applied are what they were.
  public mutating func finishRestoring(streamTime: EventTime, sequence: Int64) {
    table.sortByLatestEvent()
    resume(streamTime: streamTime, sequence: sequence)
    // An earlier run remembered what this one does not (R6).
    if rules.retain == nil { forgetRemembered() }
  }

  /// Hands every change since the last call to `visit`, nil for a session that is gone; removals
  /// first, both in the order of the keys. The store must take them all, or none and stop.
  public mutating func takeChanges<Failure: Error>(
    _ visit: (_ key: Span<UInt8>, _ session: SessionSnapshot?) throws(Failure) -> Void
  ) throws(Failure) {
    try changes.take(from: &table, visit)
  }
}

/// Remembers, from commit to commit, which sessions changed and which stored ones are gone.
///
/// Grows with the keys that changed, not with the events. Does nothing unless it is tracking.
struct SessionChanges: ~Copyable {
  private let isTracking: Bool
  /// Sessions with `isChanged` set; some may be gone or be here twice.
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
    for index in 0..<removed.count {
      try removed.withKey(at: index) { key throws(Failure) in
        // A key that has a session again is visited with that below.
        let hash = UInt32(truncatingIfNeeded: SessionKey.hash(key))
        if table.find(key, hash: hash) == .none { try visit(key, nil) }
      }
    }
    removed.removeAll()
    var present = Column<SessionIndex>(capacity: changed.count)
    for index in 0..<changed.count where table[changed[index]].isChanged {
      table[changed[index]].isChanged = false
      present.append(changed[index])
    }
    changed.removeAll()
    table.sortByKey(&present)
    for position in 0..<present.count {
      let index = present[position]
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
    at index: Int, _ body: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try text.withBytes(Int(ranges[index].offset), ranges[index].length, body)
  }

  mutating func sort() {
    text.withBytes { all in
      ranges.sort { left, right in
        SessionKey.isOrdered(all.extracting(left.bounds), before: all.extracting(right.bounds))
      }
    }
  }
}
