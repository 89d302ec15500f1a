// One event as the segmenter sees it: where its bytes are, its key, time and role.

/// Where a piece of text stands in a batch: in the batch's bytes, or in its unescaped text.
public struct TextRange: BitwiseCopyable, Sendable {
  public let offset: UInt32
  private let lengthAndPlace: UInt32

  /// `length` must be less than 2^31.
  @inline(__always)
  public init(offset: Int, length: Int, isUnescaped: Bool = false) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.lengthAndPlace = UInt32(truncatingIfNeeded: length) | (isUnescaped ? 1 << 31 : 0)
  }

  @inline(__always)
  public var length: Int { Int(lengthAndPlace & 0x7FFF_FFFF) }

  /// Whether the text stands in `Batch.unescaped` instead of `Batch.bytes`.
  @inline(__always)
  public var isUnescaped: Bool { lengthAndPlace >> 31 == 1 }

  /// The places of the text's bytes.
  @inline(__always)
  public var bounds: Range<Int> { Int(offset)..<(Int(offset) + length) }

  /// No text.
  public static let empty = TextRange(offset: 0, length: 0)
}

/// One record of a batch.
public struct Record: BitwiseCopyable, Sendable {
  /// Where the record's bytes begin in `Batch.bytes`, and how many they are.
  public var offset: UInt32
  public var length: UInt32
  /// The event's key, unescaped.
  public var key: TextRange
  public var time: EventTime
  /// The record's number in its input, from 0, or its Kafka offset (P in R12).
  public var position: Int64
  /// What stream time must have reached before the record is applied; `.beforeAll` where the
  /// record's own time says it all (R9 sets it).
  public var streamTime: EventTime
  public var role: Role
  /// Whether the record came behind the watermark (R8), where that is known before segmenting.
  public var isLate: Bool
  /// The number of the record's Avro schema; 0 where it is written otherwise.
  public var schema: UInt16 = 0
  /// How the time was written, by a number of who read it; 0 in the usual way.
  public var timeForm: UInt8 = 0

  @inline(__always)
  public init(
    offset: Int, length: Int, key: TextRange, time: EventTime, position: Int64, role: Role
  ) {
    self.offset = UInt32(truncatingIfNeeded: offset)
    self.length = UInt32(truncatingIfNeeded: length)
    self.key = key
    self.time = time
    self.position = position
    self.streamTime = .beforeAll
    self.role = role
    self.isLate = false
  }
}

/// What an event does to the session of its key (cli.md, section 2).
public enum Role: UInt8, BitwiseCopyable, Sendable {
  /// Opens a session (R2).
  case start
  /// Belongs to one (R3).
  case data
  /// Completes one (R4).
  case end
  /// A `SessionClosed`: tells that a session is over; input of readers, not of the segmenter.
  case closed
  /// Opens a session and completes it: it is all of it.
  case whole
  /// Belongs to none: is passed on as it is. Its time says nothing.
  case passed

  /// What people call it.
  public var name: StaticString {
    switch self {
    case .start: "start"
    case .data: "data"
    case .end: "end"
    case .closed: "closed"
    case .whole: "start+end"
    case .passed: "passed on"
    }
  }

  /// Whether it begins a session of its own (R2).
  @inline(__always)
  public var opens: Bool { self == .start || self == .whole }

  /// Whether it completes its session (R4).
  @inline(__always)
  public var completes: Bool { self == .end || self == .whole }
}

/// The branch of the event union.
public enum EventKind: UInt8, BitwiseCopyable, CaseIterable, Sendable {
  case deviceWokeUp
  case dataReceived
  case allDataSent
  case sessionClosed

  /// The branch's name in the schema.
  public var name: StaticString {
    switch self {
    case .deviceWokeUp: "DeviceWokeUp"
    case .dataReceived: "DataReceived"
    case .allDataSent: "AllDataSent"
    case .sessionClosed: "SessionClosed"
    }
  }

  /// What the branch does to a session in the device domain.
  public var role: Role {
    switch self {
    case .deviceWokeUp: .start
    case .dataReceived: .data
    case .allDataSent: .end
    case .sessionClosed: .closed
    }
  }
}

/// All fields of an event or session event, in the same order as the batch's records.
///
/// The device and the time stand in the record (`key`, `time`).
public struct EventDetail: BitwiseCopyable, Sendable {
  public var kind: EventKind
  /// The session's id; meaningful where `hasSession`.
  public var session: TextRange
  public var hasSession: Bool
  /// Whether kes-segment marked the event as a repetition (R7).
  public var isDuplicate: Bool
  /// Of `DataReceived`.
  public var name: TextRange
  public var value: Double
  /// Of `SessionClosed`.
  public var status: SessionStatus
  public var start: EventTime
  public var end: EventTime
  public var events: Int64
  public var isPartial: Bool
  /// Where the time stands in the record's own bytes, as digits or an Avro long, and in which unit.
  public var timeText: TextRange
  public var timeUnit: TimeUnit
  /// The same for `start` and `end` of a `SessionClosed`.
  public var startText: TextRange
  public var startUnit: TimeUnit
  public var endText: TextRange
  public var endUnit: TimeUnit
  /// Where the record, one of any shape, has its session: the member and the comma that belongs to it.
  public var sessionMember: TextRange

  public init(kind: EventKind) {
    self.kind = kind
    session = .empty
    hasSession = false
    isDuplicate = false
    name = .empty
    value = 0
    status = .completed
    start = EventTime(milliseconds: 0)
    end = EventTime(milliseconds: 0)
    events = 0
    isPartial = false
    timeText = .empty
    timeUnit = .milliseconds
    startText = .empty
    startUnit = .milliseconds
    endText = .empty
    endUnit = .milliseconds
    sessionMember = .empty
  }
}
