// Between the devices and us: events are lost, repeated, delayed.

import KESCore

/// The events of a simulator as they arrive.
///
/// Faults are drawn event by event from a generator of their own, so they do not change what
/// devices send: `--loss 0.1` gives the events of the same seed without loss, but for those lost.
struct FaultInjector: ~Copyable {
  private let faults: Faults
  private var simulator: DeviceSimulator
  private var generator: SplitMix64
  private var delayed = DelayedEvents()
  private var delayedCount: Int64 = 0
  /// What devices send next.
  private var upcoming: SimulatedEvent?
  /// The copy of the event that arrived last.
  private var copy: SimulatedEvent?
  /// Records are events that devices sent and copies; lost ones are filtered, those on their way
  /// held. Whoever takes events counts them as assigned.
  private(set) var ledger = Ledger()

  init(_ simulator: consuming DeviceSimulator, faults: Faults, generator: SplitMix64) {
    self.faults = faults
    self.simulator = simulator
    self.generator = generator
    upcoming = self.simulator.next()
  }

  /// When something may arrive; nil at the end.
  var nextArrival: Int64? {
    if let copy { return copy.offset }
    guard let sent = upcoming?.offset else { return delayed.firstArrival }
    return min(sent, delayed.firstArrival ?? sent)
  }

  /// The next event that arrives up to `horizon`, in milliseconds since the start of the run; nil
  /// where none does, or where finding it takes more than `draws` of what devices send. Those that
  /// it took are subtracted; the next call goes on behind them.
  mutating func next(until horizon: Int64, draws: inout Int) -> SimulatedEvent? {
    if let copy {
      self.copy = nil
      return arrive(copy, hasCopy: false)
    }
    while true {
      let sent = upcoming?.offset ?? .max
      if let first = delayed.firstArrival, first <= sent {
        if first > horizon { return nil }
        if let taken = delayed.takeFirst() { return arrive(taken.event, hasCopy: taken.hasCopy) }
      }
      guard let event = upcoming, sent <= horizon, draws > 0 else { return nil }
      draws -= 1
      upcoming = simulator.next()
      ledger.records += 1
      ledger.held += 1
      if let arrived = dispatch(event) { return arrived }
    }
  }

  /// Draws what befalls an event; returns it where it arrives at once.
  @inline(__always)
  private mutating func dispatch(_ event: SimulatedEvent) -> SimulatedEvent? {
    if generator.happens(faults.loss) {
      ledger.held -= 1
      ledger.filtered += 1
      return nil
    }
    let hasCopy = generator.happens(faults.duplicate)
    if hasCopy {
      ledger.records += 1
      ledger.held += 1
    }
    guard generator.happens(faults.delay) else { return arrive(event, hasCopy: hasCopy) }
    let delay = 1 + generator.below(Int(faults.greatestDelay))
    delayed.add(
      DelayedEvent(
        arrival: event.offset + Int64(delay), order: delayedCount, event: event, hasCopy: hasCopy))
    delayedCount += 1
    return nil
  }

  @inline(__always)
  private mutating func arrive(_ event: SimulatedEvent, hasCopy: Bool) -> SimulatedEvent {
    if hasCopy { copy = event }
    ledger.held -= 1
    return event
  }

  /// How many events devices have sent, those lost and delayed too.
  var sentCount: Int64 { simulator.sentCount - (upcoming == nil ? 0 : 1) }
  var sessionCount: Int64 { simulator.sessionCount }
  var awakeCount: Int { simulator.awakeCount }
}

/// Probabilities are 0 to 1.
struct Faults: Sendable {
  /// That an event never arrives.
  var loss = 0.0
  /// That an exact copy follows an event.
  var duplicate = 0.0
  /// That an event arrives later, with its copy.
  var delay = 0.0
  /// By how much at most, in milliseconds of event time.
  var greatestDelay: Int64 = 0
}

/// An event that arrives later than it was sent.
struct DelayedEvent: BitwiseCopyable {
  /// When it arrives, in milliseconds since the start of the run.
  var arrival: Int64
  /// Which was delayed first, where two arrive at once.
  var order: Int64
  var event: SimulatedEvent
  var hasCopy: Bool

  func comes(before other: DelayedEvent) -> Bool {
    arrival != other.arrival ? arrival < other.arrival : order < other.order
  }
}

/// A binary heap: adding and taking cost the logarithm of the number held.
struct DelayedEvents: ~Copyable {
  private var heap = Column<DelayedEvent>()

  var isEmpty: Bool { heap.isEmpty }

  /// When the first arrives; nil where there is none.
  var firstArrival: Int64? { heap.isEmpty ? nil : heap[0].arrival }

  mutating func add(_ delayed: DelayedEvent) {
    heap.append(delayed)
    var place = heap.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      if !delayed.comes(before: heap[parent]) { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = delayed
  }

  /// Takes the first.
  mutating func takeFirst() -> DelayedEvent? {
    guard let last = heap.popLast() else { return nil }
    if heap.isEmpty { return last }
    let first = heap[0]
    sink(last)
    return first
  }

  /// Puts `moved` at the top and lets it sink to its place.
  private mutating func sink(_ moved: DelayedEvent) {
    var place = 0
    while true {
      var child = 2 * place + 1
      if child >= heap.count { break }
      if child + 1 < heap.count && heap[child + 1].comes(before: heap[child]) { child += 1 }
      if !heap[child].comes(before: moved) { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = moved
  }
}
