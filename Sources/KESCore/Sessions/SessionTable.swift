// The sessions of one task by key, and in the order in which they fall due.

/// A session's index in the table; valid until the session is removed.
typealias SessionIndex = UInt32

extension SessionIndex {
  /// No session.
  static let none = UInt32.max
}

/// Holds open and remembered sessions: found by key in constant time, and linked in two lists, one
/// a state, in the order of their latest event, so that those due are at the head.
///
/// Open addressing with linear probing over 8-byte slots (hash and index), at most half in use;
/// removal moves later slots back instead of leaving tombstones. A session costs 80 bytes, 16 to 32
/// bytes of slots, and its key rounded up to 8.
struct SessionTable: ~Copyable {
  /// So many entries at the front hold no session but the ends of a list each: a list is a ring, in
  /// which everybody has neighbours, and linking need not ask for them.
  private static let listCount: SessionIndex = 2

  /// The index of the ends of a state's list.
  @inline(__always)
  private static func list(of state: Session.State) -> SessionIndex {
    SessionIndex(state.rawValue)
  }

  private var slots: Column<UInt64>
  private var mask: UInt32
  private var sessions: Column<Session>
  private var recent: Column<RecentRecords>
  private let keepsRecent: Bool
  private var keys: ByteArena
  private var firstFree = SessionIndex.none
  private(set) var openCount = 0
  private(set) var rememberedCount = 0

  /// - Parameter keepsRecent: whether the digests of recent records are kept (R7).
  init(keepsRecent: Bool) {
    self.keepsRecent = keepsRecent
    sessions = Column(capacity: 64)
    recent = Column(capacity: 1)
    keys = ByteArena()
    slots = SessionTable.emptySlots(128)
    mask = 127
    for list in 0..<SessionTable.listCount { _ = store(SessionTable.emptyList(at: list)) }
  }

  /// The ends of an empty list: each the other's neighbour.
  private static func emptyList(at list: SessionIndex) -> Session {
    Session(
      keySlot: 0, keyLength: 0, identifier: SessionIdentifier(rawValue: 0), time: .beforeAll,
      sequence: 0, hash: 0, neighbour: list)
  }

  private static let emptySlot = UInt64.max

  private static func emptySlots(_ count: Int) -> Column<UInt64> {
    var slots = Column<UInt64>(capacity: count)
    for _ in 0..<count { slots.append(emptySlot) }
    return slots
  }

  // MARK: By key

  subscript(index: SessionIndex) -> Session {
    @inline(__always) get { sessions[Int(index)] }
    @inline(__always) _modify { yield &sessions[Int(index)] }
  }

  /// The session of `key`, or `.none`. `hash` is that of the key's identity (`SessionKey`).
  @inline(__always)
  func find(_ key: Span<UInt8>, hash: UInt32) -> SessionIndex {
    var bucket = hash & mask
    while true {
      let slot = slots[Int(bucket)]
      if slot == SessionTable.emptySlot { return .none }
      if UInt32(truncatingIfNeeded: slot >> 32) == hash {
        let index = SessionIndex(truncatingIfNeeded: slot)
        let session = sessions[Int(index)]
        if keys.equals(session.keySlot, length: Int(session.keyLength), key)
          || isSpelledOtherwise(key, session)
        {
          return index
        }
      }
      bucket = (bucket &+ 1) & mask
    }
  }

  /// Whether a session of the key's hash and other bytes is the key's all the same.
  @inline(never)
  private func isSpelledOtherwise(_ key: Span<UInt8>, _ session: Session) -> Bool {
    keys.withBytes(session.keySlot, length: Int(session.keyLength)) {
      SessionKey.areEqual($0, key)
    }
  }

  /// Whether the table is so large that it does not stay near the processor by itself.
  var wantsPrefetch: Bool { slots.count > 1 << 11 }

  /// Hints that a key of this hash will be looked for soon. To be called three times on the way,
  /// a few events apart, because each stage needs what the one before has brought near.
  @inline(__always)
  func prefetchSlot(_ hash: UInt32) { slots.prefetch(Int(hash & mask)) }

  @inline(__always)
  func prefetchSession(_ hash: UInt32) {
    let slot = slots[Int(hash & mask)]
    if slot != SessionTable.emptySlot {
      sessions.prefetch(Int(SessionIndex(truncatingIfNeeded: slot)))
    }
  }

  @inline(__always)
  func prefetchKey(_ hash: UInt32) {
    let slot = slots[Int(hash & mask)]
    if slot != SessionTable.emptySlot {
      keys.prefetch(sessions[Int(SessionIndex(truncatingIfNeeded: slot))].keySlot)
    }
  }

  /// Adds an open session at the end of the list; its key must not be in the table.
  @inline(__always)
  mutating func insert(
    _ key: Span<UInt8>, hash: UInt32, identifier: SessionIdentifier, time: EventTime,
    sequence: Int64
  ) -> SessionIndex {
    if (openCount &+ rememberedCount) &* 2 >= slots.count { growSlots() }
    let session = Session(
      keySlot: keys.insert(key), keyLength: UInt32(truncatingIfNeeded: key.count),
      identifier: identifier, time: time, sequence: sequence, hash: hash, neighbour: .none)
    let index = store(session)
    occupy(hash, index)
    append(index)
    return index
  }

  /// Removes the session from the list and the table, and its key.
  mutating func remove(_ index: SessionIndex) {
    take(index)
    let session = sessions[Int(index)]
    vacate(session.hash, index)
    keys.release(session.keySlot, length: Int(session.keyLength))
    sessions[Int(index)].next = firstFree
    firstFree = index
  }

