// The sessions that closed a short while ago.

/// Knows closed sessions by their keys until time has gone on by `retain`.
///
/// Time here is the greatest time told of, that of a `SessionClosed` included, so that memory stays
/// bounded also where nothing else comes.
struct ClosedSessions: ~Copyable {
  private let retain: UInt64
  private var table = SessionTable(keepsRecent: false)
  private var time: EventTime = .beforeAll

  /// - Parameter retain: milliseconds of event time.
  init(retain: UInt64) { self.retain = retain }

  func contains(_ key: Span<UInt8>, hash: UInt32) -> Bool {
    table.find(key, hash: hash) != .none
  }

  /// Adds a session; one that is known already keeps its place. `hash` is the key's.
  mutating func insert(_ key: Span<UInt8>, hash: UInt32) {
    if contains(key, hash: hash) { return }
    let index = table.insert(
      key, hash: hash, identifier: SessionIdentifier(rawValue: 0), time: time, sequence: 0)
    table[index].latestStreamTime = time
  }

  /// Lets time go on to `time`, and forgets the sessions that closed long enough before.
  @inline(__always)
  mutating func forget(before time: EventTime) {
    if time <= self.time { return }
    self.time = time
    while table.firstOpen != .none,
      table[table.firstOpen].latestStreamTime.elapsed(until: time) >= retain
    {
      table.remove(table.firstOpen)
    }
  }
}
