// Which sessions were when, gathered from session events in bounded memory.

/// The sessions and events of a stream, by device, to be drawn.
///
/// A session is what its `SessionClosed` says; before that comes, and where none does, what its
/// events say: it ends at its last event, is `completed` where that is an AllDataSent, and has no
/// status otherwise. Repetitions (R7) are left out. Sessions are told apart by device and id, so that
/// one which was written twice counts once, as long as it is kept.
public struct Timeline: ~Copyable {
  private let limits: TimelineLimits
  public private(set) var sessions = Column<TimelineSession>()
  public private(set) var marks = Column<TimelineMark>()
  private var devices = NameTable()
  /// A session's key: the number of its device (4 bytes, little-endian), and its id. Keys have the
  /// numbers of their sessions.
  private var keys = NameTable()
  private var sequence: Int64 = 0
  /// How many sessions and events did not stay within the limits.
  public private(set) var leftOutSessions = 0
  public private(set) var leftOutEvents = 0
  private var key = ByteBlock(capacity: 64)

  public init(limits: TimelineLimits = .usual) { self.limits = limits }

  public var deviceCount: Int { devices.count }

  /// Lends the name of a device. Valid until `body` returns.
  public func withDevice<Result>(_ number: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    devices.withName(number, body)
  }

  /// Lends the id of a session. Valid until `body` returns.
  public func withIdentifier<Result>(_ session: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    keys.withName(session) { body($0.extracting(droppingFirst: 4)) }
  }

  /// Takes in the batch's records, whose details must be there.
  public mutating func add(_ batch: borrowing Batch) {
    for place in 0..<batch.records.count where !batch.details[place].isDuplicate {
      add(batch.records[place], batch.details[place], of: batch)
    }
    if sessions.count > 2 * limits.sessions || marks.count > 2 * limits.events { compact() }
  }

  private mutating func add(_ record: Record, _ detail: EventDetail, of batch: borrowing Batch) {
    sequence += 1
    let isClosing = detail.kind == .sessionClosed
    if isClosing && !detail.hasSession { return }
    let device = Int32(batch.withText(record.key) { devices.number(of: $0) })
    var session: Int32 = -1
    if detail.hasSession {
      let number = number(of: detail, device: device, at: record.time, of: batch)
      sessions[number].latestSequence = sequence
      if isClosing {
        sessions[number].close(detail)
      } else {
        sessions[number].join(detail.kind, at: record.time)
      }
      session = Int32(number)
    }
    if isClosing { return }
    marks.append(
      TimelineMark(time: record.time, device: device, session: session, kind: detail.kind))
  }

  /// The number of a record's session, which is begun where it is new.
  private mutating func number(
    of detail: EventDetail, device: Int32, at time: EventTime, of batch: borrowing Batch
  ) -> Int {
    key.truncate(to: 0)
    key.extend(by: 4)
    key.store(device, at: 0)
    batch.withText(detail.session) { key.append($0) }
    let number = key.withBytes { keys.number(of: $0) }
    if number == sessions.count {
      sessions.append(
        TimelineSession(
          device: device, start: time, isPartial: detail.kind != .deviceWokeUp, sequence: sequence))
    }
    return number
  }

  // MARK: Limits

  /// Keeps what the limits allow: the sessions that were spoken of last, the latest events.
  private mutating func compact() {
    var kept = Timeline(limits: limits)
    kept.sequence = sequence
    let oldest = oldestKept()
    var numbers: [Int32] = []
    for index in 0..<sessions.count {
      let isKept = sessions[index].latestSequence >= oldest
      numbers.append(isKept ? kept.take(index, of: self) : -1)
    }
    for index in max(0, marks.count - limits.events)..<marks.count {
      kept.take(marks[index], of: self, sessions: numbers)
    }
    kept.leftOutSessions = leftOutSessions + sessions.count - kept.sessions.count
    kept.leftOutEvents = leftOutEvents + marks.count - kept.marks.count
    self = kept
  }

  /// Sessions of which nothing came since that record are left out.
  private func oldestKept() -> Int64 {
    if sessions.count <= limits.sessions { return 0 }
    var latest = Column<Int64>(capacity: sessions.count)
    for index in 0..<sessions.count { latest.append(sessions[index].latestSequence) }
    latest.sort(by: >)
    return latest[limits.sessions - 1]
  }

  /// Takes over a session; returns its number here.
  private mutating func take(_ index: Int, of other: borrowing Timeline) -> Int32 {
    var session = other.sessions[index]
    session.device = take(device: session.device, of: other)
    key.truncate(to: 0)
    key.extend(by: 4)
    key.store(session.device, at: 0)
    other.withIdentifier(index) { key.append($0) }
    let number = key.withBytes { keys.number(of: $0) }
    sessions.append(session)
    return Int32(number)
  }

  /// Takes over an event, unless its session was left out.
  private mutating func take(
    _ mark: TimelineMark, of other: borrowing Timeline, sessions numbers: [Int32]
  ) {
    var mark = mark
    if mark.session >= 0 {
      mark.session = numbers[Int(mark.session)]
      if mark.session < 0 { return }
    }
    mark.device = take(device: mark.device, of: other)
    marks.append(mark)
  }

  private mutating func take(device: Int32, of other: borrowing Timeline) -> Int32 {
    Int32(other.withDevice(Int(device)) { devices.number(of: $0) })
  }
}