  /// Lends the session's key. Valid until `body` returns.
  @inline(__always)
  func withKey<Result: ~Copyable, Failure: Error>(
    of index: SessionIndex, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let session = sessions[Int(index)]
    return try keys.withBytes(session.keySlot, length: Int(session.keyLength), body)
  }

  @inline(__always)
  private mutating func store(_ session: Session) -> SessionIndex {
    let index = firstFree
    if index != .none {
      firstFree = sessions[Int(index)].next
      sessions[Int(index)] = session
      if keepsRecent { recent[Int(index)] = RecentRecords() }
      return index
    }
    sessions.append(session)
    if keepsRecent { recent.append(RecentRecords()) }
    return SessionIndex(truncatingIfNeeded: sessions.count &- 1)
  }

  // MARK: Slots

  @inline(__always)
  private mutating func occupy(_ hash: UInt32, _ index: SessionIndex) {
    var bucket = hash & mask
    while slots[Int(bucket)] != SessionTable.emptySlot { bucket = (bucket &+ 1) & mask }
    slots[Int(bucket)] = UInt64(hash) << 32 | UInt64(index)
  }

  /// Empties the slot of `index`, and moves back every later one of its run that may move.
  private mutating func vacate(_ hash: UInt32, _ index: SessionIndex) {
    var hole = hash & mask
    while SessionIndex(truncatingIfNeeded: slots[Int(hole)]) != index { hole = (hole &+ 1) & mask }
    var bucket = hole
    while true {
      bucket = (bucket &+ 1) & mask
      let slot = slots[Int(bucket)]
      if slot == SessionTable.emptySlot { break }
      let home = UInt32(truncatingIfNeeded: slot >> 32) & mask
      // It may move into the hole unless its home lies behind the hole.
      if (bucket &- home) & mask >= (bucket &- hole) & mask {
        slots[Int(hole)] = slot
        hole = bucket
      }
    }
    slots[Int(hole)] = SessionTable.emptySlot
  }

  private mutating func growSlots() {
    slots = SessionTable.emptySlots(slots.count * 2)
    mask = UInt32(truncatingIfNeeded: slots.count - 1)
    for first in [firstOpen, firstRemembered] {
      var index = first
      while index != .none {
        occupy(sessions[Int(index)].hash, index)
        index = next(after: index)
      }
    }
  }

  // MARK: In the order of the latest event

  /// The open session whose latest event was applied longest ago, or `.none`.
  var firstOpen: SessionIndex { next(after: SessionTable.list(of: .open)) }

  /// The remembered session whose latest event was applied longest ago, or `.none`.
  var firstRemembered: SessionIndex { next(after: SessionTable.list(of: .remembered)) }

  /// The session behind `index` in its list, or `.none`.
  @inline(__always)
  func next(after index: SessionIndex) -> SessionIndex {
    let next = sessions[Int(index)].next
    return next < SessionTable.listCount ? .none : next
  }

  /// Moves the session to the end of its list: its event is the latest now.
  @inline(__always)
  mutating func moveToEnd(_ index: SessionIndex) {
    unlink(index)
    link(index)
  }

  /// Makes an open session a remembered one, the latest of them.
  mutating func remember(_ index: SessionIndex) {
    take(index)
    sessions[Int(index)].state = .remembered
    append(index)
  }

  /// Adds a session that is in no list to the end of that of its state.
  @inline(__always)
  private mutating func append(_ index: SessionIndex) {
    link(index)
    changeCount(of: index, by: 1)
  }

  /// Takes the session out of its list.
  @inline(__always)
  private mutating func take(_ index: SessionIndex) {
    unlink(index)
    changeCount(of: index, by: -1)
  }

  /// Counts the session in or out of its state.
  @inline(__always)
  private mutating func changeCount(of index: SessionIndex, by change: Int) {
    if sessions[Int(index)].state == .open {
      openCount &+= change
    } else {
      rememberedCount &+= change
    }
  }

  /// Puts the session between the end of its list and the latest that is there.
  @inline(__always)
  private mutating func link(_ index: SessionIndex) {
    let list = SessionTable.list(of: sessions[Int(index)].state)
    let last = sessions[Int(list)].previous
    sessions[Int(index)].previous = last
    sessions[Int(index)].next = list
    sessions[Int(last)].next = index
    sessions[Int(list)].previous = index
  }

  /// Makes the session's neighbours each other's.
  @inline(__always)
  private mutating func unlink(_ index: SessionIndex) {
    let (previous, next) = (sessions[Int(index)].previous, sessions[Int(index)].next)
    sessions[Int(previous)].next = next
    sessions[Int(next)].previous = previous
  }

  /// The open sessions in the order in which they opened. Cost: n log n.
  func openInOrderOfOpening() -> Column<SessionIndex> {
    var order = Column<SessionIndex>(capacity: openCount)
    var index = firstOpen
    while index != .none {
      order.append(index)
      index = next(after: index)
    }
    order.sort { self[$0].firstSequence < self[$1].firstSequence }
    return order
  }

  // MARK: Recent records

  /// The session's recent records; none where they are not kept.
  func recentRecords(of index: SessionIndex) -> RecentRecords {
    keepsRecent ? recent[Int(index)] : RecentRecords()
  }

  @inline(__always)
  func hasRecent(_ digest: UInt64, of index: SessionIndex) -> Bool {
    keepsRecent && recent[Int(index)].contains(digest)
  }

  @inline(__always)
  mutating func appendRecent(_ digest: UInt64, to index: SessionIndex) {
    if keepsRecent { recent[Int(index)].append(digest) }
  }

  mutating func setRecent(_ records: RecentRecords, of index: SessionIndex) {
    if keepsRecent { recent[Int(index)] = records }
  }
}
