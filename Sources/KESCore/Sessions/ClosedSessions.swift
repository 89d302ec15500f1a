// The sessions that closed a short while ago.

/// Knows closed sessions by their keys: all until time has gone on by `retain`, or the last so many.
///
/// Time here is the greatest time told of, that of a `SessionClosed` included, so that memory stays
/// bounded also where nothing else comes. A session costs what it does in a `SessionTable`.
struct ClosedSessions: ~Copyable {
  /// Nil where time makes nobody forgotten.
  private let retain: UInt64?
  private let greatestCount: Int
  private var table = SessionTable(keepsRecent: false)
  private var time: EventTime = .beforeAll

  /// - Parameter retain: milliseconds of event time.
  init(retain: UInt64) {
    self.retain = retain
    greatestCount = .max
  }

  /// - Parameter last: how many are known, whatever their times.
  init(last: Int) {
    precondition(last > 0)
    retain = nil
    greatestCount = last
  }

  func contains(_ key: Span<UInt8>, hash: UInt32) -> Bool {
    table.find(key, hash: hash) != .none
  }

  /// Adds a session, and forgets the first where there are too many. Returns whether it was new;
  /// one that is known already keeps its place. `hash` is the key's.
  mutating func insert(_ key: Span<UInt8>, hash: UInt32) -> Bool {
    if contains(key, hash: hash) { return false }
    if table.openCount >= greatestCount { table.remove(table.firstOpen) }
    let index = table.insert(
      key, hash: hash, identifier: SessionIdentifier(rawValue: 0), time: time, sequence: 0)
    table[index].latestStreamTime = time
    return true
  }

  /// Lets time go on to `time`, and forgets the sessions that closed long enough before.
  @inline(__always)
  mutating func forget(before time: EventTime) {
    guard let retain, time > self.time else { return }
    self.time = time
    while table.firstOpen != .none,
      table[table.firstOpen].latestStreamTime.elapsed(until: time) >= retain
    {
      table.remove(table.firstOpen)
    }
  }
}
