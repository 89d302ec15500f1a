// The rules R1 to R14 of cli.md written down once more, as plainly as they can be: the oracle.

@testable import KESCore

/// An event of a test stream.
struct TestEvent {
  var key: String
  var time: Int64
  var role: Role
  /// Distinguishes records; the same for repeated ones.
  var bytes: String
}

/// What segmenting does, a step at a time: comparable between the oracle and the real thing.
enum Step: Hashable {
  case event(position: Int, session: Int)
  case duplicate(position: Int, session: Int)
  case late(position: Int)
  case closed(
    session: Int, key: String, status: SessionStatus, time: Int64, start: Int64, end: Int64,
    events: Int64, isPartial: Bool)
}

/// Scans everything at every step, and so is right by inspection.
struct ReferenceSegmenter {
  struct OpenSession {
    var name: Int
    var key: String
    var start: Int64
    var end: Int64
    var events: Int64
    var isPartial: Bool
    var latestStreamTime: Int64
    var recent: [String]
    var opened: Int
  }

  let rules: SegmentationRules
  private(set) var steps: [Step] = []
  /// In the order of their latest events.
  private var open: [OpenSession] = []
  private var remembered: [OpenSession] = []
  private var held: [(position: Int, event: TestEvent)] = []
  /// Of what has arrived, and of what has been applied.
  private var arrived = Int64.min
  private var applied = Int64.min
  private var sessionCount = 0

  init(rules: SegmentationRules) { self.rules = rules }

  mutating func take(_ event: TestEvent, position: Int) {
    arrived = max(arrived, event.time)
    let isLate = event.time < arrived - Int64(rules.lateness)
    if rules.reorders && !isLate {
      held.append((position, event))
      releaseHeld(upTo: arrived - Int64(rules.lateness))
      advance(to: arrived - Int64(rules.lateness))
      return
    }
    if !rules.reorders { advance(to: arrived) }
    if isLate && rules.late == .leaveOut {
      steps.append(.late(position: position))
    } else {
      apply(event, position)
    }
  }

  mutating func end(flush: Bool) {
    releaseHeld(upTo: .max)
    if !flush { return }
    for session in open.sorted(by: { $0.opened < $1.opened }) {
      close(session.key, .flushed)
    }
    remembered = []
  }

  private mutating func releaseHeld(upTo watermark: Int64) {
    let due = held.filter { $0.event.time <= watermark }
      .sorted { ($0.event.time, $0.position) < ($1.event.time, $1.position) }
    held.removeAll { $0.event.time <= watermark }
    for (position, event) in due {
      advance(to: event.time)
      apply(event, position)
    }
  }

  private mutating func advance(to time: Int64) {
    if time <= applied { return }
    applied = time
    if let timeout = rules.timeout {
      let silence = Int64(timeout) + (rules.reorders ? 0 : Int64(rules.lateness))
      for session in open where applied >= session.latestStreamTime + silence {
        close(session.key, .timeout)
      }
    }
    if let retain = rules.retain {
      remembered.removeAll { applied >= $0.latestStreamTime + Int64(retain) }
    }
  }

  private mutating func apply(_ event: TestEvent, _ position: Int) {
    if rules.duplicates != .keep,
      let known = (open + remembered).first(where: { $0.key == event.key }),
      known.recent.contains(event.bytes)
    {
      steps.append(.duplicate(position: position, session: known.name))
      return
    }
    if let index = remembered.firstIndex(where: { $0.key == event.key }) {
      if event.role == .end {
        remembered[index].recent = Array((remembered[index].recent + [event.bytes]).suffix(8))
        steps.append(.event(position: position, session: remembered[index].name))
        return
      }
      remembered.remove(at: index)
    }
    if let session = open.first(where: { $0.key == event.key }) {
      if let timeout = rules.timeout, event.time >= session.end + Int64(timeout) {
        close(event.key, .timeout)
      } else if let span = rules.greatestSpan, event.time >= session.start + Int64(span) {
        close(event.key, .limit)
      } else if event.role == .start {
        close(event.key, .superseded)
      }
    }
    var session: OpenSession
    if let index = open.firstIndex(where: { $0.key == event.key }) {
      session = open.remove(at: index)
    } else {
      sessionCount += 1
      session = OpenSession(
        name: sessionCount, key: event.key, start: event.time, end: event.time, events: 0,
        isPartial: event.role != .start, latestStreamTime: 0, recent: [], opened: sessionCount)
    }
    session.start = min(session.start, event.time)
    session.end = max(session.end, event.time)
    session.events += 1
    session.latestStreamTime = applied
    session.recent = Array((session.recent + [event.bytes]).suffix(8))
    open.append(session)
    steps.append(.event(position: position, session: session.name))
    if event.role == .end {
      close(event.key, .completed)
      if let retain = rules.retain, retain > 0 { remembered.append(session) }
    } else if let greatest = rules.greatestEvents, session.events >= greatest {
      close(event.key, .limit)
    }
  }

  private mutating func close(_ key: String, _ status: SessionStatus) {
    guard let index = open.firstIndex(where: { $0.key == key }) else { return }
    let session = open.remove(at: index)
    steps.append(
      .closed(
        session: session.name, key: key, status: status,
        time: session.end + (status == .timeout ? Int64(rules.timeout ?? 0) : 0),
        start: session.start, end: session.end, events: session.events,
        isPartial: session.isPartial))
  }
}
