// One session as a timeline keeps it.

/// A session's place in time; its device and id stand in the timeline.
public struct TimelineSession: BitwiseCopyable, Sendable {
  /// The number of its device.
  public var device: Int32
  /// Why it closed; nil where nothing says that it has.
  public var status: SessionStatus?
  /// Whether it did not begin with a start event.
  public var isPartial: Bool
  /// Whether its own `SessionClosed` told all this: then it stays as it is.
  var isClosed = false
  /// The least and the greatest time of its events.
  public var start: EventTime
  public var end: EventTime
  /// How many events belong to it.
  public var events: Int64
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
  mutating func join(_ kind: EventKind, at time: EventTime) {
    if isClosed || (kind == .allDataSent && status == .completed) { return }
    start = min(start, time)
    end = max(end, time)
    events += 1
    if kind == .allDataSent { status = .completed }
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
