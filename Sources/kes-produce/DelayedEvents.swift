// Events that are on their way, the one that arrives first in front.

import KESCore

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
