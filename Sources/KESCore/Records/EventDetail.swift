// The whole of an event, for those who show or convert it; the segmenter needs only the record.

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
  }
}
