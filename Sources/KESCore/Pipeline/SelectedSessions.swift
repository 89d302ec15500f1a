// Sessions gathered from a store, to be purged in the order of their latest events.

/// What a purge needs to know of a session besides its key.
struct SelectedSession: BitwiseCopyable {
  var identifier: SessionIdentifier
  var start: EventTime
  var end: EventTime
  var events: Int64
  var latestSequence: Int64
  /// Where its key stands.
  var keyOffset: Int
  var keyLength: Int32
  var isPartial: Bool
  var isOpen: Bool
}

/// Selected sessions: 56 bytes and the key each, so that a store of millions need not fit into
/// memory as text.
struct SelectedSessions: ~Copyable {
  private var sessions = Column<SelectedSession>()
  private var keys = ByteBlock()

  var count: Int { sessions.count }

  subscript(place: Int) -> SelectedSession { sessions[place] }

  mutating func append(_ key: Span<UInt8>, _ session: SessionSnapshot) {
    sessions.append(
      SelectedSession(
        identifier: session.identifier, start: session.start, end: session.end,
        events: session.events, latestSequence: session.latestSequence, keyOffset: keys.count,
        keyLength: Int32(truncatingIfNeeded: key.count), isPartial: session.isPartial,
        isOpen: session.state == .open))
    keys.append(key)
  }

  /// Puts them into the order of their latest events. Cost: n log n.
  mutating func sort() { sessions.sort { $0.latestSequence < $1.latestSequence } }

  /// Lends the key of the session at `place`. Valid until `body` returns.
  func withKey<Result>(at place: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    keys.withBytes(sessions[place].keyOffset, Int(sessions[place].keyLength), body)
  }
}
