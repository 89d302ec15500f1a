// Which sessions were when, gathered from session events in bounded memory.

package import KESCore

/// The sessions and events of a stream, by device, to be drawn.
///
/// A session is what its `SessionClosed` says; before that comes, and where none does, what its
/// events say: it ends at its last event, is `completed` where that is an AllDataSent, and has no
/// status otherwise. Repetitions (R7) are left out. Sessions are told apart by device and id, so that
/// one which was written twice counts once, as long as it is kept.
package struct Timeline: ~Copyable {
  private let limits: TimelineLimits
  package private(set) var sessions = Column<TimelineSession>()
  package private(set) var marks = Column<TimelineMark>()
  private var devices = NameTable()
  /// A session's key: the number of its device (4 bytes, little-endian), and its id. Keys have the
  /// numbers of their sessions.
  private var keys = NameTable()
  private var sequence: Int64 = 0
  /// How many sessions and events did not stay within the limits.
  package private(set) var leftOutSessions = 0
  package private(set) var leftOutEvents = 0
  private var key = ByteBlock(capacity: 64)

  package init(limits: TimelineLimits = .usual) { self.limits = limits }

  package var deviceCount: Int { devices.count }

  /// Lends the name of a device. Valid until `body` returns.
  package func withDevice<Result>(_ number: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    devices.withName(number, body)
  }

  /// Lends the id of a session. Valid until `body` returns.
  package func withIdentifier<Result>(_ session: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    keys.withName(session) { body($0.extracting(droppingFirst: 4)) }
  }

  /// Takes in the batch's records, whose details must be there.
  package mutating func add(_ batch: borrowing Batch) {
    for index in 0..<batch.records.count where !batch.details[index].isDuplicate {
      add(batch.records[index], batch.details[index], of: batch)
    }
    if sessions.count > 2 * limits.sessions || marks.count > 2 * limits.events { compact() }
  }

  private mutating func add(_ record: Record, _ detail: EventDetail, of batch: borrowing Batch) {
    sequence += 1
    let isClosing = record.role == .closed
    if isClosing && !detail.hasSession { return }
    let device = Int32(batch.withKeyText(record) { devices.number(of: $0) })
    var session: Int32 = -1
    if detail.hasSession {
      let number = number(of: record, detail, device: device, of: batch)
      sessions[number].latestSequence = sequence
      if isClosing {
        sessions[number].close(detail)
      } else {
        sessions[number].join(record.role, at: record.time)
      }
      session = Int32(number)
    }
    if isClosing { return }
    marks.append(TimelineMark(time: record.time, device: device, session: session))
  }

  /// The number of a record's session, which is begun where it is new.
  private mutating func number(
    of record: Record, _ detail: EventDetail, device: Int32, of batch: borrowing Batch
  ) -> Int {
    beginKey(device)
    batch.withText(detail.session) { key.append($0) }
    let number = key.withBytes { keys.number(of: $0) }
    if number == sessions.count {
      sessions.append(
        TimelineSession(
          device: device, start: record.time, isPartial: !record.role.opens, sequence: sequence))
    }
    return number
  }

  private mutating func beginKey(_ device: Int32) {
    key.truncate(to: 0)
    key.append(word: UInt64(UInt32(bitPattern: device)), count: 4)
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
    beginKey(session.device)
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

/// When a session was; its device and id stand in the timeline.
package struct TimelineSession: BitwiseCopyable, Sendable {
  /// The number of its device.
  package var device: Int32
  /// Why it closed; nil where nothing says that it has.
  package var status: SessionStatus?
  /// Whether it did not begin with a start event.
  package var isPartial: Bool
  /// Whether its own `SessionClosed` told all this: then it stays as it is.
  var isClosed = false
  /// The least and the greatest time of its events.
  package var start: EventTime
  package var end: EventTime
  /// How many events belong to it.
  package var events: Int64
  /// How many records had come when the latest of them spoke of it.
  var latestSequence: Int64

  init(device: Int32, start: EventTime, isPartial: Bool, sequence: Int64) {
    self.device = device
    self.isPartial = isPartial
    self.start = start
    end = start
    events = 0
    latestSequence = sequence
  }

  /// Takes in an event that belongs to it. The end sent again (R6) does not count a second time.
  mutating func join(_ role: Role, at time: EventTime) {
    if isClosed || (role.completes && status == .completed) { return }
    start = min(start, time)
    end = max(end, time)
    events += 1
    if role.completes { status = .completed }
  }

  /// Takes over what its `SessionClosed` says.
  mutating func close(_ detail: EventDetail) {
    status = detail.status
    isPartial = detail.isPartial
    isClosed = true
    start = min(detail.start, detail.end)
    end = max(detail.start, detail.end)
    events = max(0, detail.events)
  }
}

/// When an event was, and of which device.
package struct TimelineMark: BitwiseCopyable, Sendable {
  package var time: EventTime
  /// The number of its device.
  package var device: Int32
  /// The number of its session; -1 where it has none.
  package var session: Int32
}

/// The latest sessions and the latest events are kept. As they are thrown out in the lump, up to
/// twice as many stand in memory: with the usual limits some 30 MB.
package struct TimelineLimits: Sendable {
  package var sessions: Int
  package var events: Int

  /// A picture of more would not show more.
  package static let usual = TimelineLimits(sessions: 65_536, events: 262_144)

  package init(sessions: Int, events: Int) {
    self.sessions = sessions
    self.events = events
  }
}

/// Numbers byte strings from 0 on in the order in which they first come.
///
/// Memory: the bytes, and some 50 a name. Cost: a hash and a comparison.
struct NameTable: ~Copyable {
  struct Name: BitwiseCopyable {
    var offset: Int
    var length: Int
  }

  private var bytes = ByteBlock()
  private var names = Column<Name>()
  /// By hash; where two names share one, the second stands under a hash of that hash.
  private var numbers: [UInt64: Int32] = [:]

  init() {}

  var count: Int { names.count }

  /// The number of `name`; `count` before the call where it is new. At most 2^31 names.
  mutating func number(of name: Span<UInt8>) -> Int {
    var hash = Hash.of(name)
    while let number = numbers[hash] {
      if withName(Int(number), { $0.hasSameBytes(as: name) }) { return Int(number) }
      hash = Hash.combine(hash, 1)
    }
    let number = names.count
    precondition(number < Int(Int32.max), "more than 2^31 names")
    names.append(Name(offset: bytes.count, length: name.count))
    bytes.append(name)
    numbers[hash] = Int32(number)
    return number
  }

  /// Lends the name with a number that was given out. Valid until `body` returns.
  func withName<Result>(_ number: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    let name = names[number]
    return bytes.withBytes(name.offset, name.length, body)
  }
}
