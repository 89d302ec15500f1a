// Runs the real segmenter on test streams, in batches of any size, without files or formats.

@testable import KESCore

/// Feeds events to the real segmenter (and reorderer) and gathers the steps.
struct SegmenterTestDriver: ~Copyable {
  private var segmenter: Segmenter
  private var reorderer: Reorderer
  private let reorders: Bool
  private let blockSize: Int
  private var batch = Batch(blockSize: 64)
  private var released = Batch(blockSize: 64)
  private var outcome = Outcome()
  private var names: [SessionIdentifier: Int] = [:]
  private(set) var steps: [Step] = []

  /// - Parameter blockSize: how many bytes the reorderer releases at once.
  init(rules: SegmentationRules, blockSize: Int = 1 << 20, tracksChanges: Bool = false) {
    segmenter = Segmenter(rules: rules, tracksChanges: tracksChanges)
    reorderer = Reorderer(lateness: rules.lateness, tracksChanges: tracksChanges)
    reorders = rules.reorders
    self.blockSize = blockSize
  }

  var openCount: Int { segmenter.openCount }

  /// Adds an event to the batch at hand.
  mutating func add(_ event: TestEvent, position: Int) {
    batch.append(event, position: position)
  }

  /// Segments the batch at hand.
  mutating func run() {
    if reorders {
      var index = 0
      while !reorderer.pass(batch, from: &index, into: &released, blockSize: blockSize) {
        segmentReleased()
      }
      segmentReleased()
    } else {
      segmenter.segment(batch, into: &outcome)
      gather(SegmenterTestDriver.positions(batch))
    }
    batch.removeAll()
  }

  mutating func end(flush: Bool) {
    while !reorderer.drain(into: &released, blockSize: blockSize) { segmentReleased() }
    segmentReleased()
    if flush {
      segmenter.flush(into: &outcome)
      gather(SegmenterTestDriver.positions(batch))
    }
  }

  mutating func advance(to time: Int64) {
    segmenter.advance(to: EventTime(milliseconds: time), into: &outcome)
    gather(SegmenterTestDriver.positions(batch))
  }

  private mutating func segmentReleased() {
    segmenter.segment(released, into: &outcome)
    gather(SegmenterTestDriver.positions(released))
    released.removeAll()
  }

  private static func positions(_ batch: borrowing Batch) -> [Int] {
    (0..<batch.records.count).map { Int(batch.records[$0].position) }
  }

  private mutating func gather(_ positions: [Int]) {
    var closed = 0
    for index in 0...outcome.assignments.count {
      while closed < outcome.closings.count, Int(outcome.closings[closed].place) == index {
        steps.append(step(outcome.closings[closed]))
        closed += 1
      }
      guard index < outcome.assignments.count else { break }
      let position = positions[index]
      let assignment = outcome.assignments[index]
      switch assignment.disposition {
      case .assigned:
        steps.append(.event(position: position, session: name(assignment.session)))
      case .duplicate:
        steps.append(.duplicate(position: position, session: name(assignment.session)))
      case .late: steps.append(.late(position: position))
      case .filtered: break
      }
    }
    outcome.removeAll()
  }

  private mutating func step(_ closing: Closing) -> Step {
    guard case .identifier(let identifier) = closing.session else {
      preconditionFailure("the segmenter names sessions by identifier")
    }
    return .closed(
      session: name(identifier),
      key: outcome.withClosingText(closing.key) { String(decodingBytes: $0) },
      status: closing.status, time: closing.time.milliseconds, start: closing.start.milliseconds,
      end: closing.end.milliseconds, events: closing.events, isPartial: closing.isPartial)
  }

  /// The session's number in the order of first appearance.
  private mutating func name(_ identifier: SessionIdentifier) -> Int {
    if let known = names[identifier] { return known }
    names[identifier] = names.count + 1
    return names.count
  }

  /// Writes what has changed into `store` and goes on from what that holds: a restart.
  mutating func restart(through store: StateStore, rules: SegmentationRules) throws {
    var changes = StateChanges()
    changes.take(from: &segmenter)
    var schemas = HeldSchemas { _ in "" }
    changes.take(from: &reorderer, naming: &schemas)
    var progress = TaskProgress()
    progress.streamTime = segmenter.streamTime
    progress.sequence = segmenter.sequence
    progress.arrivedStreamTime = reorderer.streamTime
    progress.nextArrival = reorderer.nextArrival
    changes.set(progress)
    try store.commit(changes)
    segmenter = Segmenter(rules: rules, tracksChanges: true)
    reorderer = Reorderer(lateness: rules.lateness, tracksChanges: true)
    try store.restore(into: &segmenter)
    try store.restore(into: &reorderer)
  }
}
